//! Fills templates: `{{path}}` in any string of a node's mapping.

use std::borrow::Cow;

use greentic_pack_format::expression::{Step, at, whole_path};
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
    fn find(&self, path: &[Step<'_>]) -> Option<&Value>;

    /// All of it as one value.
    fn whole(&self) -> Cow<'_, Context>;
}

impl Scope for Value {
    fn find(&self, path: &[Step<'_>]) -> Option<&Value> {
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
