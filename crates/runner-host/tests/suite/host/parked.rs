//! Which conversations a revision holds, asked from outside.

use greentic_runner_host::{Activity, RunnerHost};

use super::lab::{Packs, Revision, TENANT, host, message};

async fn is_parked(host: &RunnerHost, revision: Revision, activity: &Activity) -> bool {
    let (deployment, bundle) = (Revision::deployment(), Revision::bundle());
    let asked = host.is_parked_for_revision(TENANT, deployment, bundle, revision.id(), activity);
    asked.await.unwrap_or_else(|error| panic!("{error:?}"))
}

async fn count(host: &RunnerHost, revision: Revision) -> usize {
    let (deployment, bundle) = (Revision::deployment(), Revision::bundle());
    let asked = host.parked_count_for_revision(TENANT, deployment, bundle, revision.id());
    asked.await.unwrap_or_else(|error| panic!("{error:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_found_on_the_revision_that_it_waits_on_and_nowhere_else() {
    let (packs, host) = (Packs::new(), host());
    let (one, two) = (Revision(1), Revision(2));
    one.load(&host, &packs.hello("v1")).await;
    two.load(&host, &packs.hello("v2")).await;
    let (ada, bob) = (message("ada", "Ada"), message("bob", "Bob"));
    assert!(!is_parked(&host, one, &ada).await, "nobody said anything");
    one.say(&host, "ada", "hi").await;
    assert!(is_parked(&host, one, &ada).await);
    assert!(is_parked(&host, one, &ada).await, "asking takes nothing");
    assert!(!is_parked(&host, one, &bob).await, "another conversation");
    assert!(!is_parked(&host, two, &ada).await, "another revision");
    assert_eq!((count(&host, one).await, count(&host, two).await), (1, 0));
    one.say(&host, "ada", "Ada").await;
    assert!(!is_parked(&host, one, &ada).await, "it came to its end");
    assert_eq!(count(&host, one).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_named_by_everything_that_names_it_but_not_by_what_is_said() {
    let (packs, host) = (Packs::new(), host());
    let one = Revision(1);
    one.load(&host, &packs.hello("v1")).await;
    let full = |text: &str| {
        let message = Activity::text(text).from_user("ada").in_conversation("c").in_channel("ch");
        message.with_provider("telegram").with_messaging_endpoint("bot-1")
    };
    one.send(&host, full("hi")).await.expect("an answer");
    assert!(is_parked(&host, one, &full("something else")).await);
    let others = [
        full("hi").from_user("eve"),
        full("hi").in_conversation("d"),
        full("hi").in_channel("other"),
        full("hi").with_provider("slack"),
        full("hi").with_messaging_endpoint("bot-2"),
        full("hi").with_session("s-1"),
        full("hi").with_flow("no-such-flow"),
        Activity::custom("response", serde_json::Value::Null),
    ];
    for other in others {
        assert!(!is_parked(&host, one, &other).await, "{other:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_a_revision_that_is_not_loaded_is_an_error() {
    let host = host();
    let (deployment, bundle, id) = (Revision::deployment(), Revision::bundle(), Revision(9).id());
    let ada = message("ada", "hi");
    let asked = host.is_parked_for_revision(TENANT, deployment, bundle.clone(), id, &ada).await;
    assert_eq!(asked.expect_err("not loaded").code(), "revision-not-loaded");
    let asked = host.parked_count_for_revision(TENANT, deployment, bundle, id).await;
    assert_eq!(asked.expect_err("not loaded").code(), "revision-not-loaded");
}
