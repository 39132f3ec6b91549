use greentic_deploy_spec::RevisionId;

use crate::conformance::contract::{Check, clauses};
use crate::conformance::failure::ConformanceFailure;
use crate::conformance::fixture::{ARCHIVE, DRAIN, WARM};
use crate::conformance::subject::Fault;
use crate::conformance::trial::{Trial, Verb};

clauses! { "resumption";
    /// A verb that has nothing left to do leaves the provider as it is.
    "second-call-changes-nothing" => second_call_changes_nothing;
    /// After a change that the provider refused, calling warm again finishes it.
    "after-a-failure" => resumes(Fault::NextChangeFails);
    /// After an answer of the provider that was lost, calling warm again finishes it.
    "after-a-lost-answer" => resumes(Fault::NextAnswerIsLost);
}

/// The life of the revisions, in its order.
const LIFE: [(Verb, RevisionId); 5] = [
    (Verb::Stage, WARM),
    (Verb::Warm, WARM),
    (Verb::Drain, DRAIN),
    (Verb::Drain, ARCHIVE),
    (Verb::Archive, ARCHIVE),
];

async fn second_call_changes_nothing(trial: &Trial<'_>) -> Check {
    for (verb, id) in LIFE {
        trial.does(verb, id).await?;
        let before = trial.state().await?;
        trial.does(verb, id).await?;
        trial.unchanged(format!("a second `{}`", verb.name()), &before).await?;
    }
    Ok(())
}

async fn resumes(trial: &Trial<'_>, fault: Fault) -> Check {
    trial.does(Verb::Stage, WARM).await?;
    trial.inject(fault).await?;
    // A deployer may get over the fault by itself: then there is no error.
    let _ = trial.call(Verb::Warm, WARM).await;
    let verb = Verb::Warm.name();
    let again = trial.call(Verb::Warm, WARM).await;
    again.map_err(|source| ConformanceFailure::NotResumable { verb, fault, source }.into())
}
