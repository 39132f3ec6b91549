//! Fills templates: `{{path}}` in any string of a node's mapping.

use std::sync::LazyLock;

use handlebars::Handlebars;
use serde_json::{Map, Value};

use super::FlowError;

/// Bytes that one string may have once it is filled.
const MAX_TEXT: usize = 1024 * 1024;
/// Objects and lists inside of each other.
const MAX_DEPTH: usize = 64;

/// Fills every string of a value, at any depth.
///
/// A string that is nothing but `{{path}}` becomes the value at the path, with its type, or an empty
/// string when nothing is there. Other strings are Handlebars templates whose missing values are
/// empty.
pub(super) fn fill(mapping: &Value, context: &Value) -> Result<Value, FlowError> {
    fill_in(mapping, context, 0)
}

/// Handlebars with its own helpers, and texts as they are: what is made is no HTML.
static HANDLEBARS: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut handlebars = Handlebars::new();
    handlebars.register_escape_fn(handlebars::no_escape);
    handlebars
});

fn fill_in(value: &Value, context: &Value, depth: usize) -> Result<Value, FlowError> {
    if depth > MAX_DEPTH {
        return Err(FlowError::TooDeep { limit: MAX_DEPTH });
    }
    let filled = |value: &Value| fill_in(value, context, depth + 1);
    Ok(match value {
        Value::String(text) => fill_text(text, context)?,
        Value::Array(items) => Value::Array(items.iter().map(filled).collect::<Result<_, _>>()?),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| Ok((key.clone(), filled(value)?));
            Value::Object(map.iter().map(entry).collect::<Result<Map<_, _>, FlowError>>()?)
        }
        other => other.clone(),
    })
}

fn fill_text(text: &str, context: &Value) -> Result<Value, FlowError> {
    if !text.contains("{{") {
        return Ok(Value::String(text.to_owned()));
    }
    if let Some(path) = whole_path(text) {
        return Ok(at(context, &path).cloned().unwrap_or_else(|| Value::String(String::new())));
    }
    let mut out = Bounded::default();
    let failed = |error: handlebars::RenderError| FlowError::Template {
        template: text.chars().take(200).collect(),
        detail: error.to_string(),
    };
    HANDLEBARS.render_template_to_write(text, context, &mut out).map_err(failed)?;
    Ok(Value::String(String::from_utf8_lossy(&out.bytes).into_owned()))
}

/// Takes a bounded number of bytes.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_TEXT {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
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
