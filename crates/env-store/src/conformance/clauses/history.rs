use std::collections::BTreeMap;

use greentic_conformance::{Broken, Check, check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;
use json_patch::PatchOperation;
use serde_json::Value;

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{
    Trial, done, fails, refused, same_snapshot, same_state, told, unsupported,
};
use crate::history::documents_of;
use crate::{
    CommitInfo, Committed, DocumentDiff, EnvSnapshot, HistoryPage, Request, StoreError, undo,
};

clauses! { "history";
    /// History lists every commit, newest first, with generation, parent, etag and audit event.
    "lists-commits" with [History] => lists_commits;
    /// A page has the commits before a generation, and no more than the limit.
    "is-paged" with [History] => is_paged;
    /// `at` shows every generation as it was right after its commit.
    "shows-each-generation" with [History] => shows_each_generation;
    /// A generation that is not kept, or not made yet, is refused with those that are kept.
    "names-what-is-kept" with [History] => names_what_is_kept;
    /// The differences between two generations, applied to the one, make the other, in both
    /// directions.
    "differences-apply" with [History] => differences_apply;
    /// Undo brings back what was at a generation, as one more commit.
    "undo-goes-back" with [History] => undo_goes_back;
    /// Undo over what cannot be taken back is refused and changes nothing.
    "undo-is-judged" with [History] => undo_is_judged;
    /// The past of a destroyed environment can still be read.
    "outlives-destroy" with [History] => outlives_destroy;
    /// A store without history refuses to tell the past.
    "without-history-is-unsupported" without [History] => without_history;
}

/// Some commits, each of which changes something else.
fn live(trial: &Trial) -> Result<Vec<Committed>, Broken> {
    let env_id = &trial.env_id;
    let commands = [
        samples::create(env_id, "Conformance"),
        samples::add_pack(),
        samples::save_runtime(env_id, 1),
        samples::trust_key(),
        samples::all_say(env_id, 5),
        samples::remove_pack(),
        samples::delete_answers(),
    ];
    commands.into_iter().map(|command| trial.run(command)).collect()
}

fn lists_commits(trial: Trial) -> Check {
    let commits = live(&trial)?;
    let listed = trial.history()?.history(&trial.env_id, HistoryPage::default());
    let info = |committed: &Committed| CommitInfo {
        generation: committed.after.generation(),
        parent: committed.after.generation().saturating_sub(1),
        etag: committed.after.etag().cloned(),
        event: committed.audit.clone(),
    };
    let expected: Vec<_> = commits.iter().rev().map(info).collect();
    same("the commits", &expected, &done("a list of commits", listed)?)?;
    let absent = trial.history()?.history(&samples::env_id("absent")?, HistoryPage::default());
    let (kind, code) = (ErrorKind::NotFound, "environment-not-found");
    refused("the history of an absent environment to be refused", absent, kind, code)
}

fn is_paged(trial: Trial) -> Check {
    live(&trial)?;
    let page = |before, limit| -> Result<Vec<u64>, Broken> {
        let page = trial.history()?.history(&trial.env_id, HistoryPage { before, limit });
        Ok(done("a page", page)?.into_iter().map(|commit| commit.generation).collect())
    };
    same("the newest two", &vec![7, 6], &page(None, 2)?)?;
    same("the next three", &vec![5, 4, 3], &page(Some(6), 3)?)?;
    same("what is left", &vec![2, 1], &page(Some(3), 9)?)?;
    same("nothing before the first", &Vec::new(), &page(Some(1), 9)?)?;
    same("nothing of nothing", &Vec::new(), &page(None, 0)?)?;
    let all = vec![7, 6, 5, 4, 3, 2, 1];
    same("everything", &all, &page(Some(u64::MAX), usize::MAX)?)?;
    same("nothing before nought", &Vec::new(), &page(Some(0), usize::MAX)?)
}

fn at(trial: &Trial, generation: u64) -> Result<EnvSnapshot, Broken> {
    done("a generation that is kept", trial.history()?.at(&trial.env_id, generation))
}

fn shows_each_generation(trial: Trial) -> Check {
    for committed in live(&trial)? {
        let then = at(&trial, committed.after.generation())?;
        same_snapshot("the generation as it was", &committed.after, &then)?;
    }
    Ok(())
}

fn names_what_is_kept(trial: Trial) -> Check {
    live(&trial)?;
    for generation in [0, 8, u64::MAX] {
        let answer = trial.history()?.at(&trial.env_id, generation);
        match fails("a generation that is not kept", answer)? {
            StoreError::GenerationNotKept { generation: named, oldest, newest } => {
                same("what is kept", &(generation, 1, 7), &(named, oldest, newest))?;
            }
            error => return Err(Broken::new("the generations that are kept", told(&error))),
        }
    }
    let absent = trial.history()?.at(&samples::env_id("absent")?, 1);
    let (kind, code) = (ErrorKind::NotFound, "environment-not-found");
    refused("a generation of an absent environment", absent, kind, code)
}

fn differences_apply(trial: Trial) -> Check {
    live(&trial)?;
    for (from, to) in [(1, 7), (7, 1), (2, 5), (5, 6), (3, 3)] {
        let diffs = trial.history()?.diff(&trial.env_id, from, to);
        let diffs = done("differences", diffs)?;
        let mut documents = documents(&at(&trial, from)?);
        for diff in &diffs {
            apply(diff, &mut documents)?;
        }
        let what = format!("generation {from} with the differences to {to}");
        same(&what, &documents_at(&trial, to)?, &documents)?;
        check(from != to || diffs.is_empty(), "no differences", || format!("{diffs:?}"))?;
    }
    Ok(())
}

fn documents(snapshot: &EnvSnapshot) -> BTreeMap<String, Value> {
    let all = documents_of(snapshot.state()).into_iter();
    all.map(|(name, document)| (name, document.into_owned())).collect()
}

fn documents_at(trial: &Trial, generation: u64) -> Result<BTreeMap<String, Value>, Broken> {
    Ok(documents(&at(trial, generation)?))
}

fn apply(diff: &DocumentDiff, documents: &mut BTreeMap<String, Value>) -> Check {
    if let [PatchOperation::Remove(remove)] = diff.patch.0.as_slice()
        && remove.path.is_root()
    {
        documents.remove(&diff.document);
        return Ok(());
    }
    let document = documents.entry(diff.document.clone()).or_default();
    json_patch::patch(document, &diff.patch.0)
        .map_err(|error| Broken::new("a patch that fits", error.to_string()))
}

fn undo_goes_back(trial: Trial) -> Check {
    trial.create()?;
    trial.run_all([samples::add_pack(), samples::all_say(&trial.env_id, 1)])?;
    let then = trial.snapshot()?;
    trial.run_all([samples::remove_pack(), samples::all_say(&trial.env_id, 2)])?;
    trial.run(samples::delete_answers())?;
    let key = samples::key("undo")?;
    let request =
        || -> Result<Request, Broken> { Ok(Request::keyed(samples::no_change()?, key.clone())) };
    let undone = undo(trial.history()?, &trial.env_id, then.generation(), request()?);
    let undone = done("an undo", undone)?;
    same("the generation", &(then.generation() + 4), &undone.after.generation())?;
    same("the etag", &then.etag(), &undone.after.etag())?;
    same_state("the state as it was then", then.state(), &trial.state()?)?;
    same("the verb", "undo", &undone.audit.verb)
}

fn undo_is_judged(trial: Trial) -> Check {
    trial.create()?;
    trial.run(samples::trust_key())?;
    let before = trial.snapshot()?;
    let request = Request::new(samples::no_change()?);
    let answer = undo(trial.history()?, &trial.env_id, 1, request);
    let what = "an undo over a change of the trust root to be refused";
    refused(what, answer, ErrorKind::Conflict, "undo-refused")?;
    same_snapshot("the same after the refusal", &before, &trial.snapshot()?)
}

fn outlives_destroy(trial: Trial) -> Check {
    let commits = live(&trial)?;
    trial.run(Ok(Command::Destroy))?;
    for committed in &commits {
        let then = at(&trial, committed.after.generation())?;
        same_snapshot("the generation as it was", &committed.after, &then)?;
    }
    let listed = trial.history()?.history(&trial.env_id, HistoryPage { before: None, limit: 1 });
    let listed = done("a list of commits", listed)?;
    let newest = listed.first().map(|commit| (commit.generation, commit.event.verb.as_str()));
    same("the newest commit", &Some((8, "destroy")), &newest)
}

fn without_history(trial: Trial) -> Check {
    trial.create()?;
    let Some(store) = trial.opened().history() else { return Ok(()) };
    let env_id = &trial.env_id;
    unsupported("a list of commits", store.history(env_id, HistoryPage::default()))?;
    unsupported("an earlier generation", store.at(env_id, 1))?;
    unsupported("a difference", store.diff(env_id, 1, 1))
}
