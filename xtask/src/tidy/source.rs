//! One source file, and how things are found in it.

use std::fmt;
use std::path::Path;

use super::mask::mask;

/// Something that was found, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A source file of the workspace.
pub(super) struct Source {
    /// Path relative to the workspace, with forward slashes.
    pub(super) path: String,
    pub(super) text: String,
    /// The text with everything but code blanked.
    pub(super) code: String,
    /// The text with everything but comments blanked.
    pub(super) comments: String,
}

impl Source {
    pub(super) fn new(path: &Path, text: String) -> Self {
        let masked = mask(&text);
        Self {
            path: path.to_string_lossy().replace('\\', "/"),
            text,
            code: masked.code,
            comments: masked.comments,
        }
    }

    /// Returns the crate whose library or program the file is part of; tests, examples and benchmarks are part of none.
    pub(super) fn product(&self) -> Option<&str> {
        let (name, inside) = self.path.strip_prefix("crates/")?.split_once('/')?;
        inside.starts_with("src/").then_some(name)
    }

    /// Returns the code that is not there for tests only.
    pub(super) fn production_code(&self) -> &str {
        let is_test_file = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        if is_test_file {
            return "";
        }
        let start = find(&self.code, "#[cfg(test)]").find(|&at| opens_module(&self.code[at..]));
        &self.code[..start.unwrap_or(self.code.len())]
    }

    /// Reports something at a byte position.
    pub(super) fn finding(&self, at: usize, what: impl Into<String>) -> Finding {
        Finding {
            path: self.path.clone(),
            line: self.code.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1,
            what: what.into(),
        }
    }
}

/// Says whether the attribute at the start of the text belongs to a module with a body, and not to `mod tests;`.
fn opens_module(code: &str) -> bool {
    let item = code.trim_start_matches("#[cfg(test)]").trim_start();
    let head = &item[..item.find(['{', ';']).map_or(item.len(), |at| at + 1)];
    head.starts_with("mod ") && head.ends_with('{')
}

/// Finds whole occurrences: `print!` is not found in `eprint!`, nor `expect(` in `unexpect(`.
pub(super) fn find<'a>(code: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(needle).map(|(at, _)| at).filter(move |&at| {
        let before = code[..at].chars().next_back();
        let after = code[at + needle.len()..].chars().next();
        let splits_start = needle.starts_with(is_word) && before.is_some_and(is_word);
        let splits_end = needle.ends_with(is_word) && after.is_some_and(is_word);
        !splits_start && !splits_end
    })
}

/// Says whether the character can be part of a name.
pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Returns the length of what stands between a bracket at the start of the code and its partner, both included.
pub(super) fn balanced(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in code.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + character.len_utf8();
        }
    }
    code.len()
}

#[cfg(test)]
pub(super) fn source(path: &str, text: &str) -> Source {
    Source::new(Path::new(path), text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_found() {
        assert_eq!(find("eprint!(); print!()", "print!").count(), 1);
        assert_eq!(find("mod tests; mod test;", "mod test").count(), 1);
    }

    #[test]
    fn the_product_of_a_crate_is_its_src() {
        let product = |path| source(path, "").product().map(str::to_owned);
        assert_eq!(product("crates/a/src/x/y.rs").as_deref(), Some("a"));
        assert_eq!(product("crates/a/tests/suite/main.rs"), None);
        assert_eq!(product("xtask/src/main.rs"), None);
    }

    #[test]
    fn production_ends_where_a_test_module_begins() {
        let text = "#[cfg(test)]\nmod far;\nfn a() {}\n#[cfg(test)]\nmod tests {\n}\n";
        let file = source("crates/a/src/lib.rs", text);
        assert_eq!(file.production_code(), "#[cfg(test)]\nmod far;\nfn a() {}\n");
        assert_eq!(source("crates/a/src/tests.rs", text).production_code(), "");
    }
}
