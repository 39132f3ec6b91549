use greentic_conformance::{Broken, Check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;
use greentic_deploy_spec::{CapabilitySlot, DeploymentId, TrafficSplit};
use serde_json::{Value, json};

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, done, fails, refused, same_snapshot};
use crate::{EnvironmentStore, Request};

clauses! { "documents";
    /// `save` writes the environment whole, over what is there and where nothing is, as one commit.
    "save-writes-the-whole" => save_writes_the_whole;
    /// An environment that breaks a rule is not saved, and nothing changes.
    "invalid-is-not-saved" => invalid_is_not_saved;
    /// A document of another environment is not written.
    "of-another-environment-is-refused" => of_another_environment_is_refused;
    /// `save_runtime` writes what a deployer discovered, and leaves the environment as it is.
    "runtime-is-kept" => runtime_is_kept;
    /// Answers of a slot are kept as they are given and removed; removing absent ones is fine.
    "answers-are-kept" => answers_are_kept;
    /// Odd keys and values (empty keys, slashes, tildes, large and small numbers, other scripts) are
    /// kept as they are, from change to change.
    "odd-values-are-kept" => odd_values_are_kept;
}

fn save_writes_the_whole(trial: Trial) -> Check {
    let (store, env_id) = (trial.store(), &trial.env_id);
    let mut environment = samples::environment(env_id, "Saved");
    for generation in 1..=3 {
        done("a save", store.save(&environment))?;
        same("what was saved", &environment, &done("a load", store.load(env_id))?)?;
        same("the generation", &generation, &trial.snapshot()?.generation())?;
        environment.name = format!("Saved again {generation}");
        environment.packs = vec![samples::secrets_pack(&format!("{generation}.0.0"))?];
    }
    environment.packs.clear();
    done("a save", store.save(&environment))?;
    same("what was saved last", &environment, &done("a load", store.load(env_id))?)
}

fn invalid_is_not_saved(trial: Trial) -> Check {
    let before = trial.create()?.after;
    let mut environment = samples::environment(&trial.env_id, "Invalid");
    environment.traffic_splits.push(dangling_split(&trial)?);
    let what = "a split of no deployment to be refused";
    let error = fails(what, trial.store().save(&environment))?;
    same("the kind of error", &ErrorKind::InvalidRequest, &error.kind())?;
    same_snapshot("the same after the refusal", &before, &trial.snapshot()?)
}

fn dangling_split(trial: &Trial) -> Result<TrafficSplit, Broken> {
    let split = json!({
        "schema": TrafficSplit::schema_str(),
        "env_id": trial.env_id,
        "deployment_id": DeploymentId(ulid::Ulid(1)),
        "bundle_id": "bundle",
        "generation": 0,
        "entries": [],
        "updated_at": "1970-01-01T00:00:00Z",
        "updated_by": "operator://conformance",
        "idempotency_key": "key",
        "authorization_ref": "auth.json",
    });
    Ok(samples::read::<TrafficSplit>(split)?.into_typed())
}

fn of_another_environment_is_refused(trial: Trial) -> Check {
    let before = trial.create()?.after;
    let other = samples::env_id("other")?;
    for command in [samples::replace(&other, "Other"), samples::save_runtime(&other, 1)] {
        let command: Command = command?;
        let what = format!("{} of another environment to be refused", command.name());
        let answer = trial.store().execute(&trial.env_id, Request::new(command));
        let error = fails(&what, answer)?;
        same("the kind of error", &ErrorKind::InvalidRequest, &error.kind())?;
        same_snapshot("the same after the refusal", &before, &trial.snapshot()?)?;
    }
    same("no other environment", &false, &done("env_exists", trial.store().env_exists(&other))?)
}

fn runtime_is_kept(trial: Trial) -> Check {
    let created = trial.create()?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    for (number, generation) in [(1, 2), (5, 3)] {
        let runtime = samples::runtime(env_id, number)?;
        done("a runtime to be saved", store.save_runtime(&runtime))?;
        let loaded = done("a runtime", store.load_runtime(env_id))?;
        same("what was saved", &Some(runtime), &loaded)?;
        same("the generation", &generation, &trial.snapshot()?.generation())?;
    }
    same("the environment's etag", &created.after.etag(), &trial.snapshot()?.etag())?;
    let absent = samples::runtime(&samples::env_id("absent")?, 1)?;
    let what = "a runtime of an absent environment to be refused";
    let (kind, code) = (ErrorKind::NotFound, "environment-not-found");
    refused(what, store.save_runtime(&absent), kind, code)
}

fn answers_are_kept(trial: Trial) -> Check {
    trial.create()?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let answers = json!({"nested": {"list": [1, 2.5, null, "text"]}, "": true, "z": 1, "a": 2});
    let (sessions, state) = (CapabilitySlot::Sessions, CapabilitySlot::State);
    done("answers to be saved", store.save_pack_answers(env_id, sessions, &answers))?;
    done("answers to be saved", store.save_pack_answers(env_id, state, &json!([])))?;
    let load = |slot| done("answers", store.load_pack_answers(env_id, slot));
    same("the answers", &Some(answers), &load(sessions)?)?;
    for _ in 0..2 {
        done("answers to be removed", store.delete_pack_answers(env_id, sessions))?;
        same("no answers", &None, &load(sessions)?)?;
    }
    same("the answers of the other slot", &Some(json!([])), &load(state)?)
}

/// Answers that are easy to get wrong, each a change of the one before.
pub(super) fn odd_answers() -> Vec<Value> {
    let keys =
        json!({"": 1, "/": {"~": {"~1": "~0"}}, "a/b": [], "\u{7f}\u{0}": "\u{0}", "ключ": "鍵"});
    let numbers =
        json!({"a/b": [u64::MAX, i64::MIN, 1.5e300, 5e-324, -0.5, 0, 1e15, 123_456_789.125]});
    let lists =
        json!({"a/b": [[], [[]], {}, {"": {}}, null, false, "", "\r\n\t\"\\"], "list": [1, 1, 1]});
    let shorter = json!({"a/b": [{}, {"": {}}, "", "\r\n\t\"\\"], "list": [1, 2, 1, 3]});
    vec![keys, numbers, lists, shorter, json!(null), json!([null]), json!("text"), json!({})]
}

fn odd_values_are_kept(trial: Trial) -> Check {
    trial.create()?;
    let (store, env_id, slot) = (trial.store(), &trial.env_id, CapabilitySlot::State);
    for answers in odd_answers() {
        done("odd answers to be saved", store.save_pack_answers(env_id, slot, &answers))?;
        let loaded = done("answers", store.load_pack_answers(env_id, slot))?;
        same("the answers", &Some(answers), &loaded)?;
    }
    Ok(())
}
