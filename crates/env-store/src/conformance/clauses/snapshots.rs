use greentic_conformance::{Check, check, read_while, same};
use serde_json::{Value, json};

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, commit, same_snapshot, snapshot};
use crate::{EnvSnapshot, Request};

clauses! { "snapshots";
    /// Right after a change its snapshot is the one in the answer.
    "show-the-last-change" => show_the_last_change;
    /// A snapshot has all documents of one generation, with the etag of that generation, never a mix
    /// of two, also while others write.
    "are-of-one-moment" => are_of_one_moment;
    /// A snapshot is of the environment that was asked for, and says so.
    "are-of-one-environment" => are_of_one_environment;
}

fn show_the_last_change(trial: Trial) -> Check {
    let created = trial.create()?;
    same_snapshot("the snapshot after create", &created.after, &trial.snapshot()?)?;
    for number in 1..=3 {
        let committed = trial.run(samples::all_say(&trial.env_id, number))?;
        same_snapshot("the snapshot after a batch", &committed.after, &trial.snapshot()?)?;
    }
    Ok(())
}

const CHANGES: u64 = 12;

fn are_of_one_moment(trial: Trial) -> Check {
    trial.create()?;
    trial.run(samples::all_say(&trial.env_id, 0))?;
    let base = trial.snapshot()?.generation();
    let numbers = 1..=CHANGES;
    let write = || trial.run_all(numbers.map(|number| samples::all_say(&trial.env_id, number)));
    read_while(write, || of_one_moment(&trial.snapshot()?, base))?;
    same("the last generation", &(base + CHANGES), &trial.snapshot()?.generation())
}

fn of_one_moment(snapshot: &EnvSnapshot, base: u64) -> Check {
    let number = snapshot.generation().saturating_sub(base);
    let name = snapshot.environment().map(|environment| environment.name.clone());
    let runtime = snapshot.runtime().and_then(|runtime| runtime.discovered.get("number").cloned());
    let answers = snapshot.state().pack_answers.values().next();
    let answers = answers.and_then(|answers| answers.get("number").cloned());
    let expected: [Option<Value>; 3] =
        [Some(json!(number.to_string())), Some(json!(number)), Some(json!(number))];
    same(
        "environment, runtime and answers",
        &expected,
        &[name.map(Value::String), runtime, answers],
    )?;
    let digest = snapshot.environment().map(|environment| environment.etag());
    let etag = snapshot.etag().map(|etag| etag.0.clone());
    check(digest == etag, "the etag of that environment", || {
        format!("etag {etag:?}, the environment's is {digest:?}")
    })
}

fn are_of_one_environment(trial: Trial) -> Check {
    trial.create()?;
    let other = samples::env_id("other")?;
    let request = Request::new(samples::create(&other, "Other")?);
    commit(trial.store(), &other, request)?;
    for (env_id, name) in [(&trial.env_id, "Conformance"), (&other, "Other")] {
        let snapshot = snapshot(trial.store(), env_id)?;
        same("the snapshot's id", env_id, snapshot.env_id())?;
        let seen = snapshot.environment().map(|environment| environment.name.as_str());
        same("the snapshot's environment", &Some(name), &seen)?;
        same("its generation", &1, &snapshot.generation())?;
    }
    Ok(())
}
