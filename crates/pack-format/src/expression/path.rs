use serde_json::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'t> {
    /// To the value of a key, or to an item of a list when the key is a number.
    Key(&'t str),
    /// To an item of a list.
    Index(usize),
}

/// The path of a text that is nothing but one plain expression, such as `{{entry.text}}`.
#[must_use]
pub fn whole_path(text: &str) -> Option<Vec<Step<'_>>> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    // A third brace, a block, a comment, a partial or a helper is Handlebars' own matter.
    if inner.is_empty() || inner.starts_with(['{', '#', '!', '>', '&', '/', '^']) {
        return None;
    }
    parse_path(inner)
}

/// Reads `a.b[0]["k"]`. A leading `this` says nothing. None when it is no such path.
#[must_use]
pub fn parse_path(text: &str) -> Option<Vec<Step<'_>>> {
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
                Some(key) => Step::Key(key),
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
            steps.push(Step::Key(key));
            rest = after;
        }
    }
    if steps.first() == Some(&Step::Key("this")) {
        steps.remove(0);
    }
    Some(steps)
}

/// The value at a path.
#[must_use]
pub fn at<'v>(value: &'v Value, path: &[Step<'_>]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => match value {
            Value::Array(items) => key.parse().ok().and_then(|index: usize| items.get(index)),
            value => value.get(key),
        },
        Step::Index(index) => value.get(index),
    })
}
