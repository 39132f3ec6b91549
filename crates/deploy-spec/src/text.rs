//! Text from outside, in messages.

/// Schemes of references, which say where a secret is and not what it is.
const SCHEMES: [&str; 4] = ["secret", "secrets", "runtime", "ext"];

/// The longest text that a message repeats, in characters.
const LONGEST: usize = 200;

/// A text as a message may show it: on one line, and cut when it is long.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).flat_map(escaped).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn escaped(c: char) -> Vec<char> {
    if c.is_control() { c.escape_default().collect() } else { vec![c] }
}

/// What should be a reference to a secret, as a message may show it. A text that is no reference of
/// any kind may be the secret itself and is not repeated.
pub(crate) fn shown_reference(text: &str) -> String {
    let is_reference = text.split_once("://").is_some_and(|(scheme, _)| SCHEMES.contains(&scheme));
    if is_reference { shown(text) } else { "(not shown)".to_owned() }
}
