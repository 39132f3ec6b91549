use greentic_conformance::{Broken, Check, same};
use greentic_deploy_spec::remote::ErrorKind;
use greentic_deploy_spec::{
    FieldUpdate, Precondition, StateEtag, UpdateEnvironmentPayload, sha256_hex,
};

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, commit, done, fails, refused, same_snapshot, told};
use crate::{Committed, EnvironmentMutations, EnvironmentStore, MutationsExt, Request, StoreError};

clauses! { "etags";
    /// The etag is the SHA-256 of the environment's canonical JSON, in the answer and in reads.
    "are-strong" => are_strong;
    /// Documents beside the environment leave the etag as it is.
    "are-of-the-environment" => are_of_the_environment;
    /// A change that expects the current etag and generation is committed.
    "current-is-accepted" => current_is_accepted;
    /// A change that expects another etag or generation is refused, names what was expected and what
    /// is there, and changes nothing.
    "stale-is-refused" => stale_is_refused;
    /// A change that expects any state of an environment that is absent finds none.
    "absent-matches-nothing" => absent_matches_nothing;
    /// The decorator `expecting` guards typed verbs in the same way.
    "guard-typed-verbs" => guard_typed_verbs;
    /// `save_if` writes where the etag is current and gives the next one; it is refused where it is not.
    "guard-saves" => guard_saves;
}

fn etag(committed: &Committed) -> Result<StateEtag, Broken> {
    let etag = committed.after.etag().cloned();
    etag.ok_or_else(|| Broken::new("an etag after a change", "there is none"))
}

fn are_strong(trial: Trial) -> Check {
    trial.create()?;
    for name in ["One", "Two"] {
        let committed = trial.run(samples::rename(name))?;
        let canonical = trial.environment()?.canonical();
        let expected = StateEtag(sha256_hex(canonical.as_bytes()));
        same("the etag in the answer", &expected, &etag(&committed)?)?;
        same("the etag read", &Some(&expected), &trial.snapshot()?.etag())?;
    }
    Ok(())
}

fn are_of_the_environment(trial: Trial) -> Check {
    let before = etag(&trial.create()?)?;
    let env_id = &trial.env_id;
    let beside = [samples::save_runtime(env_id, 1), samples::save_answers(1), samples::trust_key()];
    for command in beside {
        same("the etag as before", &before, &etag(&trial.run(command)?)?)?;
    }
    let renamed = etag(&trial.run(samples::rename("Other"))?)?;
    if renamed == before {
        return Err(Broken::new("another etag after a change", "the same"));
    }
    same("the first etag again", &before, &etag(&trial.run(samples::rename("Conformance"))?)?)
}

fn expecting(if_match: Option<StateEtag>, expected_generation: Option<u64>) -> Precondition {
    Precondition { if_match, expected_generation }
}

fn rename(name: &str, expected: Precondition) -> Result<Request, Broken> {
    let mut request = Request::new(samples::rename(name)?);
    request.expected = Some(expected);
    Ok(request)
}

fn current_is_accepted(trial: Trial) -> Check {
    let current = etag(&trial.create()?)?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let second = rename("One", expecting(Some(current), Some(1)))?;
    let current = etag(&commit(store, env_id, second)?)?;
    commit(store, env_id, rename("Two", expecting(Some(current), None))?)?;
    commit(store, env_id, rename("Three", expecting(None, Some(3)))?)?;
    // A precondition that pins nothing is none.
    commit(store, env_id, rename("Four", expecting(None, None))?).map(drop)
}

fn stale_is_refused(trial: Trial) -> Check {
    let stale = etag(&trial.create()?)?;
    let before = trial.run(samples::rename("Changed"))?.after;
    let current = before.etag().cloned();
    let expectations = [
        expecting(Some(stale.clone()), None),
        expecting(None, Some(1)),
        expecting(None, Some(3)),
        expecting(None, Some(u64::MAX)),
        expecting(current.clone(), Some(1)),
        expecting(Some(stale), Some(2)),
    ];
    for expected in expectations {
        let request = rename("Never", expected.clone())?;
        let answer = trial.store().execute(&trial.env_id, request);
        match fails("a stale expectation to be refused", answer)? {
            StoreError::PreconditionFailed(conflict) => {
                let expected_etag = expected.if_match.map(|etag| etag.0);
                same("the expected etag", &expected_etag, &conflict.expected_etag)?;
                let generation = expected.expected_generation;
                same("the expected generation", &generation, &conflict.expected_generation)?;
                let actual = current.as_ref().map(|etag| etag.0.as_str());
                same("the actual etag", &actual, &Some(conflict.actual_etag.as_str()))?;
                same("the actual generation", &2, &conflict.actual_generation)?;
            }
            error => return Err(Broken::new("a failed precondition", told(&error))),
        }
        same_snapshot("the same after the refusal", &before, &trial.snapshot()?)?;
    }
    Ok(())
}

fn absent_matches_nothing(trial: Trial) -> Check {
    let some = StateEtag(sha256_hex(b""));
    for expected in [expecting(Some(some), None), expecting(None, Some(0))] {
        let mut request = Request::new(samples::create(&trial.env_id, "Never")?);
        request.expected = Some(expected);
        let answer = trial.store().execute(&trial.env_id, request);
        let what = "a create that expects a state to be refused";
        refused(what, answer, ErrorKind::NotFound, "environment-not-found")?;
    }
    let exists = trial.store().env_exists(&trial.env_id);
    same("env_exists", &false, &done("env_exists", exists)?)
}

fn guard_typed_verbs(trial: Trial) -> Check {
    let current = etag(&trial.create()?)?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let payload = |region: &str| UpdateEnvironmentPayload {
        region: FieldUpdate::Set(region.to_owned()),
        ..Default::default()
    };
    let guarded = store.expecting(current);
    done("a change of what is current", guarded.update_environment(env_id, payload("north")))?;
    let stale = guarded.update_environment(env_id, payload("south"));
    let (kind, code) = (ErrorKind::PreconditionFailed, "precondition-failed");
    refused("a change of what is stale to be refused", stale, kind, code)?;
    let region = trial.environment()?.host_config.region.clone();
    same("the region", &Some("north".to_owned()), &region)
}

fn guard_saves(trial: Trial) -> Check {
    let stale = etag(&trial.create()?)?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let saved = samples::environment(env_id, "Saved");
    let next = done("a save of what is current", store.save_if(&saved, &stale))?;
    same("the next etag", &Some(&next), &trial.snapshot()?.etag())?;
    let lost = store.save_if(&samples::environment(env_id, "Lost"), &stale);
    let (kind, code) = (ErrorKind::PreconditionFailed, "precondition-failed");
    refused("a save over a newer one to be refused", lost, kind, code)?;
    same("the environment", &saved, trial.environment()?.typed())
}
