use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use greentic_deploy_spec::{
    BundleDeployment, BundleDeploymentStatus, BundleId, CustomerId, DeploymentId, EnvId,
    Environment, EnvironmentHostConfig, PackId, PackListEntry, PartyId, RevenueShareEntry,
    Revision, RevisionId, RevisionLifecycle, RouteBinding, SchemaVersion, SemVer, StateEtag,
    TOTAL_BASIS_POINTS, TrafficSplit, TrafficSplitEntry,
};
use ulid::Ulid;

use crate::Fence;

/// The deployment with two revisions.
pub(super) const DEPLOYMENT_A: DeploymentId = DeploymentId(Ulid(0x01));
/// The deployment beside it.
pub(super) const DEPLOYMENT_B: DeploymentId = DeploymentId(Ulid(0x02));
/// Of deployment A, ready.
pub(super) const WARM: RevisionId = RevisionId(Ulid(0x10));
/// Of deployment A, ready.
pub(super) const DRAIN: RevisionId = RevisionId(Ulid(0x20));
/// Of deployment B, inactive.
pub(super) const ARCHIVE: RevisionId = RevisionId(Ulid(0x30));
/// Not recorded.
pub(super) const UNKNOWN: RevisionId = RevisionId(Ulid(0xFFFF));

/// The environment that the bench works with, the same every time.
///
/// Environment `conformance` has deployment A (ULID 1) with the ready revisions 0x10 and 0x20 at
/// 5,000 basis points each, and deployment B (ULID 2) with the inactive revision 0x30 at 10,000. Its
/// clock stands at the first second of 2026. No file of its revisions exists anywhere, and their
/// digests are zero.
///
/// # Panics
/// Never: its id is legal.
#[must_use]
pub fn build_fixture_env() -> Environment {
    let env_id = EnvId::new("conformance").expect("letters are a legal id");
    let host_config = EnvironmentHostConfig::new(env_id.clone());
    let mut env = Environment::fresh(env_id.clone(), env_id.to_string(), host_config);
    env.bundles = vec![
        deployment(&env_id, DEPLOYMENT_A, "bundle.a", &[WARM, DRAIN]),
        deployment(&env_id, DEPLOYMENT_B, "bundle.b", &[ARCHIVE]),
    ];
    env.revisions = vec![
        revision(&env_id, WARM, (DEPLOYMENT_A, "bundle.a"), RevisionLifecycle::Ready),
        revision(&env_id, DRAIN, (DEPLOYMENT_A, "bundle.a"), RevisionLifecycle::Ready),
        revision(&env_id, ARCHIVE, (DEPLOYMENT_B, "bundle.b"), RevisionLifecycle::Inactive),
    ];
    env.traffic_splits = vec![
        split(&env_id, (DEPLOYMENT_A, "bundle.a"), &[(WARM, 5_000), (DRAIN, 5_000)]),
        split(&env_id, (DEPLOYMENT_B, "bundle.b"), &[(ARCHIVE, TOTAL_BASIS_POINTS)]),
    ];
    env
}

/// Of somebody who has seen this generation of the environment.
pub(super) fn fence(generation: u64) -> Fence {
    Fence { generation, etag: StateEtag(format!("{generation:064x}")) }
}

/// The start of 2026.
fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600)
}

fn no_digest() -> String {
    format!("sha256:{}", "0".repeat(64))
}

fn deployment(
    env_id: &EnvId,
    deployment_id: DeploymentId,
    bundle: &str,
    revisions: &[RevisionId],
) -> BundleDeployment {
    let hosts = vec![format!("{bundle}.conformance.local")];
    let party_id = PartyId::from("greentic");
    BundleDeployment {
        schema: SchemaVersion::from(BundleDeployment::schema_str()),
        deployment_id,
        env_id: env_id.clone(),
        bundle_id: BundleId::from(bundle),
        customer_id: CustomerId::from("conformance-customer"),
        status: BundleDeploymentStatus::Active,
        current_revisions: revisions.to_vec(),
        route_binding: RouteBinding { hosts, ..RouteBinding::unrestricted() },
        revenue_share: vec![RevenueShareEntry { party_id, basis_points: TOTAL_BASIS_POINTS }],
        revenue_policy_ref: PathBuf::new(),
        usage: None,
        created_at: now(),
        authorization_ref: PathBuf::from("auth.json"),
        config_overrides: std::collections::BTreeMap::default(),
    }
}

fn revision(
    env_id: &EnvId,
    revision_id: RevisionId,
    (deployment_id, bundle): (DeploymentId, &str),
    lifecycle: RevisionLifecycle,
) -> Revision {
    let folder = PathBuf::from(format!("revisions/{revision_id}"));
    Revision {
        schema: SchemaVersion::from(Revision::schema_str()),
        revision_id,
        env_id: env_id.clone(),
        bundle_id: BundleId::from(bundle),
        deployment_id,
        sequence: 1,
        created_at: now(),
        bundle_digest: no_digest(),
        bundle_source_uri: None,
        pack_list: vec![PackListEntry {
            pack_id: PackId::from("greentic.fixture.pack"),
            version: SemVer::new(1, 0, 0),
            digest: no_digest(),
            source_uri: None,
        }],
        pack_list_lock_ref: folder.join("pack-list.lock"),
        pack_config_refs: Vec::new(),
        config_digest: no_digest(),
        signature_sidecar_ref: folder.join("bundle.gtbundle.sig"),
        lifecycle,
        staged_at: Some(now()),
        warmed_at: Some(now()),
        drain_seconds: 30,
        abort_metrics: Vec::new(),
    }
}

fn split(
    env_id: &EnvId,
    (deployment_id, bundle): (DeploymentId, &str),
    weights: &[(RevisionId, u32)],
) -> TrafficSplit {
    let entry = |(revision_id, weight_bps): &_| TrafficSplitEntry {
        revision_id: *revision_id,
        weight_bps: *weight_bps,
    };
    TrafficSplit {
        schema: SchemaVersion::from(TrafficSplit::schema_str()),
        env_id: env_id.clone(),
        deployment_id,
        bundle_id: BundleId::from(bundle),
        generation: 1,
        entries: weights.iter().map(entry).collect(),
        updated_at: now(),
        updated_by: "conformance".to_owned(),
        idempotency_key: "conformance".to_owned(),
        authorization_ref: PathBuf::from("auth.json"),
        previous_split_ref: None,
    }
}
