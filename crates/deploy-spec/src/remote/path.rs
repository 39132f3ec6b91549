//! Paths of the contract: fixed segments and `{parameters}`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but letters, digits, `-`, `_` and `~` is escaped; `.` as well, since an environment
/// may be called `..`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

/// Fills the parameters of a template, in their order.
pub(super) fn fill(template: &str, parameters: &[String]) -> String {
    let mut parameters = parameters.iter();
    let segment = |segment: &str| {
        if is_parameter(segment) {
            let value = parameters.next().map(String::as_str).unwrap_or_default();
            utf8_percent_encode(value, SEGMENT).to_string()
        } else {
            segment.to_owned()
        }
    };
    template.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// The parameters of a path, in their order, when it is one of the template.
pub(super) fn matches(template: &str, path: &str) -> Option<Vec<String>> {
    let mut parameters = Vec::new();
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parameters),
            (Some(wanted), Some(given)) if is_parameter(wanted) && !given.is_empty() => {
                parameters.push(percent_decode_str(given).decode_utf8().ok()?.into_owned());
            }
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return None,
        }
    }
}
