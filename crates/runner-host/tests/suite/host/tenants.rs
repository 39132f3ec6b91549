//! Tenants that a host learns of while it serves.

use std::sync::Arc;
use std::time::Duration;

use greentic_runner_host::{HostBuilder, HostConfig, HostError};

use super::lab::{Packs, Revision, TENANT, host, message};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_tenants_is_built_only_by_those_who_configure_later() {
    let error = HostBuilder::new().build().expect_err("no tenants");
    assert_eq!(error.to_string(), "at least one tenant configuration is required");
    let packs = Packs::new();
    let host = HostBuilder::new().build_open().expect("a host");
    let pack = packs.hello("v1");
    let unknown = host.load_pack(TENANT, &pack).await.expect_err("nobody configured it");
    assert!(matches!(unknown, HostError::UnknownTenant { .. }), "{unknown:?}");
    host.configure(HostConfig::new("local", TENANT));
    Revision(1).load(&host, &pack).await;
    assert_eq!(Revision(1).say(&host, "ada", "hi").await, ["Hello! What is your name?"]);
    assert!(host.tenant_configs().contains_key(TENANT));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_loaded_keeps_its_configuration_and_what_comes_later_has_the_new_one() {
    let (packs, host) = (Packs::new(), host());
    let pack = packs.hello("v1");
    let (before, after) = (Revision(1), Revision(2));
    before.load(&host, &pack).await;
    before.say(&host, "ada", "hi").await;
    let mut config = HostConfig::new("local", TENANT);
    config.limits.turn = Duration::from_secs(7);
    host.configure(config);
    after.load(&host, &pack).await;
    let turn = |revision: Revision| {
        let (deployment, bundle) = (Revision::deployment(), Revision::bundle());
        let found = host.active_packs().load_revision(TENANT, deployment, &bundle, revision.id());
        found.expect("a runtime").config().limits.turn
    };
    assert_eq!(turn(before), HostConfig::new("local", TENANT).limits.turn);
    assert_eq!(turn(after), Duration::from_secs(7));
    assert_eq!(before.say(&host, "ada", "Ada").await, ["Nice to meet you, Ada!"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_that_are_configured_at_once_while_others_talk_are_all_there() {
    let (packs, host) = (Packs::new(), Arc::new(host()));
    let revision = Revision(1);
    revision.load(&host, &packs.hello("v1")).await;
    let all = (0..8).map(|number| {
        let host = Arc::clone(&host);
        tokio::spawn(async move {
            for tenant in 0..25 {
                host.configure(HostConfig::new("local", format!("tenant-{number}-{tenant}")));
                tokio::task::yield_now().await;
            }
        })
    });
    let all: Vec<_> = all.collect();
    for turn in 0..20 {
        let said = revision.send(&host, message(&format!("user-{turn}"), "hi")).await;
        said.expect("an answer");
    }
    for one in all {
        one.await.expect("it");
    }
    assert_eq!(host.tenant_configs().len(), 8 * 25 + 1);
}
