//! Texts that are kept as files, so that a change of what people read is seen.

use std::fs;
use std::path::Path;

/// Compares a text with a file of `tests/golden`; with `GREENTIC_UPDATE_GOLDEN=1`, writes it.
#[expect(clippy::disallowed_methods, reason = "tests are switched by the environment")]
pub(crate) fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("GREENTIC_UPDATE_GOLDEN").is_some_and(|value| !value.is_empty()) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a golden file that can be written");
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    for (number, (expected, actual)) in golden.lines().zip(text.lines()).enumerate() {
        assert_eq!(actual, expected, "{name}, line {}; {HELP}", number + 1);
    }
    assert_eq!(text.lines().count(), golden.lines().count(), "lines of {name}; {HELP}");
}

const HELP: &str = "when the new text is right, GREENTIC_UPDATE_GOLDEN=1 cargo test writes it";
