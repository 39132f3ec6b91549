//! Tells code, comments and text literals apart, without parsing Rust.

/// A source twice: once with nothing but its code, once with nothing but its comments.
///
/// Everything else is blanked, byte for byte, so that positions and lines are those of the source.
pub(super) struct Masked {
    pub(super) code: String,
    pub(super) comments: String,
}

/// Splits a source.
pub(super) fn mask(source: &str) -> Masked {
    let mut lexer = Lexer {
        source: source.as_bytes(),
        at: 0,
        code: Vec::with_capacity(source.len()),
        comments: Vec::with_capacity(source.len()),
    };
    while lexer.at < lexer.source.len() {
        lexer.step();
    }
    Masked { code: into_text(lexer.code), comments: into_text(lexer.comments) }
}

/// Pieces are cut at ASCII characters only, so that nothing is lost here.
fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Code,
    Comment,
    Literal,
}

struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    code: Vec<u8>,
    comments: Vec<u8>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        let rest = &self.source[self.at..];
        if rest.starts_with(b"//") {
            let length = position(rest, b"\n").unwrap_or(rest.len());
            return self.take(length, Piece::Comment);
        }
        if rest.starts_with(b"/*") {
            return self.take(block_comment(rest), Piece::Comment);
        }
        if let Some(length) = raw_text(rest).filter(|_| !self.is_in_word()) {
            return self.take(length, Piece::Literal);
        }
        match rest[0] {
            b'"' => self.take(quoted(rest, b'"'), Piece::Literal),
            b'\'' if is_character(rest) => self.take(quoted(rest, b'\''), Piece::Literal),
            _ => self.take(1, Piece::Code),
        }
    }

    /// Says whether the last byte continues a name, so that the `r` of `for` starts no raw text.
    fn is_in_word(&self) -> bool {
        let before = self.at.checked_sub(1).map(|index| self.source[index]);
        before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    fn take(&mut self, length: usize, piece: Piece) {
        for &byte in &self.source[self.at..self.at + length] {
            let blank = if byte == b'\n' { b'\n' } else { b' ' };
            let shown = |kind| if piece == kind { byte } else { blank };
            self.code.push(shown(Piece::Code));
            self.comments.push(shown(Piece::Comment));
        }
        self.at += length;
    }
}

fn position(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|found| found == needle)
}

/// Measures a block comment, which may contain others.
fn block_comment(rest: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Measures `r"…"`, `br#"…"#` and their kin, if that is what stands here.
fn raw_text(rest: &[u8]) -> Option<usize> {
    let prefix = match rest {
        [b'b' | b'c', b'r', ..] => 2,
        [b'r', ..] => 1,
        _ => return None,
    };
    let fence = rest[prefix..].iter().take_while(|&&byte| byte == b'#').count();
    let open = prefix + fence;
    if rest.get(open) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(1 + fence, b'#');
    let length = position(&rest[open + 1..], &close).map(|at| open + 1 + at + close.len());
    Some(length.unwrap_or(rest.len()))
}

/// Measures a literal up to its closing quote.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Tells a character from a lifetime: `'a'` from `'a`.
fn is_character(rest: &[u8]) -> bool {
    match rest {
        [_, b'\\', ..] | [_, _, b'\'', ..] => true,
        // A character beyond ASCII is longer than a byte, and a lifetime is not made of such.
        [_, first, ..] => !first.is_ascii(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, code: &str, comments: &str) {
        let masked = mask(source);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(&masked.code), code, "code of {source:?}");
        assert_eq!(words(&masked.comments), comments, "comments of {source:?}");
        assert_eq!(masked.code.len(), source.len());
        assert_eq!(masked.code.lines().count(), source.lines().count());
    }

    #[test]
    fn comments_are_no_code() {
        check("a // b\nc", "a c", "// b");
        check("a /* b /* c */ d */ e", "a e", "/* b /* c */ d */");
        check("a /// dü\nb", "a b", "/// dü");
    }

    #[test]
    fn literals_are_neither() {
        check(r#"a "b // \" c" d"#, "a d", "");
        check(r###"a r#"b "c" // d"# e"###, "a e", "");
        check(r#"a br"\" b"#, "a b", "");
        check(r#"a "ü" b"#, "a b", "");
    }

    #[test]
    fn characters_are_not_lifetimes() {
        check("a('\"') // b", "a( )", "// b");
        check(r"a('\'') b", "a( ) b", "");
        check("a('ü') b", "a( ) b", "");
        check("fn a<'x>(b: &'x str)", "fn a<'x>(b: &'x str)", "");
    }

    #[test]
    fn names_that_begin_like_raw_text_are_code() {
        check("r#type for r", "r#type for r", "");
        check("letter\"b\" c", "letter c", "");
    }
}
