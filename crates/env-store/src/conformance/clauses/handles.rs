use greentic_conformance::{Broken, Check, at_once, check, read_while, same};
use greentic_deploy_spec::CapabilitySlot;
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;

use super::concurrency;
use super::documents::odd_answers;
use crate::conformance::Capability;
use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{
    Trial, commit, done, refused, same_snapshot, snapshot, unsupported,
};
use crate::{HistoryPage, Request};

clauses! { "handles";
    /// Data that is opened again is what it was: documents, etag, generation, and history where there is one.
    "reopened-is-the-same" with [Reopen] => reopened_is_the_same;
    /// Data that is opened again goes on counting generations, and stays destroyed where it was.
    "reopened-goes-on" with [Reopen] => reopened_goes_on;
    /// Odd keys and values are what they were after the data was opened again, and in its history.
    "odd-values-survive-reopening" with [Reopen] => odd_values_survive_reopening;
    /// A store whose data ends with its handle says so.
    "without-reopening-is-unsupported" without [Reopen] => without_reopening;
    /// A change through one handle is seen through the other right after it.
    "see-each-other" with [SecondHandle] => see_each_other;
    /// What is destroyed through one handle is absent to the other, and what is created anew is new.
    "see-what-comes-and-goes" with [SecondHandle] => see_what_comes_and_goes;
    /// A watch through one handle tells what is committed through the other.
    "watch-each-other" with [SecondHandle, Watch] => watch_each_other;
    /// Reads through one handle do not fail, go back or show a mix while threads write through
    /// another.
    "read-beside-writers" with [SecondHandle] => read_beside_writers;
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

fn commits(trial: &Trial) -> Result<Vec<crate::CommitInfo>, Broken> {
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
    trial.run(Ok(Command::Destroy))?;
    let trial = trial.reopen()?;
    let exists = trial.store().env_exists(&trial.env_id);
    same("env_exists", &false, &done("env_exists", exists)?)?;
    same("the next generation", &4, &trial.create()?.after.generation())
}

fn odd_values_survive_reopening(trial: Trial) -> Check {
    trial.create()?;
    let slot = CapabilitySlot::State;
    let mut kept = Vec::new();
    for answers in odd_answers() {
        kept.push(trial.run(Ok(Command::SavePackAnswers { slot, answers }))?.after);
    }
    let trial = trial.reopen()?;
    for then in &kept {
        if trial.has(Capability::History) {
            let at = trial.history()?.at(&trial.env_id, then.generation());
            same_snapshot("a generation as it was", then, &done("a generation", at)?)?;
        }
    }
    let now = trial.snapshot()?;
    kept.last().map_or(Ok(()), |last| same_snapshot("the same after opening again", last, &now))
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

fn see_what_comes_and_goes(trial: Trial) -> Check {
    let second = trial.second_handle()?;
    let (first, second) = (trial.store(), second.store());
    for (writer, reader) in [(first, second), (second, first), (first, second)] {
        let send = |command| commit(writer, &trial.env_id, Request::new(command));
        send(samples::create(&trial.env_id, "Comes")?)?;
        let renamed = send(samples::rename("Goes")?)?;
        let seen = snapshot(reader, &trial.env_id)?;
        same_snapshot("the other handle's snapshot", &renamed.after, &seen)?;
        send(Command::Destroy)?;
        let (kind, code) = (ErrorKind::NotFound, "environment-not-found");
        let seen = reader.snapshot(&trial.env_id);
        refused("the other handle to find nothing", seen, kind, code)?;
        let exists = done("env_exists", reader.env_exists(&trial.env_id))?;
        same("env_exists through the other handle", &false, &exists)?;
    }
    Ok(())
}

fn watch_each_other(trial: Trial) -> Check {
    let second = trial.second_handle()?;
    trial.create()?;
    let mut watch = done("a watch", second.store().watch(&trial.env_id))?;
    trial.waits_for("a watch through another handle to tell a generation");
    for generation in 1..=4 {
        let told = watch.next().unwrap_or(Ok(0));
        same("what is told", &generation, &done("a generation", told)?)?;
        trial.run(samples::no_change())?;
    }
    Ok(())
}

fn read_beside_writers(trial: Trial) -> Check {
    const CHANGES: u64 = 8;
    let second = trial.second_handle()?;
    trial.create()?;
    trial.waits_for("a reader beside writers through another handle");
    let write = || {
        let change = |number| trial.run(samples::all_say(&trial.env_id, number)).map(drop);
        let numbers = |writer| (0..CHANGES).map(move |number| writer as u64 * CHANGES + number);
        at_once(2, |writer| numbers(writer).try_for_each(change)).map(drop)
    };
    let mut last = 0;
    read_while(write, || {
        let now = snapshot(second.store(), &trial.env_id)?;
        let seen = now.generation();
        check(seen >= last, "no older generation", || format!("{seen} after {last}"))?;
        last = seen;
        let digest = now.environment().map(|environment| environment.etag());
        same("the etag of that environment", &digest, &now.etag().map(|etag| etag.0.clone()))?;
        let name = now.environment().map(|environment| environment.name.clone());
        let number = now.runtime().and_then(|runtime| runtime.discovered.get("number"));
        let expected = number.map_or_else(|| "Conformance".to_owned(), ToString::to_string);
        same("the name that goes with the runtime", &Some(expected), &name)
    })?;
    same("the last generation", &(1 + 2 * CHANGES), &last)
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
