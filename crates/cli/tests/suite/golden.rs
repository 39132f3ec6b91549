//! What every verb shows, to programs and to people. `GTC_BLESS=1` writes the files anew.

use std::path::PathBuf;

use serde_json::Value;

use crate::calls::{EXAMPLES, Example};

/// Compares with a file of the repository, or writes it.
#[expect(clippy::disallowed_methods, reason = "the switch that writes what is compared")]
pub(crate) fn compare(path: &PathBuf, text: &str) {
    if std::env::var_os("GTC_BLESS").is_some() {
        std::fs::write(path, text).expect("a file");
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(text, expected, "{} differs; GTC_BLESS=1 writes it anew", path.display());
}

fn golden(example: &Example) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/suite/golden");
    folder.join(format!("{}.txt", example.file_name()))
}

#[test]
fn every_verb_shows_what_its_golden_file_has_in_both_forms() {
    for example in EXAMPLES {
        let line = example.line();
        let mut text = String::new();
        for form in ["json", "table"] {
            let lab = (example.lab)();
            let called = lab.gtc(&format!("{line} --output {form}"));
            assert_eq!(called.code, 0, "gtc {line}: {called:?}");
            let shown = match form {
                "json" => format!("{:#}\n", called.envelope()),
                _ => called.stdout.clone(),
            };
            assert!(!shown.trim().is_empty(), "gtc {line} shows nothing as {form}");
            let home = lab.home().display().to_string();
            let shown = normalised(&shown.replace(&home, "<home>"));
            text.push_str(&format!("$ gtc {line} --output {form}\n{shown}\n"));
        }
        compare(&golden(example), &text);
    }
}

#[test]
fn without_a_terminal_a_verb_shows_json_as_one_line() {
    for example in EXAMPLES {
        let called = (example.lab)().gtc(&example.line());
        let Value::Object(envelope) = called.envelope() else { panic!("{called:?}") };
        let keys: Vec<&str> = envelope.keys().map(String::as_str).collect();
        assert_eq!(keys, ["noun", "op", "result"], "{called:?}");
        assert!(called.stdout.starts_with("{\"op\":\""), "{called:?}");
    }
}

/// Ids, times, keys and digests of an environment differ from run to run.
pub(crate) fn normalised(text: &str) -> String {
    let mut out = String::new();
    let mut known: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(one) = rest.chars().next() {
        let word = word_of(rest);
        let length = if rest.starts_with("\\n") {
            // The end of a line within a text of JSON, and no part of the word behind it.
            out.push_str("\\n");
            2
        } else if let Some(length) = time_of(rest) {
            out.push_str("<time>");
            length
        } else if let Some(base64) = rest.strip_prefix(PEM_HEAD) {
            let is_base64 = |one: char| one.is_ascii_alphanumeric() || "+/=".contains(one);
            out.push_str("<public key>");
            PEM_HEAD.len() + base64.find(|one| !is_base64(one)).unwrap_or(base64.len())
        } else if is_ulid(word) {
            let index = known.iter().position(|id| *id == word).unwrap_or_else(|| {
                known.push(word);
                known.len() - 1
            });
            out.push_str(&format!("<ulid {index}>"));
            word.len()
        } else if word.len() == 32 && is_hex(word) {
            out.push_str("<key id>");
            word.len()
        } else if word.len() == 64 && is_hex(word) {
            out.push_str("<sha256>");
            word.len()
        } else {
            let length = word.len().max(one.len_utf8());
            out.push_str(&rest[..length]);
            length
        };
        rest = &rest[length..];
    }
    out
}

/// What the PEM of every Ed25519 public key starts with.
const PEM_HEAD: &str = "MCowBQYDK2VwAyEA";

fn word_of(text: &str) -> &str {
    &text[..text.find(|one: char| !one.is_ascii_alphanumeric()).unwrap_or(text.len())]
}

fn is_hex(word: &str) -> bool {
    word.bytes().all(|one| one.is_ascii_hexdigit())
}

fn is_ulid(word: &str) -> bool {
    word.len() == 26
        && word.starts_with(|one| ('0'..='7').contains(&one))
        && word.bytes().all(|one| one.is_ascii_digit() || one.is_ascii_uppercase())
}

/// The length of a time such as `2026-01-31T12:00:00.123Z`.
fn time_of(text: &str) -> Option<usize> {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let head = text.get(..shape.len())?;
    let fits = head.bytes().zip(shape.bytes()).all(|(one, shape)| match shape {
        b'd' => one.is_ascii_digit(),
        other => one == other,
    });
    let rest = &text[shape.len()..];
    let end = rest.find(|one: char| one != '.' && !one.is_ascii_digit())?;
    (fits && rest[end..].starts_with('Z')).then_some(shape.len() + end + 1)
}
