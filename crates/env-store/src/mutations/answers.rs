//! What a verb answers, out of what was committed.

use greentic_deploy_spec::engine::Outcome;
use greentic_deploy_spec::{Environment, MessagingEndpoint, RevisionTransitionOutcome};

use super::Committed;
use crate::{LifecycleError, StoreError};

/// A verb answered something that is no answer of it.
pub(super) fn contract<T>(outcome: &Outcome) -> Result<T, StoreError> {
    let name = serde_json::to_value(outcome)
        .ok()
        .and_then(|value| value.get("outcome").and_then(|name| name.as_str().map(str::to_owned)));
    let detail = format!("answered `{}` to another verb", name.unwrap_or_default());
    Err(StoreError::Contract { detail })
}

/// Takes what a verb answers out of an outcome.
macro_rules! answer {
    ($committed:expr, $pattern:pat => $value:expr) => {{
        let committed = $committed;
        match committed.outcome {
            $pattern => Ok($value),
            other => contract(&other),
        }
    }};
}

pub(super) use answer;

pub(super) fn environment_after(committed: &Committed) -> Result<Environment, StoreError> {
    Ok(committed.after.require()?.typed().clone())
}

pub(super) fn endpoint_of(committed: Committed) -> Result<MessagingEndpoint, StoreError> {
    answer!(committed, Outcome::Endpoint(endpoint) => endpoint)
}

pub(super) fn transition(committed: &Committed) -> Result<RevisionTransitionOutcome, StoreError> {
    match &committed.outcome {
        Outcome::Transition { revision, starting_lifecycle } => Ok(RevisionTransitionOutcome {
            revision: revision.clone(),
            environment: environment_after(committed)?,
            starting_lifecycle: *starting_lifecycle,
        }),
        Outcome::HealthGateFailed { revision_id, failed_checks, message } => {
            Err(StoreError::Lifecycle(Box::new(LifecycleError::HealthGateFailed {
                revision_id: *revision_id,
                failed_checks: failed_checks.clone(),
                message: message.clone(),
            })))
        }
        other => contract(other),
    }
}
