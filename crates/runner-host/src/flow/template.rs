//! Fills templates: `{{path}}` in any string of a node's mapping.

use std::borrow::Cow;

use handlebars::Context;
use serde_json::{Map, Value};

use super::FlowError;
use super::size::{self, MAX_DEPTH, MAX_HELD};
use super::templates::Templates;

/// Fills every string of a value, at any depth.
///
/// A string that is nothing but `{{path}}` becomes the value at the path, with its type, or an empty
/// string when nothing is there. Other strings are Handlebars templates whose missing values are
/// empty.
pub(super) fn fill(
    mapping: &Value,
    scope: &impl Scope,
    templates: &Templates,
) -> Result<Value, FlowError> {
    Filler { scope, templates, left: MAX_HELD }.fill(mapping, 0)
}

/// What templates can name.
pub(super) trait Scope {
    /// The value at a path.
    fn find(&self, path: &[Step]) -> Option<&Value>;

    /// All of it as one value.
    fn whole(&self) -> Cow<'_, Context>;
}

impl Scope for Value {
    fn find(&self, path: &[Step]) -> Option<&Value> {
        at(self, path)
    }

    fn whole(&self) -> Cow<'_, Context> {
        Cow::Owned(self.clone().into())
    }
}

/// Fills the texts of one mapping.
struct Filler<'c, S> {
    scope: &'c S,
    templates: &'c Templates,
    /// Bytes that may still be put in: a value that is put in twice, again and again, has no end.
    left: usize,
}

impl<S: Scope> Filler<'_, S> {
    fn fill(&mut self, value: &Value, depth: usize) -> Result<Value, FlowError> {
        if depth > MAX_DEPTH {
            return Err(FlowError::TooDeep { limit: MAX_DEPTH });
        }
        Ok(match value {
            Value::String(text) => self.text(text, depth)?,
            Value::Array(items) => {
                let items = items.iter().map(|item| self.fill(item, depth + 1));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Value::Object(map) => {
                let entries =
                    map.iter().map(|(key, value)| Ok((key.clone(), self.fill(value, depth + 1)?)));
                Value::Object(entries.collect::<Result<Map<_, _>, FlowError>>()?)
            }
            other => other.clone(),
        })
    }

    fn text(&mut self, text: &str, depth: usize) -> Result<Value, FlowError> {
        if !text.contains("{{") {
            return Ok(Value::String(text.to_owned()));
        }
        if let Some(path) = whole_path(text) {
            let Some(found) = self.scope.find(&path) else {
                return Ok(Value::String(String::new()));
            };
            self.take(size::measure(found, depth)?)?;
            return Ok(found.clone());
        }
        let filled = self.templates.fill(text, &self.scope.whole())?;
        self.take(filled.len())?;
        Ok(Value::String(filled))
    }

    fn take(&mut self, bytes: usize) -> Result<(), FlowError> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or(FlowError::TooMuch { limit: MAX_HELD })?;
        Ok(())
    }
}

/// The path of a text that is nothing but one plain expression.
fn whole_path(text: &str) -> Option<Vec<Step>> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    // A third brace, a block, a comment, a partial or a helper is Handlebars' own matter.
    if inner.is_empty() || inner.starts_with(['{', '#', '!', '>', '&', '/', '^']) {
        return None;
    }
    parse_path(inner)
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// Reads `a.b[0]["k"]`. A leading `this` says nothing. None when it is no such path.
pub(super) fn parse_path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(bracket) = rest.strip_prefix('[') {
            let (inner, after) = bracket.split_once(']')?;
            let quoted = inner
                .strip_prefix('"')
                .and_then(|inner| inner.strip_suffix('"'))
                .or_else(|| inner.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\'')));
            steps.push(match quoted {
                Some(key) => Step::Key(key.to_owned()),
                None => Step::Index(inner.trim().parse().ok()?),
            });
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (key, after) = name.split_at(end);
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '$');
            if key.is_empty() || !key.chars().all(plain) {
                return None;
            }
            steps.push(Step::Key(key.to_owned()));
            rest = after;
        }
    }
    if steps.first() == Some(&Step::Key("this".to_owned())) {
        steps.remove(0);
    }
    Some(steps)
}

/// The value at a path.
pub(super) fn at<'v>(value: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => match value {
            Value::Array(items) => key.parse().ok().and_then(|index: usize| items.get(index)),
            value => value.get(key),
        },
        Step::Index(index) => value.get(index),
    })
}
