//! The past of an environment, the same for every store that keeps one.

use std::collections::BTreeMap;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    EnvironmentHostConfig, IdempotencyKey, IdempotencyOutcome, Precondition,
};
use greentic_env_store::{
    DocumentDiff, EnvSnapshot, EnvironmentHistory, EnvironmentMutations, HistoryPage, Request, undo,
};
use serde_json::Value;

use super::local_lab::{Lab, chain, commits, create, local, named};
use super::worker::{answers, deploy, doc, endpoint, run, runtime, split, stage, steps, warm};

trait Store: EnvironmentHistory + EnvironmentMutations {}
impl<S: EnvironmentHistory + EnvironmentMutations> Store for S {}

/// Runs a test on the local store and on the one in memory.
fn on_each(test: impl Fn(&Lab, &dyn Store)) {
    let lab = Lab::new();
    test(&lab, &lab.open());
    let lab = Lab::new();
    test(&lab, &lab.memory());
}

fn page(before: Option<u64>, limit: usize) -> HistoryPage {
    HistoryPage { before, limit }
}

/// Any request: what is asked for replaces its command.
fn request() -> Request {
    Request::new(Command::Destroy)
}

#[test]
fn history_is_a_chain_of_commits_newest_first_in_pages() {
    on_each(|_, store| {
        deploy(store);
        let all = store.history(&local(), HistoryPage::default()).expect("history");
        let generations: Vec<u64> = all.iter().map(|commit| commit.generation).collect();
        assert_eq!(generations, (1..=11).rev().collect::<Vec<_>>());
        for commit in &all {
            assert_eq!(commit.parent + 1, commit.generation);
            assert_eq!(commit.event.new_generation, Some(commit.generation));
            let then = store.at(&local(), commit.generation).expect("a generation");
            assert_eq!(then.etag(), commit.etag.as_ref(), "generation {}", commit.generation);
        }
        let pages = [(None, 3, (11, 9)), (Some(9), 3, (8, 6)), (Some(2), 9, (1, 1))];
        for (before, limit, (newest, oldest)) in pages {
            let part = store.history(&local(), page(before, limit)).expect("a page");
            let index = |generation: u64| usize::try_from(11 - generation).expect("small");
            assert_eq!(part, all[index(newest)..=index(oldest)], "before {before:?}");
        }
        for empty in [page(Some(1), 9), page(Some(0), 9), page(None, 0)] {
            assert_eq!(store.history(&local(), empty).expect("a page"), []);
        }
    });
}

#[test]
fn each_generation_is_what_its_commit_left() {
    on_each(|lab, store| {
        create(store);
        let mut left = vec![store.snapshot(&local()).expect("it")];
        left.extend(steps().into_iter().map(|step| run(store, step).after));
        let check = |store: &dyn Store| {
            for then in &left {
                let found = store.at(&local(), then.generation()).expect("a generation");
                assert_eq!(&found, then);
            }
        };
        check(store);
        if lab.root().exists() {
            check(&lab.open());
        }
    });
}

#[test]
fn slot_tables_come_back_from_the_journal_as_each_change_of_weights_left_them() {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    let weights = [9_000, 8_999, 5_000, 5_001, 10_000, 1, 9_000];
    let change = |first| run(&store, split(&[(1, first), (2, 10_000 - first)])).after;
    let left: Vec<_> = weights.into_iter().map(change).collect();
    let reopened = lab.open();
    for then in left {
        let found = reopened.at(&local(), then.generation()).expect("a generation");
        assert_eq!(found.state().routing, then.state().routing, "{}", then.generation());
    }
}

fn documents(snapshot: &EnvSnapshot) -> BTreeMap<String, Value> {
    let state = snapshot.state();
    let raw = [
        ("environment", state.environment.as_ref().map(|document| document.raw().clone())),
        ("runtime", state.runtime.as_ref().map(|document| document.raw().clone())),
        ("trust-root", state.trust_root.as_ref().map(|document| document.raw().clone())),
        (
            "routing",
            state.routing.as_ref().map(|routing| serde_json::to_value(routing).expect("it")),
        ),
    ];
    let answers = state.pack_answers.iter();
    let answers = answers.map(|(slot, answers)| (format!("answers/{}", slot.as_str()), answers));
    let raw = raw.into_iter().filter_map(|(name, raw)| Some((name.to_owned(), raw?)));
    raw.chain(answers.map(|(name, answers)| (name, answers.clone()))).collect()
}

fn patched(mut from: BTreeMap<String, Value>, diffs: &[DocumentDiff]) -> BTreeMap<String, Value> {
    for diff in diffs {
        let mut document = from.remove(&diff.document).unwrap_or_default();
        let gone = serde_json::json!([{"op": "remove", "path": ""}]);
        if serde_json::to_value(&diff.patch).expect("JSON") != gone {
            json_patch::patch(&mut document, &diff.patch).expect("a patch that fits");
            from.insert(diff.document.clone(), document);
        }
    }
    from
}

#[test]
fn a_difference_leads_from_any_generation_to_any_other_and_says_nothing_else() {
    on_each(|_, store| {
        deploy(store);
        run(store, split(&[(2, 10_000)]));
        let neighbours = (1..12).flat_map(|one| [(one, one + 1), (one + 1, one)]);
        for (from, to) in neighbours.chain([(1, 12), (12, 1), (5, 5)]) {
            let diffs = store.diff(&local(), from, to).expect("a difference");
            let then = |generation| documents(&store.at(&local(), generation).expect("it"));
            let (before, after) = (then(from), then(to));
            let says_more =
                |diff: &&DocumentDiff| before.get(&diff.document) == after.get(&diff.document);
            let more = diffs.iter().find(says_more);
            assert!(more.is_none(), "{from} to {to} names what is the same: {more:?}");
            assert_eq!(patched(before, &diffs), after, "{from} to {to}");
        }
        let renamed = store.diff(&local(), 11, 12).expect("a difference");
        let names: Vec<&str> = renamed.iter().map(|diff| diff.document.as_str()).collect();
        assert_eq!(names, ["environment", "routing"]);
    });
}

#[test]
fn what_is_not_kept_is_named_with_what_is() {
    on_each(|_, store| {
        create(store);
        run(store, answers("eu-west-1"));
        for generation in [0, 3, u64::MAX] {
            let error = store.at(&local(), generation).expect_err("not there");
            let text = format!("generation {generation} is not kept; ask for one from 1 to 2");
            assert_eq!((error.code(), error.to_string()), ("generation-not-kept", text));
            store.diff(&local(), 1, generation).expect_err("not there");
            undo(store, &local(), generation, request()).expect_err("not there");
        }
        let nobody = "nobody".parse().expect("an id");
        let error = store.history(&nobody, HistoryPage::default()).expect_err("not there");
        assert_eq!(error.code(), "environment-not-found");
        assert_eq!(store.at(&nobody, 1).expect_err("it").code(), "environment-not-found");
    });
}

#[test]
fn a_folder_without_a_journal_says_that_its_history_has_not_begun() {
    let lab = Lab::new();
    create(&lab.open());
    lab.remove("journal.db");
    let error = lab.open().at(&local(), 1).expect_err("no history");
    let text = "generation 1 is not kept; there is no history yet, it begins with the next change";
    assert_eq!(error.to_string(), text);
}

#[test]
fn history_outlives_its_environment() {
    on_each(|_, store| {
        create(store);
        let key: IdempotencyKey = "destroy".parse().expect("a key");
        store.destroy_environment(&local(), key).expect("destroyed");
        assert!(store.snapshot(&local()).is_err() && !store.env_exists(&local()).expect("a look"));
        assert_eq!(commits(store), ["1 local-user env create", "2 local-user env destroy"]);
        let then = store.at(&local(), 1).expect("a generation");
        assert_eq!(then.require().expect("it").name, "Local");
        assert!(store.at(&local(), 2).expect("a generation").environment().is_none());
        let error = undo(store, &local(), 1, request()).expect_err("there is nothing");
        assert_eq!(error.code(), "environment-not-found");
        create(store);
        assert_eq!(store.snapshot(&local()).expect("it").generation(), 3, "the chain goes on");
    });
}

#[test]
fn undo_brings_back_what_has_no_effect_outside_as_one_commit() {
    on_each(|_, store| {
        deploy(store);
        let changes = [
            Command::UpdateEnvironment(doc(named("Other"))),
            split(&[(2, 10_000)]),
            Command::SaveRuntime(doc(runtime("10.0.0.1:1"))),
            answers("us-east-1"),
        ];
        for change in changes {
            let before = store.snapshot(&local()).expect("it");
            run(store, change);
            let undone = undo(store, &local(), before.generation(), request()).expect("undone");
            assert_eq!(undone.after.generation(), before.generation() + 2);
            let (then, now) = (before.require().expect("it"), undone.after.require().expect("it"));
            let mut expected = then.raw().clone();
            if now.traffic_splits != then.traffic_splits {
                // A split that comes back is counted on.
                expected["traffic_splits"][0]["generation"] = 2.into();
            }
            assert_eq!(now.raw(), &expected);
            assert_eq!(undone.after.runtime(), before.runtime());
            assert_eq!(undone.after.state().pack_answers, before.state().pack_answers);
            assert_eq!(undone.after.trust_root(), before.trust_root());
        }
    });
}

#[test]
fn undo_says_what_it_cannot_take_back() {
    on_each(|_, store| {
        deploy(store);
        let mut removed = endpoint();
        if let Command::AddMessagingEndpoint { endpoint_id, endpoint } = &mut removed {
            *endpoint_id = Some(greentic_deploy_spec::MessagingEndpointId(ulid::Ulid(2)));
            let mut payload = endpoint.typed().clone();
            payload.provider_id = "second".to_owned();
            *endpoint = doc(payload);
        }
        let changes = [
            (stage(3), "revisions (stage, warm, drain, archive)"),
            (warm(3), "revisions (stage, warm, drain, archive)"),
            (removed, "the secrets of messaging endpoint"),
            (Command::RotateOperatorKey, "the trust root"),
        ];
        for (change, instead) in changes {
            let before = store.snapshot(&local()).expect("it").generation();
            let after = run(store, change).after;
            let error = undo(store, &local(), before, request()).expect_err("refused");
            assert_eq!(error.code(), "undo-refused", "{}", chain(&error));
            assert!(error.to_string().contains(instead), "{error} does not name `{instead}`");
            assert_eq!(store.snapshot(&local()).expect("it"), after, "nothing changed");
        }
    });
}

#[test]
fn undo_is_refused_when_somebody_committed_and_repeated_under_its_key() {
    on_each(|_, store| {
        create(store);
        let read = store.snapshot(&local()).expect("it");
        run(store, answers("eu-west-1"));
        let mut late = request();
        let expected_generation = Some(read.generation());
        late.expected = Some(Precondition { if_match: None, expected_generation });
        let late = undo(store, &local(), 1, late);
        assert_eq!(late.expect_err("late").code(), "precondition-failed");
        let keyed = || Request::keyed(Command::Destroy, "undo".parse().expect("a key"));
        let undone = undo(store, &local(), 1, keyed()).expect("undone");
        let again = undo(store, &local(), 1, keyed()).expect("the same answer");
        assert_eq!(again.after, undone.after);
        assert_eq!(again.idempotency, IdempotencyOutcome::Replayed);
        let other = undo(store, &local(), 2, keyed()).expect_err("another request");
        assert_eq!(other.code(), "idempotency-conflict");
    });
}

#[test]
fn undo_takes_an_edit_by_hand_over_before_it_takes_it_back() {
    let lab = Lab::new();
    let store = lab.open();
    let host = EnvironmentHostConfig::new(local());
    store.create_environment(&local(), "Local".to_owned(), host).expect("a new one");
    let mut environment = lab.json("environment.json");
    environment["name"] = "By hand".into();
    lab.write("environment.json", environment.to_string());
    let undone = undo(&store, &local(), 1, request()).expect("undone");
    assert_eq!(
        (undone.after.generation(), lab.json("environment.json")["name"].as_str()),
        (3, Some("Local"))
    );
    let edited = store.at(&local(), 2).expect("the edit is in history");
    assert_eq!(edited.require().expect("it").name, "By hand");
}
