use greentic_conformance::{Broken, Check, check, same};
use greentic_deploy_spec::IdempotencyOutcome::{Applied, Replayed};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;
use greentic_deploy_spec::{Precondition, RevisionLifecycle};

use super::verbs;
use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, commit, done, fails, same_snapshot, told};
use crate::{Committed, EnvironmentMutations, LifecycleError, MutationsExt, Request, StoreError};

clauses! { "idempotency";
    /// A retry of any verb under the same key gets the same answer and changes nothing.
    "retry-gets-the-same-answer" => retry_gets_the_same_answer;
    /// A retry shows the environment as it was right after the change, whatever was changed since.
    "retry-shows-the-state-then" => retry_shows_the_state_then;
    /// The same key with another request is refused, names the key, and changes nothing.
    "other-request-is-refused" => other_request_is_refused;
    /// A refused verb leaves no key behind: the key can be used for what is legal.
    "refused-leaves-no-key" => refused_leaves_no_key;
    /// A key belongs to one environment: another environment can use it for another request.
    "keys-are-per-environment" => keys_are_per_environment;
    /// Keys are compared as they are: case and signs count, up to 255 bytes.
    "keys-are-compared-exactly" => keys_are_compared_exactly;
    /// Requests without a key are requests of their own, however alike they are.
    "no-key-is-a-new-request" => no_key_is_a_new_request;
    /// A retry is answered before the etag that it expects is looked at.
    "retry-comes-before-the-etag" => retry_comes_before_the_etag;
    /// Destroying an environment can be retried, and brings nothing back.
    "destroy-can-be-retried" => destroy_can_be_retried;
    /// A health gate that failed answers a retry in the same way, and the revision stays failed.
    "gate-failure-is-repeated" with [OperatorKey] => gate_failure_is_repeated;
    /// The decorator `with_key` makes typed verbs without a key of their own safe to retry.
    "decorator-gives-the-key" => decorator_gives_the_key;
    /// A retry after the data was opened again gets the same answer; another request is refused.
    "keys-survive-reopening" with [Reopen] => keys_survive_reopening;
    /// A retry through another handle gets the same answer; another request is refused.
    "keys-are-known-to-all-handles" with [SecondHandle] => keys_are_known_to_all_handles;
}

fn same_answer(first: &Committed, again: &Committed) -> Check {
    same("the first call", &Applied, &first.idempotency)?;
    same("the retry", &Replayed, &again.idempotency)?;
    same("the same outcome", &first.outcome, &again.outcome)?;
    same("the same audit event", &first.audit, &again.audit)?;
    same_snapshot("the same state in the answer", &first.after, &again.after)
}

fn retry_gets_the_same_answer(trial: Trial) -> Check {
    for (number, command) in verbs::whole_life(&trial).into_iter().enumerate() {
        let command = command?;
        let key = format!("life-{number}");
        let first = trial.run_keyed(Ok(command.clone()), &key)?;
        let stored = trial.state()?;
        same_answer(&first, &trial.run_keyed(Ok(command), &key)?)?;
        crate::conformance::trial::same_state("nothing changed", &stored, &trial.state()?)?;
        if stored.environment.is_some() {
            same("the generation", &first.after.generation(), &trial.snapshot()?.generation())?;
        }
    }
    Ok(())
}

fn retry_shows_the_state_then(trial: Trial) -> Check {
    trial.create()?;
    let first = trial.run_keyed(samples::rename("First"), "first")?;
    trial.run_all([samples::rename("Second"), samples::save_runtime(&trial.env_id, 1)])?;
    let last = trial.snapshot()?;
    same_answer(&first, &trial.run_keyed(samples::rename("First"), "first")?)?;
    same_snapshot("the last state still", &last, &trial.snapshot()?)
}

fn conflicts(trial: &Trial, command: samples::Made, key: &str) -> Check {
    let key = samples::key(key)?;
    let answer = trial.answer_keyed(command, &key)?;
    match fails("another request under the same key to be refused", answer)? {
        StoreError::IdempotencyConflict { key: named } => same("the key", &key, &named),
        error => Err(Broken::new("an idempotency conflict", told(&error))),
    }
}

fn other_request_is_refused(trial: Trial) -> Check {
    trial.create()?;
    trial.run_keyed(samples::rename("First"), "first")?;
    let before = trial.snapshot()?;
    let others = [samples::rename("Second"), samples::add_pack(), samples::no_change()];
    for other in others {
        conflicts(&trial, other, "first")?;
        same_snapshot("the same after the refusal", &before, &trial.snapshot()?)?;
    }
    Ok(())
}

fn refused_leaves_no_key(trial: Trial) -> Check {
    let key = samples::key("tried")?;
    fails("a verb without an environment", trial.answer_keyed(samples::rename("Never"), &key)?)?;
    trial.create()?;
    fails("a revision that is not there", trial.answer_keyed(samples::drain(1), &key)?)?;
    let mut stale = Request::keyed(samples::rename("Never")?, key.clone());
    stale.expected = Some(Precondition { if_match: None, expected_generation: Some(9) });
    fails("a stale expectation", trial.store().execute(&trial.env_id, stale))?;
    let what = "the key to be free";
    let committed = done(what, trial.answer_keyed(samples::rename("Legal"), &key)?)?;
    same(what, &Applied, &committed.idempotency)?;
    same("the name", "Legal", &trial.environment()?.name)
}

fn keys_are_per_environment(trial: Trial) -> Check {
    let other = samples::env_id("other")?;
    for env_id in [&trial.env_id, &other] {
        let command = samples::create(env_id, env_id.as_str())?;
        let request = Request::keyed(command, samples::key("shared")?);
        let committed = commit(trial.store(), env_id, request)?;
        same("a request of its own", &Applied, &committed.idempotency)?;
    }
    Ok(())
}

fn keys_are_compared_exactly(trial: Trial) -> Check {
    trial.create()?;
    let (long, shorter) = ("k".repeat(255), "k".repeat(254));
    let keys = ["key", "KEY", "key.", "key%", "k_y", "'; --", "0", "00", &long, &shorter];
    for (number, key) in keys.iter().enumerate() {
        let committed = trial.run_keyed(samples::rename(&number.to_string()), key)?;
        same("a request of its own", &Applied, &committed.idempotency)?;
    }
    for (number, key) in keys.iter().enumerate() {
        let committed = trial.run_keyed(samples::rename(&number.to_string()), key)?;
        same("a retry", &Replayed, &committed.idempotency)?;
    }
    Ok(())
}

fn no_key_is_a_new_request(trial: Trial) -> Check {
    trial.create()?;
    for expected in 2..=4 {
        let committed = trial.run(samples::rename("Alike"))?;
        same("a request of its own", &Applied, &committed.idempotency)?;
        same("its generation", &expected, &committed.after.generation())?;
    }
    Ok(())
}

fn retry_comes_before_the_etag(trial: Trial) -> Check {
    trial.create()?;
    let request = || -> Result<Request, Broken> {
        let mut request = Request::keyed(samples::rename("Expected")?, samples::key("first")?);
        request.expected = Some(Precondition { if_match: None, expected_generation: Some(1) });
        Ok(request)
    };
    let first = commit(trial.store(), &trial.env_id, request()?)?;
    same_answer(&first, &commit(trial.store(), &trial.env_id, request()?)?)
}

fn destroy_can_be_retried(trial: Trial) -> Check {
    let created = trial.run_keyed(samples::create(&trial.env_id, "Conformance"), "create")?;
    let destroyed = trial.run_keyed(Ok(Command::Destroy), "destroy")?;
    same_answer(&destroyed, &trial.run_keyed(Ok(Command::Destroy), "destroy")?)?;
    // An old create that is sent again must not bring the environment back.
    let again = trial.run_keyed(samples::create(&trial.env_id, "Conformance"), "create")?;
    same_answer(&created, &again)?;
    let exists = trial.store().env_exists(&trial.env_id);
    same("env_exists", &false, &done("env_exists", exists)?)
}

fn gate_failure_is_repeated(trial: Trial) -> Check {
    trial.deploy(&[])?;
    trial.run(samples::stage(1, 1))?;
    let key = samples::key("warm")?;
    for _ in 0..2 {
        let payload = samples::failing_gate(1);
        let answer = trial.store().warm_revision(&trial.env_id, payload, key.clone());
        match fails("a failed gate to be an error", answer)? {
            StoreError::Lifecycle(error) => check(
                matches!(&*error, LifecycleError::HealthGateFailed { revision_id, .. }
                    if *revision_id == samples::revision(1)),
                "the failed gate of the revision",
                || format!("{error:?}"),
            )?,
            error => return Err(Broken::new("a lifecycle error", told(&error))),
        }
    }
    let environment = trial.environment()?;
    let lifecycle = environment.revision(samples::revision(1)).map(|revision| revision.lifecycle);
    same("the revision", &Some(RevisionLifecycle::Failed), &lifecycle)
}

fn decorator_gives_the_key(trial: Trial) -> Check {
    trial.create()?;
    let keyed = trial.store().with_key(samples::key("bindings")?);
    let Command::MigrateMergeBindings(payload) = samples::merge()? else {
        return Err(Broken::new("the suite to make its samples", "another command"));
    };
    let merge = || keyed.migrate_merge_bindings(&trial.env_id, payload.typed().clone());
    let first = done("bindings to be merged", merge())?;
    same("one extension and one slot", &(1, 1), &(first.0.len(), first.1.len()))?;
    same("the same answer", &first, &done("the retry", merge())?)?;
    same("the generation", &2, &trial.snapshot()?.generation())?;
    let other = keyed.create_environment(
        &trial.env_id,
        "Other".to_owned(),
        greentic_deploy_spec::EnvironmentHostConfig::new(trial.env_id.clone()),
    );
    let error = fails("another request under the key to be refused", other)?;
    same("the kind of error", &ErrorKind::IdempotencyConflict, &error.kind())
}

fn keys_survive_reopening(trial: Trial) -> Check {
    trial.create()?;
    let first = trial.run_keyed(samples::rename("First"), "first")?;
    trial.run(samples::rename("Second"))?;
    let trial = trial.reopen()?;
    same_answer(&first, &trial.run_keyed(samples::rename("First"), "first")?)?;
    conflicts(&trial, samples::rename("Third"), "first")?;
    same("the name", "Second", &trial.environment()?.name)
}

fn keys_are_known_to_all_handles(trial: Trial) -> Check {
    trial.create()?;
    let second = trial.second_handle()?;
    let rename = |name| -> Result<Request, Broken> {
        Ok(Request::keyed(samples::rename(name)?, samples::key("first")?))
    };
    let first = commit(second.store(), &trial.env_id, rename("First")?)?;
    same_answer(&first, &commit(trial.store(), &trial.env_id, rename("First")?)?)?;
    conflicts(&trial, samples::rename("Second"), "first")
}
