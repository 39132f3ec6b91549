use greentic_conformance::{Broken, Check, at_once, check, read_while, same};
use greentic_deploy_spec::IdempotencyOutcome::Applied;
use greentic_deploy_spec::engine::{Command, EnvState};
use greentic_deploy_spec::remote::ErrorKind;
use serde_json::json;

use crate::conformance::contract::clauses;
use crate::conformance::samples;
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
    /// Of threads that create one environment at a time one does; the others are told that it exists.
    "one-creation-wins" => one_creation_wins;
    /// Threads that work on environments of their own do not disturb each other.
    "environments-are-apart" => environments_are_apart;
    /// Writers of an environment that is destroyed meanwhile find none, and leave nothing behind.
    "destroy-ends-writing" => destroy_ends_writing;
    /// An environment that comes and goes is seen whole or not at all.
    "comes-and-goes-whole" => comes_and_goes_whole;
}

const WRITERS: usize = 4;
const CHANGES: usize = 5;
/// Reads after the last change.
const READS_AFTER: usize = 4;

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
    let mut read = || {
        let now = trial.snapshot()?;
        let seen = now.generation();
        check(seen >= last, "no older generation", || format!("{seen} after {last}"))?;
        last = seen;
        let number = now.runtime().and_then(|runtime| runtime.discovered.get("number").cloned());
        same("the runtime of that generation", &Some(json!(seen.saturating_sub(1))), &number)
    };
    read_while(write, &mut read)?;
    // The writer may have been so quick that the reader saw its end alone.
    (0..READS_AFTER).try_for_each(|_| read())?;
    same("the last generation", &12, &last)
}

fn one_creation_wins(trial: Trial) -> Check {
    trial.waits_for("several creators");
    let created =
        at_once(WRITERS, |_| match trial.answer(samples::create(&trial.env_id, "Contested"))? {
            Err(error) => {
                same("the kind of error", &ErrorKind::AlreadyExists, &error.kind()).map(|()| 0)
            }
            Ok(created) => Ok(created.after.generation()),
        })?;
    same("one creation, of generation 1", &1, &created.iter().sum())?;
    same("the generation", &1, &trial.snapshot()?.generation())
}

fn environments_are_apart(trial: Trial) -> Check {
    trial.waits_for("writers of several environments");
    let own = |thread| samples::env_id(&format!("env-{thread}"));
    at_once(WRITERS, |thread| {
        let env_id = own(thread)?;
        let store = trial.store();
        commit(store, &env_id, Request::new(samples::create(&env_id, "Apart")?))?;
        for change in 0..CHANGES {
            let add = Request::new(samples::add_extension(&instance(thread, change))?);
            commit(store, &env_id, add)?;
        }
        Ok(())
    })?;
    for thread in 0..WRITERS {
        let now = snapshot(trial.store(), &own(thread)?)?;
        let expected: Vec<_> = (0..CHANGES).map(|change| instance(thread, change)).collect();
        same("its own changes", &expected, &extensions(now.state()))?;
        same("its own generation", &(1 + CHANGES as u64), &now.generation())?;
    }
    same("all of them", &WRITERS, &done("a list", trial.store().list_env_ids())?.len())
}

fn destroy_ends_writing(trial: Trial) -> Check {
    trial.create()?;
    trial.waits_for("writers of an environment that is destroyed");
    let generations = at_once(WRITERS, |thread| match thread {
        0 => trial.run(Ok(Command::Destroy)).map(|destroyed| destroyed.after.generation()),
        _ => write_until_gone(&trial),
    })?;
    let exists = trial.store().env_exists(&trial.env_id);
    same("env_exists", &false, &done("env_exists", exists)?)?;
    let created = trial.create()?;
    let last = generations.into_iter().max().unwrap_or_default();
    same("the next generation", &(last + 1), &created.after.generation())?;
    same("a fresh environment", &0, &created.after.state().pack_answers.len())
}

/// Writes until the environment is gone; the last generation written. It is destroyed soon, so that
/// many writes mean that it never is.
fn write_until_gone(trial: &Trial) -> Result<u64, Broken> {
    let mut last = 0;
    for number in 0..2_000 {
        match trial.answer(samples::save_answers(number))? {
            Err(StoreError::NotFound { .. }) => return Ok(last),
            answer => last = done("a write", answer)?.after.generation(),
        }
    }
    Err(Broken::new("the environment to be gone", "it can still be written"))
}

fn comes_and_goes_whole(trial: Trial) -> Check {
    trial.waits_for("an environment that comes and goes");
    let life = || {
        let create = samples::create(&trial.env_id, "0");
        let full = samples::batch([create, samples::save_answers(0)]);
        [full, samples::rename("1"), Ok(Command::Destroy)]
    };
    let write = || (0..4).try_for_each(|_| trial.run_all(life()));
    let mut last = 0;
    read_while(write, || match trial.store().snapshot(&trial.env_id) {
        Err(StoreError::NotFound { .. }) => Ok(()),
        answer => {
            let now = done("a snapshot", answer)?;
            let step = (now.generation() % 3).saturating_sub(1).to_string();
            let name = now.environment().map(|environment| environment.name.clone());
            same("the environment of that generation", &Some(step), &name)?;
            let since = now.generation();
            check(since >= last, "no older generation", || format!("{since} after {last}"))?;
            last = since;
            Ok(())
        }
    })
}
