//! What somebody does to the journal, or to the folder that it is in.

use std::fs;
use std::path::Path;

use greentic_deploy_spec::EnvId;
use greentic_env_store::{EnvironmentMutations, EnvironmentReads, LocalFsStore, StoreError};

use super::{Lab, deploy, rename, shown};
use crate::local_lab::{commits, local, named, tree};
use crate::worker::{answers, kept_open, left, run};

const JOURNAL: &str = "journal.db";

/// Puts another file in a journal's place, as a copy over it by `mv` does.
fn replace(lab: &Lab, bytes: &[u8]) {
    let aside = lab.home().join("aside");
    fs::write(&aside, bytes).expect("a file");
    fs::rename(aside, lab.at(JOURNAL)).expect("a file");
}

/// Reads and verbs are refused with a code and these words, and nothing in the folder changes.
fn is_refused(lab: &Lab, store: &LocalFsStore, code: &str, words: &[&str]) {
    let folder = lab.root().join("local");
    let documents = |folder: &Path| {
        let mut all = tree(folder);
        all.retain(|name, _| !name.starts_with("journal.db-"));
        all
    };
    let before = documents(&folder);
    let refused: [StoreError; 4] = [
        store.snapshot(&local()).expect_err("a read"),
        rename(store).expect_err("a verb"),
        greentic_env_store::EnvironmentHistory::history(store, &local(), Default::default())
            .expect_err("history"),
        store.repair(&local()).expect_err("repair"),
    ];
    for error in refused {
        let told = lab.told(&error);
        assert_eq!(error.code(), code, "{told}");
        for word in words.iter().chain([&"environments/local/journal.db"]) {
            assert!(told.contains(word), "{told} does not say `{word}`");
        }
    }
    assert!(documents(&folder) == before, "nothing in the folder changed");
    assert!(store.env_exists(&local()).expect("a look"), "it is there, sound or not");
    let listed = store.list_env_ids().expect("a list");
    assert!(!listed.contains(&local()), "what cannot be read is not listed");
}

#[test]
fn without_its_journal_a_folder_is_read_as_it_is_and_its_history_begins_anew() {
    for same_process in [true, false] {
        let lab = Lab::new();
        let mut store = lab.open();
        deploy(&store);
        let recorded = shown(&lab, &store);
        if !same_process {
            drop(store);
            store = lab.open();
        }
        for file in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            drop(fs::remove_file(lab.at(file)));
        }
        assert_eq!(shown(&lab, &store), recorded.replace("generation 11", "generation 0"));
        rename(&store).expect("a verb");
        let history = ["1 external env adopt", "2 local-user env update"];
        assert_eq!(commits(&store), history, "same process: {same_process}");
        assert_eq!(commits(&lab.open()), history);
        run(&store, answers("us-east-1"));
        let problems = store.verify(&local()).expect("a journal").problems;
        assert_eq!(problems, [""; 0], "same process: {same_process}");
    }
}

#[test]
fn a_log_that_the_journal_left_behind_is_not_taken_for_the_new_journals() {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    // As after a crash: the log has commits, and the journal itself is deleted.
    let log = lab.read("journal.db-wal").expect("a log");
    drop(store);
    lab.remove(JOURNAL);
    lab.write("journal.db-wal", log);
    let store = lab.open();
    rename(&store).expect("a verb");
    assert_eq!(commits(&lab.open()), ["1 external env adopt", "2 local-user env update"]);
}

#[test]
fn a_journal_of_garbage_is_refused_and_says_how_to_go_on() {
    let lab = left();
    replace(&lab, &b"this is no journal ".repeat(1_000));
    let words = ["is damaged", "Restore the folder from a backup", "move the files `journal.db*`"];
    is_refused(&lab, &lab.open(), "journal-damaged", &words);
    // What the message says helps.
    fs::rename(lab.at(JOURNAL), lab.home().join("away")).expect("a file");
    rename(&lab.open()).expect("a verb");
}

#[test]
fn a_journal_that_is_replaced_under_a_process_is_noticed() {
    let (lab, store) = kept_open();
    replace(&lab, &b"this is no journal ".repeat(1_000));
    for side_file in ["journal.db-wal", "journal.db-shm"] {
        drop(fs::remove_file(lab.at(side_file)));
    }
    is_refused(&lab, &store, "journal-damaged", &["is damaged"]);
}

#[test]
fn a_journal_that_was_cut_is_never_read_as_something_else() {
    let lab = left();
    let whole = lab.read(JOURNAL).expect("a journal");
    let recorded = shown(&lab, &lab.open());
    for pages in (1..whole.len() / 4_096).step_by(4) {
        let cut = &whole[..pages * 4_096];
        let lab = left();
        replace(&lab, cut);
        let store = lab.open();
        match store.snapshot(&local()) {
            Ok(_) => assert_eq!(shown(&lab, &store), recorded, "{pages} pages"),
            Err(error) => assert_eq!(error.code(), "journal-damaged", "{pages} pages: {error}"),
        }
        let verified = store.verify(&local());
        assert!(verified.is_err() || !verified.is_ok_and(|all| all.problems.is_empty()), "{pages}");
    }
}

#[test]
fn a_journal_of_another_environment_is_refused() {
    let lab = left();
    let other: EnvId = "other".parse().expect("an id");
    let host = greentic_deploy_spec::EnvironmentHostConfig::new(other.clone());
    let store = lab.open();
    store.create_environment(&other, "Other".to_owned(), host).expect("another one");
    drop(store);
    replace(&lab, &fs::read(lab.root().join("other/journal.db")).expect("a journal"));
    let words = ["belongs to environment `other`, not `local`"];
    is_refused(&lab, &lab.open(), "environment-id-mismatch", &words);
}

#[test]
fn a_journal_of_a_later_format_is_refused_with_the_version_that_reads_it() {
    let lab = left();
    let journal = rusqlite::Connection::open(lab.at(JOURNAL)).expect("a journal");
    journal
        .execute_batch(
            "PRAGMA user_version = 2; UPDATE about SET value = '0.9.3' WHERE name = 'readable-by'",
        )
        .expect("a later format");
    drop(journal);
    let words = ["has format 2", "reads up to 1", "use version 0.9.3 or later"];
    is_refused(&lab, &lab.open(), "journal-newer", &words);
}

#[test]
fn a_database_of_another_program_is_refused() {
    let lab = left();
    lab.remove(JOURNAL);
    let journal = rusqlite::Connection::open(lab.at(JOURNAL)).expect("a database");
    journal
        .execute_batch("CREATE TABLE notes (text TEXT); PRAGMA user_version = 1")
        .expect("a database");
    drop(journal);
    is_refused(&lab, &lab.open(), "journal-damaged", &["the database of another program"]);
}

#[test]
fn a_folder_that_is_copied_to_another_name_is_no_other_environment() {
    let lab = left();
    let copy: EnvId = "copy".parse().expect("an id");
    let folder = lab.root().join("copy");
    for with_journal in [true, false] {
        for (name, entry) in tree(&lab.root().join("local")) {
            let path = folder.join(&name);
            match entry.bytes {
                None => fs::create_dir_all(&path).expect("a folder"),
                Some(_) if name.starts_with(JOURNAL) && !with_journal => {
                    drop(fs::remove_file(&path));
                }
                Some(bytes) => {
                    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                    fs::write(&path, bytes).expect("a file");
                }
            }
        }
        let before = tree(&folder);
        let store = lab.open();
        let errors = [
            store.snapshot(&copy).map(drop).expect_err("a read"),
            store.update_environment(&copy, named("Copy")).map(drop).expect_err("a verb"),
        ];
        for error in errors {
            let told = lab.told(&error);
            assert_eq!(error.code(), "environment-id-mismatch", "{told}");
            assert!(told.contains("belongs to environment `local`, not `copy`"), "{told}");
            assert!(told.contains("name the folder `local`, or remove it"), "{told}");
        }
        let mut after = tree(&folder);
        after.retain(|name, _| before.contains_key(name));
        assert!(after == before, "the copy stays as it is");
        assert_eq!(store.list_env_ids().expect("a list"), [local()]);
    }
}
