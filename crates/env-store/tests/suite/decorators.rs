//! What a request names itself goes before what a decorator gives it.

use greentic_env_store::{EnvironmentMutations, EnvironmentReads, EnvironmentStore, MutationsExt};

use super::local_lab::{Lab, create, local, named};

#[test]
fn a_decorator_does_not_make_a_stale_write_pass() {
    let lab = Lab::new();
    let store = lab.open();
    create(&store);
    let read = store.snapshot(&local()).expect("an environment");
    let stale = read.etag().expect("an etag").clone();
    store.update_environment(&local(), named("Desk")).expect("a change");
    let now = store.snapshot(&local()).expect("an environment");
    let decorated = store.expecting(now.etag().expect("an etag").clone());
    let environment = read.require().expect("an environment").typed();
    let saved = decorated.save_if(environment, &stale).expect_err("it is stale");
    assert_eq!(saved.code(), "precondition-failed");
    assert_eq!(store.load(&local()).expect("it").name, "Desk");
}
