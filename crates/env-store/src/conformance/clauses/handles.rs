use super::concurrency;
use crate::conformance::Capability;
use crate::conformance::clause::{Check, clauses, same};
use crate::conformance::samples;
use crate::conformance::trial::{Trial, commit, done, same_snapshot, snapshot, unsupported};
use crate::{HistoryPage, Request};

clauses! { "handles";
    /// Data that is opened again is what it was: documents, etag, generation, and history where there is one.
    "reopened-is-the-same" with [Reopen] => reopened_is_the_same;
    /// Data that is opened again goes on counting generations, and stays destroyed where it was.
    "reopened-goes-on" with [Reopen] => reopened_goes_on;
    /// A store whose data ends with its handle says so.
    "without-reopening-is-unsupported" without [Reopen] => without_reopening;
    /// A change through one handle is seen through the other right after it.
    "see-each-other" with [SecondHandle] => see_each_other;
    /// Threads that write through two handles make one chain.
    "write-one-chain" with [SecondHandle] => write_one_chain;
    /// A store of which there can be one handle at a time says so.
    "without-second-handle-is-unsupported" without [SecondHandle] => without_second_handle;
}

fn reopened_is_the_same(trial: Trial) -> Check {
    trial.create()?;
    trial.run_all([
        samples::add_pack(),
        samples::all_say(&trial.env_id, 1),
        samples::trust_key(),
        samples::update_pack("2.0.0"),
    ])?;
    let before = trial.snapshot()?;
    let commits = commits(&trial)?;
    let trial = trial.reopen()?;
    same_snapshot("the same after opening again", &before, &trial.snapshot()?)?;
    same("the same history", &commits, &self::commits(&trial)?)?;
    let list = done("a list", trial.store().list_env_ids())?;
    same("the list", &vec![trial.env_id.clone()], &list)
}

fn commits(trial: &Trial) -> Result<Vec<crate::CommitInfo>, crate::conformance::clause::Broken> {
    if !trial.has(Capability::History) {
        return Ok(Vec::new());
    }
    let page = trial.history()?.history(&trial.env_id, HistoryPage::default());
    done("a list of commits", page)
}

fn reopened_goes_on(trial: Trial) -> Check {
    trial.create()?;
    let trial = trial.reopen()?;
    let renamed = trial.run(samples::rename("Reopened"))?;
    same("the next generation", &2, &renamed.after.generation())?;
    trial.run(Ok(greentic_deploy_spec::engine::Command::Destroy))?;
    let trial = trial.reopen()?;
    let exists = trial.store().env_exists(&trial.env_id);
    same("env_exists", &false, &done("env_exists", exists)?)?;
    same("the next generation", &4, &trial.create()?.after.generation())
}

fn without_reopening(trial: Trial) -> Check {
    trial.create()?;
    unsupported("opening the data again", trial.into_opened().reopen())
}

fn see_each_other(trial: Trial) -> Check {
    let second = trial.second_handle()?;
    let (first, second) = (trial.store(), second.store());
    let created = trial.create()?;
    let seen = snapshot(second, &trial.env_id)?;
    same_snapshot("the other handle's snapshot", &created.after, &seen)?;
    for (number, (writer, reader)) in (1..).zip([(second, first), (first, second), (second, first)])
    {
        let request = Request::new(samples::all_say(&trial.env_id, number)?);
        let committed = commit(writer, &trial.env_id, request)?;
        let seen = snapshot(reader, &trial.env_id)?;
        same_snapshot("the other handle's snapshot", &committed.after, &seen)?;
    }
    Ok(())
}

fn write_one_chain(trial: Trial) -> Check {
    trial.create()?;
    let second = trial.second_handle()?;
    concurrency::one_chain(&trial, &[trial.store(), second.store()])
}

fn without_second_handle(trial: Trial) -> Check {
    trial.create()?;
    unsupported("a second handle", trial.opened().second_handle())
}
