use greentic_deploy_spec::RevisionId;

use crate::conformance::contract::{Check, clauses};
use crate::conformance::fixture::{ARCHIVE, DRAIN, WARM};
use crate::conformance::trial::{Trial, Verb, again};

clauses! { "idempotency";
    /// Staging a revision that is staged already succeeds.
    "stage" => twice(Verb::Stage, WARM);
    /// Warming a revision that is warm already succeeds.
    "warm" => twice(Verb::Warm, WARM);
    /// Draining a revision that is drained already succeeds.
    "drain" => twice(Verb::Drain, DRAIN);
    /// Archiving a revision of which nothing is left succeeds.
    "archive" => twice(Verb::Archive, ARCHIVE);
}

async fn twice(trial: &Trial<'_>, verb: Verb, id: RevisionId) -> Check {
    trial.does(verb, id).await?;
    again(verb.name(), trial.call(verb, id).await)
}
