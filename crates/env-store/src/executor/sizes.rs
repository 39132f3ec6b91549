//! How large documents may be, so that whatever is committed can be read again.

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::{MAX_DOCUMENT_BYTES, StateEtag, canonical_value, sha256_hex};

use crate::StoreError;

/// The environment's etag and size. It must be one that can be read again.
pub(super) fn etag_of(state: &EnvState) -> Result<(Option<StateEtag>, usize), StoreError> {
    let Some(environment) = &state.environment else { return Ok((None, 0)) };
    let canonical = environment.canonical();
    check_size(canonical.len())?;
    Ok((Some(StateEtag(sha256_hex(canonical.as_bytes()))), canonical.len()))
}

/// The canonical form has no white space. The indented one of the same document has to stay within
/// what can be read, so it gets the rest of the room.
const MAX_CANONICAL_BYTES: usize = MAX_DOCUMENT_BYTES / 4;

fn check_size(actual: usize) -> Result<(), StoreError> {
    let limit = MAX_CANONICAL_BYTES;
    if actual > limit { Err(StoreError::TooLarge { actual, limit }) } else { Ok(()) }
}

/// All documents of a generation have to stay within what can be read as one.
const MAX_BYTES_TOGETHER: usize = MAX_DOCUMENT_BYTES / 2;

/// Documents below this are so small that all of them together fit.
const LARGE: usize = MAX_DOCUMENT_BYTES / 64;

/// Checks the documents beside the environment that a change wrote, and all of them together when
/// one that matters for that changed.
pub(super) fn check_sizes(
    before: &EnvState,
    after: &EnvState,
    environment: usize,
) -> Result<(), StoreError> {
    let mut largest = environment;
    let mut check = |actual: usize| {
        largest = largest.max(actual);
        check_size(actual)
    };
    if let Some(runtime) = &after.runtime
        && before.runtime.as_ref() != Some(runtime)
    {
        check(runtime.canonical().len())?;
    }
    for (slot, answers) in &after.pack_answers {
        if before.pack_answers.get(slot) != Some(answers) {
            check(canonical_value(answers).len())?;
        }
    }
    if largest > LARGE { check_together(after, environment) } else { Ok(()) }
}

fn check_together(after: &EnvState, environment: usize) -> Result<(), StoreError> {
    let runtime = after.runtime.as_ref().map_or(0, |runtime| runtime.canonical().len());
    let answers = after.pack_answers.values().map(|answers| canonical_value(answers).len());
    let (actual, limit) = (environment + runtime + answers.sum::<usize>(), MAX_BYTES_TOGETHER);
    if actual > limit { Err(StoreError::TooLarge { actual, limit }) } else { Ok(()) }
}
