use serde_json::Value;

use super::path::{Step, at, parse_path};

/// The condition of a route: `path == "text"` or `path != "text"`.
///
/// ```
/// use greentic_pack_format::expression::Condition;
/// use serde_json::json;
///
/// let condition = Condition::parse("entry.text == \"yes\"").unwrap();
/// assert!(condition.holds(&json!({"entry": {"text": "Yes"}})));
/// assert!(Condition::parse("entry.text = \"yes\"").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition<'t> {
    path: Vec<Step<'t>>,
    /// As it stands, with its quotes.
    wanted: &'t str,
    equal: bool,
}

impl<'t> Condition<'t> {
    /// Reads a condition; none when it is none.
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        let operators = [("!=", false), ("==", true)].into_iter();
        let found = operators.filter_map(|(sign, equal)| Some((text.find(sign)?, equal)));
        let (place, equal) = found.min()?;
        let path = parse_path(text.get(..place)?.trim())?;
        let wanted = text.get(place + 2..)?.trim();
        Some(Self { path, wanted, equal })
    }

    /// Whether it holds. Texts are compared without regard to case; what is absent equals the empty text.
    #[must_use]
    pub fn holds(&self, context: &Value) -> bool {
        let found = at(context, &self.path).map(text).unwrap_or_default();
        (found.to_lowercase() == unquoted(self.wanted).to_lowercase()) == self.equal
    }

    /// Where the value is that it looks at.
    #[must_use]
    pub fn path(&self) -> &[Step<'t>] {
        &self.path
    }

    /// Whether what it compares with is one text: in quotes, or one word.
    ///
    /// What is not is compared as it stands, `&&` and all, which nobody means who writes it.
    #[must_use]
    pub fn compares_with_one_text(&self) -> bool {
        let quoted = unquoted(self.wanted);
        if quoted.len() < self.wanted.len() {
            let quote = self.wanted.chars().next();
            return quote.is_some_and(|quote| !quoted.contains(quote));
        }
        let plain = |one: char| one.is_alphanumeric() || matches!(one, '_' | '-' | '.');
        !quoted.is_empty() && quoted.chars().all(plain)
    }
}

fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    text
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
