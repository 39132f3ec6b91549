//! What somebody does to the files of an environment by hand.

mod audit;
mod cases;
mod expectations;
mod journal;
mod meanwhile;
mod older;
mod trust;

use std::fmt::Write as _;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{CapabilitySlot, RuntimeDiscoveryValue};
use greentic_env_store::{
    Committed, EnvironmentMutations, EnvironmentReads, LocalFsStore, Request, StoreError, Warning,
};

use super::golden;
use super::local_lab::{Lab, chain, commits, local, named};
use super::worker::{deploy, doc, kept_open, left};
use cases::{CASES, Case, Edit};

/// Who comes after the edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The process that wrote the environment, with all that it remembers.
    SameProcess,
    /// Another process, after the first one ended.
    Reopened,
}

/// The worker environment, a case's edit, and the store that comes upon it.
fn edited(case: &Case, then: Then) -> (Lab, LocalFsStore) {
    let (lab, store) = match then {
        Then::SameProcess => kept_open(),
        Then::Reopened => {
            let lab = left();
            let store = lab.open();
            (lab, store)
        }
    };
    case.apply(&lab);
    (lab, store)
}

fn rename(store: &LocalFsStore) -> Result<Committed, StoreError> {
    let command = Command::UpdateEnvironment(doc(named("After")));
    store.execute(&local(), Request::new(command))
}

/// What a read shows, in one line.
fn shown(lab: &Lab, store: &LocalFsStore) -> String {
    let snapshot = match store.snapshot(&local()) {
        Ok(snapshot) => snapshot,
        Err(error) => return format!("{}: {}", error.code(), lab.told(&error)),
    };
    let environment = snapshot.require().expect("an environment").typed();
    let discovered =
        snapshot.runtime().map(|runtime| match runtime.discovered.get("listen_addr") {
            Some(RuntimeDiscoveryValue::String(address)) => address.clone(),
            other => format!("{other:?}"),
        });
    let answers = snapshot.state().pack_answers.get(&CapabilitySlot::Deployer);
    let region = answers.and_then(|answers| answers["region"].as_str());
    let weights: Vec<u32> = environment
        .traffic_splits
        .iter()
        .flat_map(|split| split.entries.iter().map(|entry| entry.weight_bps))
        .collect();
    format!(
        "generation {} `{}` weights {weights:?} runtime {} answers {} trusts {}",
        snapshot.generation(),
        environment.name,
        discovered.as_deref().unwrap_or("none"),
        region.unwrap_or("none"),
        snapshot.trust_root().map_or(0, |root| root.keys.len()),
    )
}

fn warnings(committed: &Committed) -> String {
    let told = committed.warnings.iter().map(|warning| match warning {
        // Ids in names of files differ with the number of ids before them.
        Warning::Recovered { file, .. } => format!("recovered {file}"),
        Warning::Adopted { generation } => format!("adopted as generation {generation}"),
        other => format!("{other:?}"),
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "no warning".to_owned() } else { told.join(", ") }
}

/// What a case comes to: a read, a verb, a read, and the verb again after `repair`.
fn report(case: &Case, then: Then) -> String {
    let (lab, store) = edited(case, then);
    let mut text = String::new();
    let mut line = |what: &str, told: String| writeln!(text, "{what}: {told}").expect("a text");
    line("read", shown(&lab, &store));
    // Bytes of a size that nobody reads are not compared either.
    let read = || (!matches!(case.edit, Edit::Huge)).then(|| lab.read(case.file)).flatten();
    let before = read();
    match rename(&store) {
        Ok(committed) => {
            line("verb", format!("ok, {}", warnings(&committed)));
            expectations::nothing_was_lost(&lab, &store, case, before.as_deref());
        }
        Err(error) => {
            line("verb", format!("{}: {}", error.code(), lab.told(&error)));
            assert_eq!(read(), before, "{}: a refusal leaves the file", case.name);
            expectations::names_file_and_remedy(&lab, case, &error);
            let repaired = store.repair(&local()).expect("repair");
            line("repair", format!("wrote {}", repaired.written.join(", ")));
            let committed = rename(&store).unwrap_or_else(|error| {
                panic!("{}: nothing may stay stuck after repair: {}", case.name, chain(&error))
            });
            line("verb after repair", format!("ok, {}", warnings(&committed)));
            expectations::nothing_was_lost(&lab, &store, case, before.as_deref());
        }
    }
    line("read after", shown(&lab, &store));
    let new: Vec<String> = commits(&store).into_iter().skip(11).collect();
    line("history", new.join("; "));
    drop(store);
    expectations::files_show_the_record(&lab, case);
    text
}

#[test]
fn each_edit_by_hand_comes_to_what_is_written_down() {
    let mut all = String::new();
    for case in CASES {
        let same = report(case, Then::SameProcess);
        let reopened = report(case, Then::Reopened);
        if same == reopened {
            write!(all, "# {}: {}\n{same}\n", case.file, case.name).expect("a text");
        } else {
            for (then, text) in [("in the same process", same), ("reopened", reopened)] {
                write!(all, "# {}: {}, {then}\n{text}\n", case.file, case.name).expect("a text");
            }
        }
    }
    golden::check("edits.txt", &all);
}

#[test]
fn an_edit_is_shown_before_it_is_taken_over_and_is_a_commit_of_its_own() {
    let edit = cases::find("environment.json", "another name");
    let (lab, store) = edited(edit, Then::SameProcess);
    let shown = store.snapshot(&local()).expect("the edit");
    assert_eq!(
        (shown.generation(), store.load_env(&local()).expect("the edit").name.as_str()),
        (11, "By hand")
    );
    let taken_over = rename(&store).expect("a verb");
    assert_eq!(taken_over.after.generation(), 13, "the edit is one commit, the verb another");
    let then = greentic_env_store::EnvironmentHistory::at(&store, &local(), 12).expect("the edit");
    assert_eq!(then.require().expect("an environment").name, "By hand");
    assert_eq!(then.etag(), shown.etag(), "history has exactly what reads showed");
    let other = lab.open();
    let again = rename(&other).expect("a verb");
    assert_eq!(again.warnings, [], "an edit is taken over once");
}

#[test]
fn who_read_an_edit_may_write_on_it_with_what_the_read_said() {
    for file in ["environment.json", "runtime.json"] {
        let edit = CASES.iter().find(|case| case.file == file && case.is_valid).expect("an edit");
        let (_lab, store) = edited(edit, Then::Reopened);
        let read = store.snapshot(&local()).expect("the edit");
        let mut request = Request::new(Command::UpdateEnvironment(doc(named("After"))));
        request.expected = Some(greentic_deploy_spec::Precondition {
            if_match: read.etag().cloned(),
            expected_generation: Some(read.generation()),
        });
        let done = store.execute(&local(), request).map(|done| done.after.generation());
        assert_eq!(done.map_err(|error| chain(&error)), Ok(13), "{file}");
    }
}

#[test]
fn who_read_before_an_edit_has_to_read_again() {
    let edit = cases::find("environment.json", "another name");
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    let read = store.snapshot(&local()).expect("the worker environment");
    edit.apply(&lab);
    let mut request = Request::new(Command::UpdateEnvironment(doc(named("After"))));
    request.expected = Some(greentic_deploy_spec::Precondition {
        if_match: read.etag().cloned(),
        expected_generation: Some(read.generation()),
    });
    let refused = store.execute(&local(), request).map(|done| done.after.generation());
    assert_eq!(refused.expect_err("a conflict").code(), "precondition-failed");
    assert_eq!(lab.json("environment.json")["name"], "By hand", "a refusal leaves the file");
}
