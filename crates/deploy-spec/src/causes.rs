/// An error and what caused it, each in its own words, as one line. A cause that is told already is
/// not told again.
#[must_use]
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    // Chains are short; a cycle of causes must not hang anybody.
    const DEEPEST: usize = 16;
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.take(DEEPEST).fold(error.to_string(), |text, cause| {
        let own = cause.to_string();
        if text.contains(&own) { text } else { format!("{text}: {own}") }
    })
}
