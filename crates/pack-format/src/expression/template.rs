use handlebars::{Handlebars, RenderErrorReason, Template, TemplateErrorReason};
use serde_json::{Value, json};

use super::path::whole_path;
use super::template_bounds;

/// Why a text can never be filled, whatever its flow knows; none when it is no template or a good one.
///
/// ```
/// use greentic_pack_format::expression::template_problem;
///
/// assert_eq!(template_problem("Hello {{entry.text}}, {{#if prev.ok}}yes{{/if}}"), None);
/// assert!(template_problem("Hello {{entry.text}").is_some());
/// ```
#[must_use]
pub fn problem(text: &str) -> Option<String> {
    if !text.contains("{{") || whole_path(text).is_some() {
        return None;
    }
    if let Some(problem) = template_bounds::problem(text, &Value::Null) {
        return Some(problem.to_owned());
    }
    match Template::compile(text) {
        Err(error) => Some(in_our_words(error.reason())),
        Ok(_) => helper_problem(text),
    }
}

/// A helper that there is not or that lacks what it works on, as far as filling the template with nothing leads to it.
fn helper_problem(text: &str) -> Option<String> {
    // Nothing to loop over: what is in a pack must not keep anybody who only looks at it.
    let error = Handlebars::new().render_template(text, &json!({})).err()?;
    match error.reason() {
        RenderErrorReason::HelperNotFound(name) => Some(format!("there is no helper `{name}`")),
        RenderErrorReason::ParamNotFoundForIndex(name, _) => {
            Some(format!("`{name}` does not say what it works on"))
        }
        _ => None,
    }
}

fn in_our_words(reason: &TemplateErrorReason) -> String {
    match reason {
        // The parser names rules of its grammar, which help nobody who writes a template.
        TemplateErrorReason::InvalidSyntax(_) => {
            "its braces are not closed, or what is between them is no path and no helper".to_owned()
        }
        reason => reason.to_string(),
    }
}
