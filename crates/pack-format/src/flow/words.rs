//! The words that say what a node runs.

/// What the engine does itself, in every schema version; also everything that begins with `emit.`.
const ENGINE: &[&str] = &[
    "component.exec",
    "emit.log",
    "emit.response",
    "flow.call",
    "provider.invoke",
    "session.wait",
    "state.get",
    "state.set",
];

/// Components that go by a word of their own, in every schema version; also everything that begins with `dw.`.
const COMPONENTS: &[&str] = &["mcp", "questions", "template"];

/// How many letters a word may be away from the one that was meant.
const NEAR: usize = 2;

/// Whether the engine does it itself.
pub(super) fn is_engines(word: &str) -> bool {
    ENGINE.contains(&word) || word.starts_with("emit.")
}

/// Whether it says what runs whatever the schema version is.
pub(super) fn is_reserved(word: &str) -> bool {
    is_engines(word) || COMPONENTS.contains(&word) || word.starts_with("dw.")
}

/// The word of the engine that somebody meant who wrote one that is nearly it.
///
/// Whatever begins with `emit.` is said to the user; but a letter too many in `emit.response` is a mistake.
pub(super) fn meant(word: &str) -> Option<&'static str> {
    ENGINE.iter().copied().filter(|known| *known != word).find(|known| is_near(word, known))
}

pub(super) fn is_near(word: &str, known: &str) -> bool {
    // Words are short; a long one is no slip, and costs time to compare.
    word != known && word.len() <= known.len() + NEAR && strsim::osa_distance(word, known) <= NEAR
}
