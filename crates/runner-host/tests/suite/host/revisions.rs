//! Several revisions of a worker at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use greentic_runner_host::{PackSource, RevisionSource, RuntimeKey};

use super::lab::{Packs, Revision, Shared, TENANT, host, message, texts};

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_conversation_stays_on_the_revision_that_it_began_on() {
    let (packs, host) = (Packs::new(), host());
    let (one, two) = (Revision(1), Revision(2));
    one.load(&host, &packs.hello("v1")).await;
    two.load(&host, &packs.hello("v2")).await;
    one.say(&host, "ada", "hi").await;
    assert_eq!(two.say(&host, "ada", "hi").await, ["Hi there! Whom do I talk to?"], "no mix");
    assert_eq!(one.say(&host, "ada", "Ada").await, ["Nice to meet you, Ada!"]);
    assert_eq!(
        two.say(&host, "ada", "Ada").await,
        ["Ada, what a lovely name! (Version 2 says so.)"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_is_swapped_under_load_loses_no_call() {
    let packs = Packs::new();
    let (v1, v2) = (packs.hello("v1"), packs.hello("v2"));
    let host: Shared = Arc::new(host());
    let revision = Revision(1);
    revision.load(&host, &v1).await;
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let callers = (0..4).map(|caller| {
        let (host, stop, answered) = (host.clone(), stop.clone(), answered.clone());
        tokio::spawn(async move {
            let mut turn = 0;
            while !stop.load(Ordering::Relaxed) {
                turn += 1;
                let user = format!("{caller}-{turn}");
                let said = revision.send(&host, message(&user, "hi")).await;
                let said = texts(&said.unwrap_or_else(|error| panic!("{error:?}")));
                assert!(said[0].starts_with('H'), "{said:?}");
                answered.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    for pack in [&v2, &v1].into_iter().cycle().take(10) {
        let before = answered.load(Ordering::Relaxed);
        revision.load(&host, pack).await;
        while answered.load(Ordering::Relaxed) < before + 20 {
            tokio::task::yield_now().await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("no call was lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_ends_with_its_last_request() {
    let (packs, host) = (Packs::new(), host());
    let revision = Revision(1);
    revision.load(&host, &packs.hello("v1")).await;
    let bundle = Revision::bundle();
    let key = RuntimeKey::revision(TENANT, Revision::deployment(), bundle, revision.id());
    let removed = host.active_packs().remove_revision(&key).expect("it was there");
    assert!(host.active_packs().remove_revision(&key).is_none(), "once");
    assert_eq!(Arc::strong_count(&removed), 1, "nothing else holds it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_loaded_is_an_error_that_names_it() {
    let host = host();
    let error = Revision(7).send(&host, message("ada", "hi")).await.expect_err("nothing is loaded");
    let text = error.to_string();
    let ids = [Revision::deployment().to_string(), Revision(7).id().to_string()];
    for part in ["revision runtime not loaded", &ids[0], &ids[1]] {
        assert!(text.contains(part), "{text}");
    }
    let error = host.handle_activity(TENANT, message("ada", "hi")).await.expect_err("nothing");
    assert_eq!(error.to_string(), "tenant acme not loaded");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_without_types_and_a_missing_revision_is_an_error() {
    let host = Arc::new(host());
    let ask = |types: &'static [&'static str]| {
        let host = Arc::clone(&host);
        // The futures can be spawned: they are `Send`.
        tokio::spawn(async move {
            let (deployment, bundle) = (Revision::deployment(), Revision::bundle());
            let id = Revision(1).id();
            let plain = host
                .identify_messaging_endpoints_for_revision(
                    TENANT,
                    deployment,
                    bundle.clone(),
                    id,
                    types,
                    b"{}",
                )
                .await;
            let body = serde_json::Value::Null;
            let scoped = host
                .identify_messaging_endpoints_for_revision_scoped(
                    TENANT,
                    deployment,
                    bundle.clone(),
                    id,
                    types,
                    &[],
                    &body,
                )
                .await;
            let hints = host
                .describe_identify_instances_for_revision(TENANT, deployment, bundle, id, types)
                .await;
            (plain, scoped, hints.map(|hints| hints.len()))
        })
    };
    let (plain, scoped, hints) = ask(&[]).await.expect("it");
    assert_eq!(plain.expect("nobody is asked"), HashMap::new());
    assert_eq!(scoped.expect("nobody is asked"), HashMap::new());
    assert_eq!(hints.expect("nobody is asked"), 0);
    let (plain, scoped, hints) = ask(&["messaging.example"]).await.expect("it");
    for error in [plain.expect_err("it"), scoped.expect_err("it"), hints.expect_err("it")] {
        assert!(error.to_string().contains("revision runtime not loaded"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_is_put_only_where_it_belongs() {
    let (packs, host) = (Packs::new(), host());
    let pack = packs.hello("v1");
    let runtime = host.prepare(TENANT, Revision(1).source(&pack)).await.expect("a runtime");
    let key = |tenant: &str, revision: Revision| {
        RuntimeKey::revision(tenant, Revision::deployment(), Revision::bundle(), revision.id())
    };
    let insert = |key| host.active_packs().insert_revision(key, Arc::clone(&runtime));
    let error = insert(key("other", Revision(1))).expect_err("another tenant");
    assert!(error.to_string().contains("does not match key tenant"), "{error}");
    let error = insert(key(TENANT, Revision(2))).expect_err("another revision");
    assert!(error.to_string().contains("rollout identity does not match key"), "{error}");
    insert(key(TENANT, Revision(1))).expect("its own place");
    assert_eq!(host.active_packs().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_without_packs_or_with_one_twice_is_refused() {
    let (packs, host) = (Packs::new(), host());
    let none = RevisionSource::new(None, Vec::new());
    let error = host.prepare(TENANT, none).await.expect_err("no packs");
    assert_eq!(error.code(), "revision-without-packs");
    let pack = packs.hello("v1");
    let twice = vec![PackSource::new(&pack), PackSource::new(packs.hello("v2"))];
    let error = host.prepare(TENANT, RevisionSource::new(None, twice)).await.expect_err("twice");
    assert_eq!(error.code(), "duplicate-pack", "{error}");
}
