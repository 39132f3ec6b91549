//! Journals that somebody made up: errors, and never a panic, a hang or all of the memory.

use std::sync::mpsc;
use std::time::Duration;

use greentic_env_store::{
    EnvironmentHistory, EnvironmentMutations, EnvironmentReads, HistoryPage, HistoryRetention,
    LocalFsStore,
};

use super::local_lab::{Lab, create, local, named};
use super::worker::left;

fn journal(lab: &Lab) -> rusqlite::Connection {
    rusqlite::Connection::open(lab.at("journal.db")).expect("a journal")
}

/// The codes of everything that somebody may try on it; empty for what works.
fn tried(store: &LocalFsStore) -> Vec<&'static str> {
    let code = |error: Option<greentic_env_store::StoreError>| error.map_or("", |it| it.code());
    let verified = match store.verify(&local()) {
        Ok(report) if report.problems.is_empty() => "",
        Ok(_) => "problems",
        Err(error) => error.code(),
    };
    vec![
        verified,
        code(store.snapshot(&local()).err()),
        code(store.history(&local(), HistoryPage::default()).err()),
        code(store.at(&local(), 11).err()),
        code(store.update_environment(&local(), named("Desk")).err()),
        code(store.compact(&local(), &HistoryRetention::default()).err()),
    ]
}

#[test]
fn numbers_that_nothing_can_follow_are_damage() {
    let last = "DELETE FROM commits WHERE generation < 11; UPDATE commits SET generation =";
    let damages = [
        (format!("{last} -1"), "journal-damaged"),
        (format!("{last} 9223372036854775807"), "journal-damaged"),
        ("UPDATE commits SET parent = -1 WHERE generation = 8".to_owned(), ""),
        ("UPDATE settled SET generation = -1".to_owned(), "journal-damaged"),
        ("UPDATE settled SET audit_bytes = -1".to_owned(), ""),
    ];
    for (damage, change) in damages {
        let lab = left();
        journal(&lab).execute_batch(&damage).expect("damage");
        let tried = tried(&lab.open());
        assert_eq!(tried[4], change, "{damage}: {tried:?}");
    }
}

#[test]
fn a_change_that_copies_copies_is_damage_and_is_not_carried_out() {
    let lab = left();
    let copies: String = (0..64)
        .map(|number| format!(r#",{{"op":"copy","from":"/x","path":"/x/{number}"}}"#))
        .collect();
    let patch = format!(r#"[{{"op":"add","path":"/x","value":{{}}}}{copies}]"#);
    let documents = format!(r#"{{"environment":{{"patch":{patch}}}}}"#);
    let update = "UPDATE commits SET whole = 0, documents = ?1 WHERE generation = 11";
    journal(&lab).execute(update, [documents]).expect("damage");
    let tried = tried(&lab.open());
    assert_eq!((tried[1], tried[4]), ("journal-damaged", "journal-damaged"), "{tried:?}");
}

#[test]
fn a_view_in_place_of_a_table_is_not_looked_into() {
    let lab = left();
    let endless = "ALTER TABLE commits RENAME TO kept;
        CREATE VIEW commits AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
        SELECT x AS generation, 0 AS parent, 0 AS whole, '' AS etag, '' AS key, '' AS fingerprint,
        '' AS outcome, '' AS event, '' AS documents, '' AS files FROM n";
    journal(&lab).execute_batch(endless).expect("damage");
    let store = lab.open();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(tried(&store)));
    let tried = told.recv_timeout(Duration::from_secs(60)).expect("an answer");
    assert_eq!((tried[1], tried[4]), ("journal-damaged", "journal-damaged"), "{tried:?}");
}

#[test]
fn a_trigger_does_nothing() {
    let lab = left();
    let trigger = "CREATE TRIGGER more AFTER INSERT ON commits
        BEGIN DELETE FROM commits WHERE generation < 11; END";
    journal(&lab).execute_batch(trigger).expect("damage");
    let store = lab.open();
    store.update_environment(&local(), named("Desk")).expect("a change");
    assert_eq!(store.verify(&local()).expect("a journal").generations, Some((1, 12)));
}

#[test]
fn the_database_of_another_program_is_refused_and_stays_as_it_is() {
    let lab = Lab::new();
    create(&lab.open());
    lab.remove("journal.db");
    let theirs = "CREATE TABLE diary (day TEXT); INSERT INTO diary VALUES ('today')";
    journal(&lab).execute_batch(theirs).expect("another database");
    let before = lab.read("journal.db");
    let refused = lab.open().update_environment(&local(), named("Desk"));
    assert_eq!(refused.expect_err("it is theirs").code(), "journal-damaged");
    assert!(lab.read("journal.db") == before, "it was changed");
}
