use greentic_deploy_spec::RevisionId;

use crate::conformance::contract::{Check, clauses};
use crate::conformance::fixture::{ARCHIVE, DRAIN, WARM};
use crate::conformance::trial::{Trial, Verb, again};

clauses! { "idempotency";
    /// Staging a revision that is staged already succeeds.
    "stage" => stage;
    /// Warming a revision that is warm already succeeds.
    "warm" => warm;
    /// Draining a revision that is drained already succeeds.
    "drain" => drain;
    /// Archiving a revision of which nothing is left succeeds.
    "archive" => archive;
}

async fn stage(trial: &Trial<'_>) -> Check {
    twice(trial, Verb::Stage, WARM).await
}

async fn warm(trial: &Trial<'_>) -> Check {
    twice(trial, Verb::Warm, WARM).await
}

async fn drain(trial: &Trial<'_>) -> Check {
    twice(trial, Verb::Drain, DRAIN).await
}

async fn archive(trial: &Trial<'_>) -> Check {
    twice(trial, Verb::Archive, ARCHIVE).await
}

async fn twice(trial: &Trial<'_>, verb: Verb, id: RevisionId) -> Check {
    trial.does(verb, id).await?;
    again(verb.name(), trial.call(verb, id).await)
}
