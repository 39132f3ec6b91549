use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use greentic_deploy_spec::routing::SlotTable;
use greentic_deploy_spec::{
    BundleDeployment, BundleDeploymentStatus, DeploymentId, PackConfig, Revision, RevisionId,
    RevisionLifecycle, RouteBinding, SchemaVersion, TrafficSplitEntry,
};
use greentic_pack_format::revision::StagedPack;
use greentic_pack_format::{Limits, PackBuilder};
use greentic_runner_host::RevisionSource;
use proptest::prelude::*;
use serde_json::Value;

use super::load::configure;
use super::plan::{Held, Obstacle, Plan, SplitPlan, plan};
use super::wanted::{LoadKey, Wanted, WantedDeployment, WantedRevision};

const DEPLOYMENT: DeploymentId = DeploymentId(ulid::Ulid(1));

fn deployment() -> BundleDeployment {
    BundleDeployment {
        schema: SchemaVersion::from(BundleDeployment::schema_str()),
        deployment_id: DEPLOYMENT,
        env_id: "local".parse().expect("an id"),
        bundle_id: "hello".into(),
        customer_id: "local-dev".into(),
        status: BundleDeploymentStatus::Active,
        current_revisions: Vec::new(),
        route_binding: RouteBinding::unrestricted(),
        revenue_share: Vec::new(),
        revenue_policy_ref: Default::default(),
        usage: None,
        created_at: Default::default(),
        authorization_ref: Default::default(),
        config_overrides: BTreeMap::new(),
    }
}

fn revision(number: u128) -> WantedRevision {
    let revision_id = RevisionId(ulid::Ulid(number));
    let revision = Revision {
        schema: SchemaVersion::from(Revision::schema_str()),
        revision_id,
        env_id: "local".parse().expect("an id"),
        bundle_id: "hello".into(),
        deployment_id: DEPLOYMENT,
        sequence: 1,
        created_at: Default::default(),
        bundle_digest: String::new(),
        bundle_source_uri: None,
        pack_list: Vec::new(),
        pack_list_lock_ref: Default::default(),
        pack_config_refs: Vec::new(),
        config_digest: String::new(),
        signature_sidecar_ref: Default::default(),
        lifecycle: RevisionLifecycle::Ready,
        staged_at: None,
        warmed_at: None,
        drain_seconds: 0,
        abort_metrics: Vec::new(),
    };
    WantedRevision { revision, key: key(number), drain: None }
}

fn key(number: u128) -> LoadKey {
    LoadKey::new(RevisionId(ulid::Ulid(number)), &deployment())
}

/// One deployment with these revisions and shares.
fn wanted(revisions: &[u128], shares: &[(u128, u32)]) -> Wanted {
    let entries: Vec<_> = shares
        .iter()
        .map(|(number, weight_bps)| TrafficSplitEntry {
            revision_id: RevisionId(ulid::Ulid(*number)),
            weight_bps: *weight_bps,
        })
        .collect();
    let wanted = WantedDeployment {
        deployment: deployment(),
        split: None,
        table: SlotTable::canonical(DEPLOYMENT, &entries).ok().map(Arc::new),
        revisions: revisions
            .iter()
            .map(|number| (RevisionId(ulid::Ulid(*number)), revision(*number)))
            .collect(),
    };
    Wanted {
        generation: 1,
        deployments: [(DEPLOYMENT, wanted)].into(),
        draining: Vec::new(),
        routes: Arc::default(),
        default_bundle: None,
        has_page: false,
        trust: Vec::new(),
        discovered: Arc::default(),
    }
}

fn held(loaded: &[u128], loading: &[u128], broken: &[u128]) -> Held {
    let keys = |numbers: &[u128]| numbers.iter().map(|number| key(*number)).collect();
    Held { loaded: keys(loaded), loading: keys(loading), broken: keys(broken) }
}

fn split(plan: &Plan) -> SplitPlan {
    plan.splits[&DEPLOYMENT]
}

#[test]
fn a_reweight_loads_and_drops_nothing() {
    let both = held(&[1, 2], &[], &[]);
    for shares in [[(1, 10_000), (2, 0)], [(1, 1), (2, 9_999)]] {
        let plan = plan(&wanted(&[1, 2], &shares), &both);
        assert!(plan.load.is_empty() && plan.drop.is_empty() && plan.is_complete);
        assert_eq!(split(&plan), SplitPlan::Wanted);
    }
}

#[test]
fn a_split_waits_for_its_revisions_and_not_for_others() {
    let waiting = plan(&wanted(&[1, 2], &[(2, 10_000)]), &held(&[1], &[], &[]));
    assert_eq!((waiting.load.as_slice(), waiting.is_complete), ([key(2)].as_slice(), false));
    assert_eq!(split(&waiting), SplitPlan::Before(Obstacle::Loading));
    let other = plan(&wanted(&[1, 2], &[(1, 10_000)]), &held(&[1], &[2], &[]));
    assert_eq!((split(&other), other.is_complete), (SplitPlan::Wanted, false));
    assert!(other.load.is_empty(), "it is being loaded already");
}

#[test]
fn a_broken_revision_holds_a_split_up_only_when_nothing_else_has_a_share() {
    let one = plan(&wanted(&[1, 2], &[(1, 5_000), (2, 5_000)]), &held(&[1], &[], &[2]));
    assert_eq!((split(&one), one.is_complete), (SplitPlan::Wanted, true));
    assert!(one.load.is_empty(), "it is not tried again by this");
    let all = plan(&wanted(&[1, 2], &[(2, 10_000)]), &held(&[1], &[], &[2]));
    assert_eq!(split(&all), SplitPlan::Before(Obstacle::Broken));
}

#[test]
fn another_tenant_or_other_overrides_are_other_runtimes() {
    let of = |change: fn(&mut BundleDeployment)| {
        let mut deployment = deployment();
        change(&mut deployment);
        LoadKey::new(RevisionId(ulid::Ulid(1)), &deployment)
    };
    assert_eq!(of(|_| {}), key(1));
    assert_eq!(of(|one| one.route_binding.hosts.push("x".to_owned())), key(1));
    assert_ne!(of(|one| one.route_binding.tenant_selector.tenant = "acme".to_owned()), key(1));
    assert_ne!(
        of(|one| drop(one.config_overrides.insert("p".to_owned(), BTreeMap::new()))),
        key(1)
    );
}

#[test]
fn overrides_win_over_the_configuration_of_a_pack_by_either_of_its_names() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("file.gtpack");
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello");
    let pack = PackBuilder::from_folder(sources, &Limits::default()).expect("the example");
    pack.write_to(&path).expect("a pack");
    let staged = StagedPack { pack_id: "file".to_owned(), path, digest: String::new() };
    let values = |pairs: &[(&str, i64)]| -> BTreeMap<String, Value> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect()
    };
    let reference = "runtime://local/discovered/url".parse().expect("a reference");
    let config = PackConfig {
        schema: SchemaVersion::from(PackConfig::schema_str()),
        pack_id: "file".into(),
        revision_id: RevisionId(ulid::Ulid(1)),
        non_secret: values(&[("a", 1), ("b", 1), ("c", 1)]),
        secret_refs: BTreeMap::new(),
        runtime_refs: [("url".to_owned(), reference)].into(),
    };
    let configs = [("file".to_owned(), config)].into();
    let overrides = [
        ("file".to_owned(), values(&[("b", 2), ("c", 2)])),
        ("hello".to_owned(), values(&[("c", 3), ("d", 3)])),
        ("other".to_owned(), values(&[("e", 4)])),
    ];
    let mut source = RevisionSource::new(None, Vec::new());
    configure(&mut source, &staged, &configs, &overrides.into()).expect("configured");
    assert_eq!(source.runtime_configs.len(), 1);
    let expected = values(&[("a", 1), ("b", 2), ("c", 3), ("d", 3)]);
    assert_eq!(*source.runtime_configs["hello"], expected);
    assert_eq!(source.runtime_refs["hello"]["url"], "runtime://local/discovered/url");
}

proptest! {
    #[test]
    fn carrying_plans_out_comes_to_what_is_wanted(
        revisions in prop::collection::btree_set(1u128..8, 0..6),
        loaded in prop::collection::btree_set(1u128..8, 0..6),
        loading in prop::collection::btree_set(1u128..8, 0..3),
        broken in prop::collection::btree_set(1u128..8, 0..3),
    ) {
        let list: Vec<_> = revisions.iter().copied().collect();
        let wanted = wanted(&list, &[]);
        let loading: BTreeSet<_> = loading.difference(&loaded).copied().collect();
        let broken: BTreeSet<_> = &(&broken - &loaded) - &loading;
        let list = |set: &BTreeSet<u128>| set.iter().copied().collect::<Vec<_>>();
        let mut held = held(&list(&loaded), &list(&loading), &list(&broken));
        let first = plan(&wanted, &held);
        for key in &first.load {
            prop_assert!(!held.loaded.contains(key) && !held.loading.contains(key));
        }
        // Every load comes to its end, and what is not wanted goes.
        let loading = std::mem::take(&mut held.loading);
        held.loaded.extend(loading.into_iter().chain(first.load));
        let drop: BTreeSet<_> = plan(&wanted, &held).drop.into_iter().collect();
        held.loaded.retain(|key| !drop.contains(key));
        held.broken.retain(|key| !drop.contains(key));
        let last = plan(&wanted, &held);
        prop_assert!(last.is_complete && last.load.is_empty() && last.drop.is_empty());
        let have: BTreeSet<_> = held.loaded.union(&held.broken).cloned().collect();
        let want: BTreeSet<_> = revisions.iter().map(|number| key(*number)).collect();
        prop_assert_eq!(have, want);
    }
}
