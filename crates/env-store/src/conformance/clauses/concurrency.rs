use greentic_deploy_spec::IdempotencyOutcome::Applied;
use greentic_deploy_spec::engine::EnvState;
use serde_json::json;

use crate::conformance::clause::{Broken, Check, check, clauses, same};
use crate::conformance::samples;
use crate::conformance::threads::{at_once, read_while};
use crate::conformance::trial::{Trial, commit, done, snapshot};
use crate::{EnvironmentMutations, EnvironmentStore, Request, StoreError};

clauses! { "concurrency";
    /// Threads that write at a time make one chain: every change gets a generation of its own, and
    /// none is lost.
    "writers-make-one-chain" => writers_make_one_chain;
    /// Threads that read, change and `save_if` lose no change.
    "guarded-saves-lose-nothing" => guarded_saves_lose_nothing;
    /// One request that many threads send under the same key is done once, and all get its answer.
    "same-key-is-done-once" => same_key_is_done_once;
    /// Generations that a reader sees while others write never go back.
    "reads-never-go-back" => reads_never_go_back;
}

const WRITERS: usize = 4;
const CHANGES: usize = 5;

fn instance(writer: usize, change: usize) -> String {
    format!("w{writer}-c{change}")
}

fn writers_make_one_chain(trial: Trial) -> Check {
    trial.create()?;
    one_chain(&trial, &[trial.store()])
}

/// Writers share these handles to one environment, which was just created.
pub(super) fn one_chain(trial: &Trial, stores: &[&dyn EnvironmentMutations]) -> Check {
    trial.waits_for("several writers");
    let written = at_once(WRITERS, |writer| {
        let store = stores.get(writer % stores.len()).copied();
        let store = store.ok_or_else(|| Broken::new("a handle", "there is none"))?;
        let change = |change| {
            let command = samples::add_extension(&instance(writer, change))?;
            let committed = commit(store, &trial.env_id, Request::new(command))?;
            Ok((committed.after.generation(), committed.audit.previous_generation))
        };
        (0..CHANGES).map(change).collect::<Result<Vec<_>, Broken>>()
    })?;
    let mut steps: Vec<_> = written.concat();
    steps.sort_unstable();
    let total = (WRITERS * CHANGES) as u64;
    let chain: Vec<_> =
        (2..2 + total).map(|generation| (generation, Some(generation - 1))).collect();
    same("each generation once, on the one before", &chain, &steps)?;
    for store in stores {
        let now = snapshot(*store, &trial.env_id)?;
        same("the last generation", &(1 + total), &now.generation())?;
        same("every change", &instances(), &extensions(now.state()))?;
    }
    Ok(())
}

fn instances() -> Vec<String> {
    (0..WRITERS).flat_map(|writer| (0..CHANGES).map(move |c| instance(writer, c))).collect()
}

fn extensions(state: &EnvState) -> Vec<String> {
    let environment = state.environment.iter();
    let mut found: Vec<_> = environment
        .flat_map(|environment| &environment.extensions)
        .filter_map(|extension| extension.instance_id.clone())
        .collect();
    found.sort_unstable();
    found
}

/// So many writers make so many guarded changes each.
const GUARDED: usize = 3;

fn guarded_saves_lose_nothing(trial: Trial) -> Check {
    trial.create()?;
    trial.waits_for("several guarded writers");
    at_once(GUARDED, |writer| {
        (0..GUARDED).try_for_each(|change| add_guarded(&trial, &instance(writer, change)))
    })?;
    let now = trial.snapshot()?;
    let total = GUARDED * GUARDED;
    same("every change", &total, &extensions(now.state()).len())?;
    same("the generation", &(1 + total as u64), &now.generation())
}

/// Adds an extension on what is read, again when somebody came in between. That can happen once for
/// each change of the others.
fn add_guarded(trial: &Trial, instance: &str) -> Check {
    for _ in 0..=GUARDED * GUARDED {
        let read = trial.snapshot()?;
        let mut environment = done("an environment", read.require())?.typed().clone();
        environment.extensions.push(samples::extension(instance)?);
        let etag = read.etag().ok_or_else(|| Broken::new("an etag", "there is none"))?;
        match trial.store().save_if(&environment, etag) {
            Err(StoreError::PreconditionFailed(_)) => {}
            answer => return done("a guarded save", answer).map(drop),
        }
    }
    Err(Broken::new("a guarded save to fail only when somebody came in between", "it failed again"))
}

fn same_key_is_done_once(trial: Trial) -> Check {
    trial.create()?;
    trial.waits_for("several senders of one request");
    let answers = at_once(WRITERS, |_| trial.run_keyed(samples::add_extension("once"), "once"))?;
    let applied = answers.iter().filter(|answer| answer.idempotency == Applied).count();
    same("calls that made the change", &1, &applied)?;
    for answer in &answers {
        same("the generation in each answer", &2, &answer.after.generation())?;
        let first = answers.first().map(|first| &first.audit);
        same("the audit event in each answer", &first, &Some(&answer.audit))?;
    }
    same("the generation", &2, &trial.snapshot()?.generation())
}

fn reads_never_go_back(trial: Trial) -> Check {
    trial.create()?;
    trial.run(samples::all_say(&trial.env_id, 1))?;
    trial.waits_for("a reader beside a writer");
    let mut last = 0;
    let write = || trial.run_all((2..12).map(|number| samples::all_say(&trial.env_id, number)));
    read_while(write, || {
        let now = trial.snapshot()?;
        let seen = now.generation();
        check(seen >= last, "no older generation", || format!("{seen} after {last}"))?;
        last = seen;
        let number = now.runtime().and_then(|runtime| runtime.discovered.get("number").cloned());
        same("the runtime of that generation", &Some(json!(seen.saturating_sub(1))), &number)
    })?;
    same("the last generation", &12, &last)
}
