//! Fills templates: `{{path}}` in any string of a node's mapping.

use std::sync::LazyLock;

use handlebars::Handlebars;
use serde_json::{Map, Value};

use super::size::{self, MAX_DEPTH, MAX_HELD};
use super::{FlowError, template_bounds};

/// Bytes that one string may have once it is filled.
const MAX_TEXT: usize = 1024 * 1024;

/// Fills every string of a value, at any depth.
///
/// A string that is nothing but `{{path}}` becomes the value at the path, with its type, or an empty
/// string when nothing is there. Other strings are Handlebars templates whose missing values are
/// empty.
pub(super) fn fill(mapping: &Value, context: &impl Context) -> Result<Value, FlowError> {
    Filler { context, left: MAX_HELD }.fill(mapping, 0)
}

/// What templates can name.
pub(super) trait Context {
    /// The value at a path.
    fn find(&self, path: &[Step]) -> Option<&Value>;

    /// All of it as one value.
    fn whole(&self) -> &Value;
}

impl Context for Value {
    fn find(&self, path: &[Step]) -> Option<&Value> {
        at(self, path)
    }

    fn whole(&self) -> &Value {
        self
    }
}

/// Handlebars with its own helpers, and texts as they are: what is made is no HTML.
static HANDLEBARS: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut handlebars = Handlebars::new();
    handlebars.register_escape_fn(handlebars::no_escape);
    handlebars
});

/// Fills the texts of one mapping.
struct Filler<'c, C> {
    context: &'c C,
    /// Bytes that may still be put in: a value that is put in twice, again and again, has no end.
    left: usize,
}

impl<C: Context> Filler<'_, C> {
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
            let Some(found) = self.context.find(&path) else {
                return Ok(Value::String(String::new()));
            };
            self.take(size::measure(found, depth)?)?;
            return Ok(found.clone());
        }
        let filled = render(text, self.context.whole())?;
        self.take(filled.len())?;
        Ok(Value::String(filled))
    }

    fn take(&mut self, bytes: usize) -> Result<(), FlowError> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or(FlowError::TooMuch { limit: MAX_HELD })?;
        Ok(())
    }
}

fn render(text: &str, context: &Value) -> Result<String, FlowError> {
    let mut out = Bounded::default();
    let failed =
        |detail: String| FlowError::Template { template: text.chars().take(200).collect(), detail };
    if let Some(problem) = template_bounds::problem(text, context) {
        return Err(failed(problem.to_owned()));
    }
    let filled = HANDLEBARS.render_template_to_write(text, context, &mut out);
    filled.map_err(|error| failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(&out.bytes).into_owned())
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
