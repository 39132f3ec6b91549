//! The store in memory fails as it is told to, once.

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{Document, IdempotencyOutcome};
use greentic_env_store::{EnvironmentMutations, EnvironmentReads, Request};

use super::local_lab::{Lab, create, local, named};

fn renamed() -> Request {
    let command = Command::UpdateEnvironment(Document::new(named("Desk")).expect("a payload"));
    Request::keyed(command, "rename".parse().expect("a key"))
}

#[test]
fn a_commit_that_fails_changes_nothing_and_the_next_one_is_made() {
    let store = Lab::new().memory();
    create(&store);
    store.fail_next_commit();
    let error = store.execute(&local(), renamed()).expect_err("it was told to fail");
    assert_eq!((error.code(), error.may_be_committed()), ("io", false));
    assert_eq!(store.snapshot(&local()).expect("it").generation(), 1);
    let renamed = store.execute(&local(), renamed()).expect("a change");
    assert_eq!(renamed.idempotency, IdempotencyOutcome::Applied);
}

#[test]
fn a_commit_whose_answer_is_lost_is_made_and_answered_to_a_retry() {
    let store = Lab::new().memory();
    create(&store);
    store.lose_next_answer();
    let error = store.execute(&local(), renamed()).expect_err("the answer was lost");
    assert_eq!((error.code(), error.may_be_committed()), ("outcome-unknown", true));
    assert_eq!(store.load_env(&local()).expect("it").name, "Desk");
    let again = store.execute(&local(), renamed()).expect("the answer");
    assert_eq!(again.idempotency, IdempotencyOutcome::Replayed);
    assert_eq!(again.after.generation(), 2);
}
