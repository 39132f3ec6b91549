//! What keeps a folder sound and small: verify, repair and compact.

use std::fs;

use chrono::TimeDelta;
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{IdempotencyKey, IdempotencyOutcome};
use greentic_env_store::{
    EnvironmentHistory, EnvironmentMutations, EnvironmentReads, HistoryRetention, LocalFsStore,
    Request,
};

use super::local_lab::{Lab, commits, create, local, named, tree};
use super::worker::{ANSWERS, ENDPOINT, doc, left, run};

fn journal(lab: &Lab) -> rusqlite::Connection {
    rusqlite::Connection::open(lab.at("journal.db")).expect("a journal")
}

fn problems(store: &LocalFsStore) -> Vec<String> {
    match store.verify(&local()) {
        Ok(report) => report.problems,
        Err(error) => vec![format!("{}: {error}", error.code())],
    }
}

#[test]
fn a_sound_environment_has_no_problems() {
    let lab = left();
    let report = lab.open().verify(&local()).expect("a journal");
    assert_eq!((report.generations, report.problems.as_slice()), (Some((1, 11)), [].as_slice()));
    lab.remove("journal.db");
    let report = lab.open().verify(&local()).expect("no journal");
    assert_eq!((report.generations, report.problems.len()), (None, 0));
    let nobody = lab.open().verify(&"nobody".parse().expect("an id"));
    assert_eq!(nobody.expect_err("it").code(), "environment-not-found");
}

#[test]
fn verify_finds_each_damage_of_the_journal_and_names_the_generation() {
    let damages = [
        ("UPDATE commits SET etag = 'x' WHERE generation = 5", "generation 5"),
        ("UPDATE commits SET etag = NULL WHERE generation = 11", "generation 11"),
        ("UPDATE commits SET documents = '{}' WHERE generation = 7", "generation 7"),
        ("UPDATE commits SET documents = '{' WHERE generation = 7", "documents of generation 7"),
        ("UPDATE commits SET files = '[]' WHERE generation = 7", "documents of generation 7"),
        ("DELETE FROM commits WHERE generation = 4", "generation 5 follows 4, generation 4 was"),
        ("DELETE FROM commits WHERE generation = 1", "generation 2 is the oldest, and is only"),
        ("UPDATE commits SET parent = 3 WHERE generation = 8", "generation 8 follows 3"),
        ("UPDATE commits SET event = 'x' WHERE generation = 6", "record of generation 6"),
        ("UPDATE commits SET outcome = 'x' WHERE generation = 6", "record of generation 6"),
        ("DROP TABLE settled", "settled"),
        ("DELETE FROM settled", "is damaged: Query returned no rows"),
        ("INSERT INTO follow_ups (follow_up) VALUES ('x')", "is damaged"),
        ("DROP TABLE policies", "policies"),
    ];
    for (damage, told) in damages {
        let lab = left();
        journal(&lab).execute_batch(damage).expect("damage");
        let found = problems(&lab.open());
        let told_there = found.iter().any(|problem| problem.contains(told));
        assert!(told_there, "after `{damage}`, {found:?} does not say `{told}`");
    }
}

#[test]
fn bytes_that_a_disk_changed_are_noticed_or_mean_nothing() {
    let lab = left();
    let sound = fs::read(lab.at("journal.db")).expect("a journal");
    let past = |store: &LocalFsStore| -> Vec<_> {
        (1..=11).map(|generation| store.at(&local(), generation).ok()).collect()
    };
    let recorded = past(&lab.open());
    let mut noticed = 0;
    for place in (1..40).map(|place| place * sound.len() / 40) {
        let mut bytes = sound.clone();
        bytes[place..(place + 64).min(sound.len())].fill(0xa5);
        lab.write("journal.db", bytes);
        let store = lab.open();
        if problems(&store).is_empty() {
            // Room in a page that nothing uses.
            assert!(past(&store) == recorded, "64 bytes at {place} changed the past unnoticed");
        } else {
            noticed += 1;
        }
    }
    assert!(noticed > 10, "only {noticed} damages were noticed");
}

#[test]
fn repair_puts_every_damaged_file_back_and_keeps_what_was_there() {
    let lab = left();
    let files = [
        "environment.json",
        "runtime.json",
        "runtime-config.json",
        "routing.json",
        "trust-root.json",
        ANSWERS,
        ENDPOINT,
        "messaging/index.json",
    ];
    let sound: Vec<_> = files.map(|file| lab.read(file).expect("a file")).to_vec();
    for file in files {
        lab.write(file, format!("no {file}"));
    }
    let store = lab.open();
    let report = store.repair(&local()).expect("repaired");
    let mut expected = files.to_vec();
    expected.sort_unstable();
    assert_eq!(report.written, expected);
    for (file, sound) in files.iter().zip(&sound) {
        assert_eq!(lab.read(file).as_ref(), Some(sound), "{file}");
        let kept =
            lab.recovered().into_values().any(|bytes| bytes == format!("no {file}").into_bytes());
        assert!(kept, "{file}: what was there is kept");
    }
    assert_eq!(commits(&store).len(), 11, "repair is no change");
    let again = store.repair(&local()).expect("repaired");
    assert_eq!((again.written.len(), again.warnings.len()), (0, 0), "there is nothing left to do");
}

#[test]
fn repair_leaves_an_edit_that_can_be_taken_over() {
    let lab = left();
    let mut environment = lab.json("environment.json");
    environment["name"] = "By hand".into();
    lab.write("environment.json", environment.to_string());
    lab.write("runtime.json", "no runtime");
    let store = lab.open();
    assert_eq!(store.repair(&local()).expect("repaired").written, ["runtime.json"]);
    assert_eq!(store.load_env(&local()).expect("a read").name, "By hand");
}

/// An environment of so many generations: most are copies, without the work of a verb, of one that
/// changed nothing. The key of each is `k` and its generation.
fn long_past(lab: &Lab, generations: u64) {
    let store = lab.open();
    create(&store);
    for name in ["One", "Two"] {
        run(&store, Command::UpdateEnvironment(doc(named(name))));
    }
    drop(store);
    let journal = journal(lab);
    let copy = "
        WITH RECURSIVE more(g) AS (SELECT 4 UNION ALL SELECT g + 1 FROM more WHERE g < ?1)
        INSERT INTO commits
        SELECT g, g - 1, 0, etag, 'k' || g, fingerprint, outcome,
            json_set(event, '$.event_id', printf('%026d', g), '$.new_generation', g), '{}', '{}'
        FROM more JOIN commits ON generation = 3";
    journal.execute(copy, [generations.cast_signed()]).expect("copies");
    let settled = "UPDATE settled SET generation = ?1";
    journal.execute(settled, [generations.cast_signed()]).expect("settled");
}

fn rename(name: &str, key: &str) -> Request {
    let key: IdempotencyKey = key.parse().expect("a key");
    Request::keyed(Command::UpdateEnvironment(doc(named(name))), key)
}

#[test]
fn compact_keeps_what_is_young_and_the_newest_and_forgets_the_rest() {
    let lab = Lab::new();
    long_past(&lab, 10_200);
    let store = lab.open();
    let before = store.snapshot(&local()).expect("it");
    let report = store.compact(&local(), &HistoryRetention::default()).expect("compacted");
    assert_eq!((report.oldest_generation, report.forgotten), (1, 0), "all of it is young");
    lab.later(TimeDelta::days(91));
    let report = store.compact(&local(), &HistoryRetention::default()).expect("compacted");
    assert_eq!((report.oldest_generation, report.forgotten), (201, 200));
    assert_eq!(store.snapshot(&local()).expect("it"), before, "compacting is no change");
    let oldest = store.at(&local(), 201).expect("the oldest");
    assert_eq!(oldest.environment(), before.environment());
    let error = store.at(&local(), 200).expect_err("forgotten").to_string();
    assert_eq!(error, "generation 200 is not kept; ask for one from 201 to 10200");
    let verified = store.verify(&local()).expect("a journal");
    assert_eq!((verified.generations, verified.problems.len()), (Some((201, 10_200)), 0));
    drop(store);
    let reopened = lab.open();
    assert_eq!(reopened.snapshot(&local()).expect("it"), before);
    run(&reopened, Command::UpdateEnvironment(doc(named("After"))));
    assert_eq!(reopened.diff(&local(), 201, 10_201).expect("a difference").len(), 1);
}

#[test]
fn no_policy_forgets_keys_that_a_retry_may_still_use() {
    let lab = Lab::new();
    long_past(&lab, 4_200);
    let greedy = HistoryRetention {
        generations: 0,
        age: TimeDelta::zero(),
        recovered_age: TimeDelta::zero(),
    };
    let store = lab.open();
    lab.later(TimeDelta::days(6));
    let report = store.compact(&local(), &greedy).expect("compacted");
    assert_eq!(report.forgotten, 0, "a key is kept for seven days");
    lab.later(TimeDelta::days(2));
    let report = store.compact(&local(), &greedy).expect("compacted");
    assert_eq!((report.oldest_generation, report.forgotten), (105, 104), "and 4,096 of them are");
    assert!(report.journal_bytes.1 <= report.journal_bytes.0, "{:?}", report.journal_bytes);
    let replayed = store.execute(&local(), rename("Two", "k105")).expect("its first answer");
    assert_eq!(replayed.idempotency, IdempotencyOutcome::Replayed);
    assert_eq!(replayed.after.generation(), 105);
    let conflict = store.execute(&local(), rename("Three", "k4200")).expect_err("another request");
    assert_eq!(conflict.code(), "idempotency-conflict");
    let anew = store.execute(&local(), rename("Two", "k104")).expect("a new request");
    assert_eq!(anew.after.generation(), 4_201, "a key that is forgotten is a new one");
}

#[test]
fn compact_removes_what_crashes_left_and_nothing_else() {
    let lab = left();
    let left = [
        ".environment.json.01JTKW0000000000000000000A.unfinished",
        "messaging/.index.json.01JTKW0000000000000000000B.unfinished",
        "env-packs/deployer/.answers.json.01JTKW0000000000000000000C.unfinished",
        "billing-policies/support/local-dev/v9.json",
        "billing-policies/support/local-dev/v9.json.sig",
        "snapshots/01JTKW0000000000000000000D/environment.json",
        // May 2025, a year before the lab's time.
        "recovered/01JTKW0000000000000000000E-environment.json",
    ];
    let others = [
        "notes.txt",
        "backups/environment.json.20260501T100000.000000000Z.bak",
        "revisions/01JTKW0000000000000000000F/pack-list.lock",
        ".greentic/dev/.dev.secrets.env",
        "recovered/notes.txt",
        "snapshots/by-hand/environment.json",
    ];
    let store = lab.open();
    let snapshot = store.take_snapshot(&local()).expect("a snapshot");
    let before = tree(&lab.at(""));
    for file in left.iter().chain(&others) {
        lab.write(file, "x");
    }
    let report = store.compact(&local(), &HistoryRetention::default()).expect("compacted");
    let mut removed = report.removed_files;
    removed.sort();
    let mut expected = left.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(removed, expected);
    let after = tree(&lab.at(""));
    for file in others.iter().copied().chain(before.keys().map(String::as_str)) {
        let is_sqlites = file.starts_with("journal.db-");
        assert!(after.contains_key(file) || is_sqlites, "{file} is not the store's to remove");
    }
    assert_eq!(store.snapshots(&local()).expect("them"), [snapshot]);
    assert!(after.contains_key("billing-policies/support/local-dev/v1.json.sig"), "{after:?}");
}

#[test]
fn upkeep_of_what_is_not_there_makes_nothing() {
    let lab = Lab::new();
    let store = lab.open();
    let errors = [
        store.compact(&local(), &HistoryRetention::default()).map(drop),
        store.repair(&local()).map(drop),
        store.verify(&local()).map(drop),
        store.take_snapshot(&local()).map(drop),
        store.accept_trust_root(&local(), Request::new(Command::Destroy)).map(drop),
    ];
    for error in errors {
        assert_eq!(error.expect_err("nothing").code(), "environment-not-found");
    }
    assert!(tree(lab.home()).is_empty(), "nothing is made");
}

#[test]
fn what_is_kept_for_ever_is_no_time_that_overflows() {
    let lab = left();
    lab.write("recovered/00000000000000000000000000-a", "1");
    let policy = HistoryRetention {
        recovered_age: TimeDelta::MAX,
        age: TimeDelta::MAX,
        ..Default::default()
    };
    lab.open().compact(&local(), &policy).expect("it is done");
    assert!(lab.read("recovered/00000000000000000000000000-a").is_some());
}

#[test]
fn policies_that_another_tool_signed_are_no_leftovers_before_and_after_they_are_taken_over() {
    let lab = left();
    let names: Vec<String> = ["v2.json", "v2.json.sig", "v3.json", "v3.json.sig"]
        .map(|name| format!("billing-policies/support/local-dev/{name}"))
        .into();
    names.iter().for_each(|name| lab.write(name, "signed"));
    let mut environment = lab.json("environment.json");
    environment["bundles"][0]["revenue_policy_ref"] = names[3].as_str().into();
    lab.write("environment.json", environment.to_string());
    let store = lab.open();
    for moment in ["before", "after"] {
        let report = store.compact(&local(), &HistoryRetention::default()).expect("it is done");
        assert!(names.iter().all(|name| lab.read(name).is_some()), "{moment}: {report:?}");
        run(&store, super::worker::answers(moment));
    }
}
