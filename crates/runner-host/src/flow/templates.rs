//! The templates of a pack's flows, parsed once.

use std::fmt::{self, Debug};
use std::io::{self, ErrorKind, Write};

use greentic_pack_format::Flow;
use greentic_pack_format::expression::template_bounds;
use handlebars::{Context, Handlebars};
use serde_json::Value;

use super::FlowError;

/// Bytes that one text may have once it is filled.
const MAX_TEXT: usize = 1024 * 1024;

/// Templates by their texts. Others are parsed each time that they are filled.
pub(crate) struct Templates(Handlebars<'static>);

impl Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("parsed", &self.0.get_templates().len()).finish()
    }
}

impl Default for Templates {
    /// None is parsed yet. Handlebars with its own helpers, and texts as they are: what is made is no
    /// HTML.
    fn default() -> Self {
        let mut handlebars = Handlebars::new();
        handlebars.register_escape_fn(handlebars::no_escape);
        Self(handlebars)
    }
}

impl Templates {
    /// Those of these flows. One that is none is told when it is filled.
    pub(crate) fn of<'f>(flows: impl IntoIterator<Item = &'f Flow>) -> Self {
        let mut all = Self::default();
        for flow in flows {
            for node in &flow.nodes {
                all.parse(&node.input.mapping);
            }
        }
        all
    }

    /// Parses those of a mapping.
    pub(super) fn parse(&mut self, mapping: &Value) {
        match mapping {
            Value::String(text) if is_parsed_once(text) => {
                let _ = self.0.register_template_string(text, text);
            }
            Value::Array(items) => items.iter().for_each(|item| self.parse(item)),
            Value::Object(fields) => fields.values().for_each(|value| self.parse(value)),
            _ => {}
        }
    }

    /// Fills a template.
    pub(super) fn fill(&self, text: &str, context: &Context) -> Result<String, FlowError> {
        let failed = |detail: String| FlowError::Template {
            template: text.chars().take(200).collect(),
            detail,
        };
        if let Some(problem) = template_bounds(text, context.data()) {
            return Err(failed(problem.to_owned()));
        }
        let mut out = Bounded::default();
        let filled = if self.0.has_template(text) {
            self.0.render_with_context_to_write(text, context, &mut out)
        } else {
            self.0.render_template_with_context_to_write(text, context, &mut out)
        };
        filled.map_err(|error| failed(error.to_string()))?;
        Ok(String::from_utf8_lossy(&out.bytes).into_owned())
    }
}

/// Whether a text is a template whose parser has a bound.
fn is_parsed_once(text: &str) -> bool {
    text.contains("{{") && template_bounds(text, &Value::Null).is_none()
}

/// Takes a bounded number of bytes.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_TEXT {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
