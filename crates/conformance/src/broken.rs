use std::any::Any;
use std::fmt::Debug;
use std::time::Duration;

use serde::Serialize;

/// Whether a clause held.
pub type Check = Result<(), Broken>;

/// A clause that did not hold. Its texts are short: what is too long for a reader is cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Broken {
    /// A stable name of the reason, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// What should have been seen, where that is more than the text of the clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was seen.
    pub seen: String,
}

impl Broken {
    /// Something else was seen than was expected.
    pub fn new(expected: impl Into<String>, seen: impl Into<String>) -> Self {
        let expected = Some(shortened(expected.into()));
        Self { code: None, expected, seen: shortened(seen.into()) }
    }

    /// What was seen has a name.
    pub fn named(code: &'static str, seen: impl Into<String>) -> Self {
        Self { code: Some(code), expected: None, seen: shortened(seen.into()) }
    }

    /// Something panicked.
    #[must_use]
    pub fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let seen = format!("a panic: {}", text.unwrap_or("without a message"));
        Self { code: Some("panicked"), ..Self::new("no panic", seen) }
    }

    /// The clause did not end, because it waits for something.
    #[must_use]
    pub fn timed_out(limit: Duration, waits_for: &str) -> Self {
        let expected = format!("the clause to end within {limit:?}");
        let seen = format!("it still waits for {waits_for}");
        Self { code: Some("timed-out"), ..Self::new(expected, seen) }
    }
}

/// Reports are for reading: whole documents do not belong there.
fn shortened(text: String) -> String {
    const LIMIT: usize = 800;
    match text.char_indices().nth(LIMIT) {
        None => text,
        Some((at, _)) => format!("{} …", text.get(..at).unwrap_or_default()),
    }
}

/// Holds when `holds` does.
///
/// # Errors
/// Otherwise, with what was expected and seen.
pub fn check(holds: bool, expected: &str, seen: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(Broken::new(expected, seen())) }
}

/// Holds when both are the same.
///
/// # Errors
/// Otherwise, with both.
pub fn same<T: PartialEq + Debug + ?Sized>(what: &str, expected: &T, seen: &T) -> Check {
    if expected == seen {
        return Ok(());
    }
    Err(Broken::new(format!("{what}: {expected:?}"), format!("{seen:?}")))
}
