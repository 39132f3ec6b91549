//! Places to look at: figures that make one look twice, and that are sometimes right.

use super::source::{Finding, Source, balanced, find, is_word};

const FILE_LINES: usize = 450;
const FUNCTION_LINES: usize = 60;

/// Finds what deserves a second look.
pub(super) fn look(source: &Source) -> Vec<Finding> {
    let mut found = long_file(source);
    found.extend(long_functions(source));
    if source.product().is_some() {
        found.extend(undocumented(source));
        found.extend(prose_errors(source));
    }
    found
}

fn long_file(source: &Source) -> Vec<Finding> {
    let lines = source.production_code().lines().count();
    if lines <= FILE_LINES {
        return Vec::new();
    }
    vec![source.finding(0, format!("{lines} production lines"))]
}

fn long_functions(source: &Source) -> Vec<Finding> {
    find(&source.code, "fn")
        .filter_map(|at| {
            let lines = function_lines(&source.code[at..])?;
            (lines > FUNCTION_LINES)
                .then(|| source.finding(at, format!("a function of {lines} lines")))
        })
        .collect()
}

/// Counts the lines from `fn` to the end of its body. A function without name or body is none.
fn function_lines(code: &str) -> Option<usize> {
    let name = code.strip_prefix("fn")?.trim_start();
    if !name.starts_with(is_word) {
        return None;
    }
    let open = body(code)?;
    Some(code[..open + balanced(&code[open..])].lines().count())
}

/// Finds the brace that opens the body; a `;` ends a function without one, unless it stands inside of brackets.
fn body(code: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += code[at..].find(['(', '[', '{', ';'])?;
        match code.as_bytes()[at] {
            b'{' => return Some(at),
            b';' => return None,
            _ => at += balanced(&code[at..]),
        }
    }
}

const ITEMS: &[&str] =
    &["async", "const", "enum", "fn", "static", "struct", "trait", "type", "union", "unsafe"];

/// Lists public items with no doc line above them. Modules speak for themselves, in their own file.
fn undocumented(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut documented = false;
    let mut at = 0;
    // Attributes may stand between the doc line and the item, over several lines.
    let mut open_brackets = 0;
    let code_lines = source.production_code().split_inclusive('\n');
    for (code, text) in code_lines.zip(source.text.split_inclusive('\n')) {
        let line = code.trim();
        // A macro passes the doc lines of its caller on as `$(#[$doc])*`.
        let is_doc = line.starts_with("#[doc") || line.starts_with("$(#[");
        if is_doc || text.trim_start().starts_with("///") {
            documented = true;
        } else if open_brackets > 0 || line.starts_with("#[") {
            open_brackets += line.matches('[').count();
            open_brackets -= line.matches(']').count().min(open_brackets);
        } else {
            if !documented && is_public_item(line) {
                found.push(source.finding(at, format!("no doc line: {line}")));
            }
            documented = false;
        }
        at += code.len();
    }
    found
}

fn is_public_item(line: &str) -> bool {
    line.strip_prefix("pub ")
        .and_then(|rest| rest.split(|character| !is_word(character)).next())
        .is_some_and(|word| ITEMS.contains(&word))
}

/// Lists error variants that are made of prose instead of fields.
fn prose_errors(source: &Source) -> Vec<Finding> {
    let code = source.production_code();
    find(code, "format!(")
        .filter_map(|at| {
            let variant = variant_before(&code[..at])?;
            let is_error = variant.contains("Error::") || variant.contains("Rejection::");
            is_error.then(|| source.finding(at, format!("{variant} is made of prose")))
        })
        .collect()
}

/// Returns the path in `Path::Variant(` or `Path::Variant { field:` at the end of the code.
fn variant_before(code: &str) -> Option<&str> {
    let code = code.trim_end();
    let head = match code.strip_suffix('(') {
        Some(head) => head,
        None => {
            let field = code.strip_suffix(':')?.trim_end().trim_end_matches(is_word);
            field.trim_end().strip_suffix('{')?.trim_end()
        }
    };
    let start = head.trim_end_matches(|character| is_word(character) || character == ':').len();
    let path = &head[start..];
    path.contains("::").then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::source;

    const LIBRARY: &str = "crates/gateway/src/lib.rs";

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = look(&source(LIBRARY, text))
            .iter()
            .map(|one| format!("{}: {}", one.line, one.what))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn long_files_are_listed_by_their_production_lines() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "//\n".repeat(500));
        check(&format!("{}{tests}", "//\n".repeat(450)), &[]);
        check(&"//\n".repeat(451), &["1: 451 production lines"]);
    }

    #[test]
    fn long_functions_are_listed() {
        let body = "    a();\n".repeat(59);
        check(&format!("//\nfn a() {{\n{body}}}\n"), &["2: a function of 61 lines"]);
        check(&format!("fn a();\nfn b(f: fn(u8)) {{\n{}}}\n", "    a();\n".repeat(58)), &[]);
    }

    #[test]
    fn a_semicolon_in_brackets_does_not_end_a_function() {
        let body = "    a();\n".repeat(59);
        let expected = "1: a function of 61 lines";
        check(&format!("fn a() -> [u8; 3] {{\n{body}}}\n"), &[expected]);
    }

    #[test]
    fn public_items_without_a_doc_line_are_listed() {
        check("pub fn a() {}\n", &["1: no doc line: pub fn a() {}"]);
        check("/// A.\npub fn a() {}\n", &[]);
        check("/// A.\n#[derive(\n    Debug,\n)]\npub struct A;\n", &[]);
        check("/// A.\nfn a() {}\npub struct B;\n", &["3: no doc line: pub struct B;"]);
        check("$(#[$doc])*\n#[derive(Debug)]\npub struct $name;\n", &[]);
        check("#[derive(\n    Debug,\n)]\npub struct A;\n", &["4: no doc line: pub struct A;"]);
        check("pub(crate) fn a() {}\npub mod b;\npub use c::D;\n", &[]);
    }

    #[test]
    fn errors_made_of_prose_are_listed() {
        let tuple = "fn a() { Err(StoreError::Io(format!(\"x\"))) }\n";
        check(tuple, &["1: StoreError::Io is made of prose"]);
        let fields = "fn a() { Err(Error::Io { why: format!(\"x\") }) }\n";
        check(fields, &["1: Error::Io is made of prose"]);
        check("fn a() { Some(format!(\"x\")) }\n", &[]);
    }
}
