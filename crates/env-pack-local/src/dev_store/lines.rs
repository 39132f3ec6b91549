use std::path::Path;

use greentic_deploy_spec::SecretRef;

use super::error::{DevStoreError, LineProblem};

/// How the encrypted form of the file begins that other tools write.
const ENCRYPTED: &str = "SECRETS_BACKEND_STATE=";

/// The value of a secret. Every line is looked at, so that a wrong one is told however it is found.
pub(super) fn find(
    path: &Path,
    bytes: &[u8],
    secret: &SecretRef,
) -> Result<Option<Vec<u8>>, DevStoreError> {
    let path = || path.to_owned();
    let text = std::str::from_utf8(bytes).map_err(|_| DevStoreError::NotText { path: path() })?;
    let mut found = None;
    for (number, line) in (1..).zip(text.lines()) {
        let fail = |problem| DevStoreError::Line { path: path(), line: number, problem };
        let Some((reference, value)) = entry(line).map_err(fail)? else { continue };
        let value = unquoted(value).map_err(fail)?;
        if reference != *secret {
            continue;
        }
        if found.replace(value).is_some() {
            return Err(fail(LineProblem::Twice { reference }));
        }
    }
    Ok(found)
}

/// What a line sets; nothing when it is blank or a comment.
fn entry(line: &str) -> Result<Option<(SecretRef, &str)>, LineProblem> {
    let line = line.trim_start();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.starts_with(ENCRYPTED) {
        return Err(LineProblem::Encrypted);
    }
    let (name, value) = line.split_once('=').ok_or(LineProblem::NoValue)?;
    let reference = SecretRef::try_new(name.trim_end()).map_err(|_| LineProblem::NoReference)?;
    Ok(Some((reference, value)))
}

fn unquoted(value: &str) -> Result<Vec<u8>, LineProblem> {
    if !value.starts_with('"') {
        return Ok(value.as_bytes().to_vec());
    }
    // What the parser says may tell of the value.
    serde_json::from_str::<String>(value).map(String::into_bytes).map_err(|_| LineProblem::Quotes)
}
