//! What is never right in a source file.

use super::source::{Finding, Source, balanced, find, is_word};

/// Finds everything in the file that must not stand there.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    // The program, and what tests look for a machine's means with.
    if source.product().is_some_and(|name| !["cli", "testkit"].contains(&name)) {
        found.extend(ambient_state(source));
    }
    if source.product().is_some_and(|name| name != "deploy-spec") {
        found.extend(judged_lifecycles(source));
    }
    found.extend(silenced_lints(source));
    found.extend(ignored_examples(source));
    found.extend(loose_ends(source));
    found
}

const PRINTS: &[&str] = &["print!", "println!", "eprint!", "eprintln!", "dbg!"];

const READS: &[&str] = &[
    "env::var",
    "env::var_os",
    "env::vars",
    "env::vars_os",
    "env::set_var",
    "env::remove_var",
    "env::home_dir",
];

/// Libraries return what they have to say, and are told what they have to know.
fn ambient_state(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for name in PRINTS {
        for at in find(&source.code, name) {
            found.push(source.finding(at, format!("a library prints: {name}")));
        }
    }
    for name in READS {
        for at in find(&source.code, name) {
            found.push(source.finding(at, format!("a library uses the environment: {name}")));
        }
    }
    found
}

/// Whoever silences a lint says why.
fn silenced_lints(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for at in find(&source.code, "#[").chain(find(&source.code, "#![")) {
        let open = at + source.code[at..].find('[').unwrap_or_default();
        let attribute = &source.code[open..open + balanced(&source.code[open..])];
        for verb in ["allow(", "expect("] {
            for start in find(attribute, verb) {
                let list = &attribute[start + verb.len() - 1..];
                let list = &list[..balanced(list)];
                if !has_reason(list) {
                    let what = format!("{verb}…) without a reason");
                    found.push(source.finding(open + start, what));
                }
            }
        }
    }
    found
}

fn has_reason(list: &str) -> bool {
    find(list, "reason").any(|at| list[at + "reason".len()..].trim_start().starts_with('='))
}

/// Only the engine judges what a revision may do next. Others ask it, or a predicate of the document.
///
/// Setting a lifecycle, as a fixture does, is not judging; comparing or matching one is, and so is importing its variants.
fn judged_lifecycles(source: &Source) -> Vec<Finding> {
    let code = source.production_code();
    find(code, "RevisionLifecycle::")
        .filter(|&at| is_judged(code, at))
        .map(|at| source.finding(at, "judges a lifecycle; only deploy-spec's engine does"))
        .collect()
}

fn is_judged(code: &str, at: usize) -> bool {
    let before = code[..at].trim_end();
    let after = code[at + "RevisionLifecycle::".len()..].trim_start_matches(is_word);
    let after = after.trim_start();
    ["|", "==", "!="].iter().any(|sign| before.ends_with(sign))
        || ["=>", "|", "==", "!=", "if ", "*", "{"].iter().any(|sign| after.starts_with(sign))
        || find(before, "let").last().is_some_and(|word| word + "let".len() == before.len())
        || is_inside_matches(code, at)
}

fn is_inside_matches(code: &str, at: usize) -> bool {
    find(&code[..at], "matches!(").last().is_some_and(|start| {
        let open = start + "matches!".len();
        open + balanced(&code[open..]) > at
    })
}

/// An example that is not compiled is wrong sooner or later.
fn ignored_examples(source: &Source) -> Vec<Finding> {
    find(&source.comments, "```")
        .filter(|&at| {
            let line = source.comments[at + 3..].lines().next().unwrap_or_default();
            line.split([',', ' ']).any(|word| word.trim() == "ignore")
        })
        .map(|at| source.finding(at, "an example that is not compiled; use `no_run` or `text`"))
        .collect()
}

/// What is not done is an issue, not a note in the code.
fn loose_ends(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for word in ["TODO", "FIXME", "XXX"] {
        for text in [&source.code, &source.comments] {
            found.extend(find(text, word).map(|at| source.finding(at, word)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::source;

    const LIBRARY: &str = "crates/gateway/src/lib.rs";

    fn check_lines(path: &str, text: &str, expected: &[usize]) {
        let mut lines: Vec<usize> = check(&source(path, text)).iter().map(|one| one.line).collect();
        lines.sort_unstable();
        assert_eq!(lines, expected, "{path}: {text}");
    }

    #[test]
    fn prints_in_libraries_are_found() {
        check_lines(LIBRARY, "fn a() {\n    println!(\"x\");\n}\n", &[2]);
        check_lines(LIBRARY, "fn a() { eprint!(\"x\"); dbg!(1); }\n", &[1, 1]);
        check_lines("crates/cli/src/main.rs", "fn a() { println!(); }\n", &[]);
        check_lines("crates/gateway/tests/suite/main.rs", "fn a() { println!(); }", &[]);
        check_lines(LIBRARY, "/// println!(\"x\")\nconst A: &str = \"println!\";\n", &[]);
    }

    #[test]
    fn environment_reads_in_libraries_are_found() {
        check_lines(LIBRARY, "fn a() { std::env::var(\"A\"); }\n", &[1]);
        check_lines(LIBRARY, "use std::env;\nfn a() { env::var_os(\"A\"); }\n", &[2]);
        check_lines("crates/cli/src/env.rs", "fn a() { std::env::var(\"A\"); }\n", &[]);
        check_lines(LIBRARY, "const A: &str = env!(\"B\");\n", &[]);
    }

    #[test]
    fn silenced_lints_need_a_reason() {
        check_lines(LIBRARY, "#[allow(dead_code)]\nfn a() {}\n", &[1]);
        check_lines(LIBRARY, "#![expect(dead_code, reason = \"x\")]\n", &[]);
        check_lines(LIBRARY, "#[allow(\n    dead_code,\n    reason = \"x\"\n)]\nfn a() {}\n", &[]);
        check_lines(LIBRARY, "#[cfg_attr(test, allow(dead_code))]\nfn a() {}\n", &[1]);
        check_lines("crates/a/tests/s/main.rs", "#![allow(dead_code)]\n", &[1]);
        check_lines(LIBRARY, "fn a() { b.expect(\"x\"); }\n", &[]);
    }

    #[test]
    fn judging_a_lifecycle_is_found_outside_the_engine() {
        let arm = "match l {\n    RevisionLifecycle::Ready => 1,\n    _ => 2,\n}\n";
        check_lines(LIBRARY, arm, &[2]);
        check_lines("crates/deploy-spec/src/engine/warm.rs", arm, &[]);
        check_lines(LIBRARY, "matches!(l, RevisionLifecycle::Ready)", &[1]);
        check_lines(LIBRARY, "matches!(\n    l,\n    RevisionLifecycle::Ready\n)", &[3]);
        check_lines(LIBRARY, "if l == RevisionLifecycle::Ready {}", &[1]);
        check_lines(LIBRARY, "if let RevisionLifecycle::Ready = l {}", &[1]);
        check_lines(LIBRARY, "RevisionLifecycle::Ready if x => 1,", &[1]);
        check_lines(LIBRARY, "use spec::RevisionLifecycle::*;", &[1]);
    }

    #[test]
    fn setting_a_lifecycle_is_not_judging() {
        check_lines(LIBRARY, "Revision { lifecycle: RevisionLifecycle::Ready }", &[]);
        check_lines(LIBRARY, "match a { A => RevisionLifecycle::Ready, }", &[]);
        check_lines(LIBRARY, "matches!(a, A); b(RevisionLifecycle::Ready)", &[]);
    }

    #[test]
    fn ignored_examples_are_found() {
        check_lines(LIBRARY, "//! ```ignore\n//! a\n//! ```\n", &[1]);
        check_lines(LIBRARY, "/// ```rust,ignore\n/// ```\nfn a() {}\n", &[1]);
        check_lines(LIBRARY, "/// ```no_run\n/// ignore()\n/// ```\nfn a() {}\n", &[]);
    }

    #[test]
    fn loose_ends_are_found() {
        check_lines(LIBRARY, "// TODO: later\nfn a() {} // FIXME\n", &[1, 2]);
        check_lines("xtask/src/a.rs", "/* XXX */\n", &[1]);
        check_lines(LIBRARY, "const A: &str = \"TODO\"; // TODOS\n", &[]);
    }
}
