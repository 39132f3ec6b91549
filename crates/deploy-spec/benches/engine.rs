//! One verb on an environment of 10,000 revisions, against a clone of the same state.
//!
//! `clone` is the floor: a pure function that returns a whole state copies it at least once, typed
//! and raw.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use greentic_deploy_spec::engine::{self, Command, Context, EnvState, Supplies};
use greentic_deploy_spec::{
    BundleDeployment, BundleDeploymentStatus, CapabilitySlot, DeploymentId, Document, EnvId,
    EnvPackBinding, Environment, EnvironmentHostConfig, PackDescriptor, PackListEntry,
    RevenueShareEntry, Revision, RevisionId, RevisionLifecycle, RouteBinding, SchemaVersion,
    SemVer, SetTrafficSplitPayload, StageRevisionPayload, TrafficSplitEntry, WarmRevisionPayload,
};

const REVISIONS: u128 = 10_000;

fn env_id() -> EnvId {
    "local".parse().expect("an id")
}

fn now() -> chrono::DateTime<chrono::Utc> {
    "2026-06-16T08:53:20Z".parse().expect("a time")
}

fn deployment_id(number: u128) -> DeploymentId {
    DeploymentId(ulid::Ulid(number))
}

fn revision_id(number: u128) -> RevisionId {
    RevisionId(ulid::Ulid(number))
}

fn deployment(number: u128) -> BundleDeployment {
    BundleDeployment {
        schema: SchemaVersion::from(BundleDeployment::schema_str()),
        deployment_id: deployment_id(number),
        env_id: env_id(),
        bundle_id: format!("bundle-{number}").into(),
        customer_id: "local-dev".into(),
        status: BundleDeploymentStatus::Active,
        current_revisions: Vec::new(),
        route_binding: RouteBinding::unrestricted(),
        revenue_share: vec![RevenueShareEntry {
            party_id: "greentic".into(),
            basis_points: 10_000,
        }],
        revenue_policy_ref: format!("billing-policies/bundle-{number}/local-dev/v1.json.sig")
            .into(),
        usage: None,
        created_at: now(),
        authorization_ref: "auth.json".into(),
        config_overrides: Default::default(),
    }
}

fn revision(number: u128) -> Revision {
    let id = revision_id(number);
    let ready = number < REVISIONS - 1;
    Revision {
        schema: SchemaVersion::from(Revision::schema_str()),
        revision_id: id,
        env_id: env_id(),
        bundle_id: format!("bundle-{}", number % 10).into(),
        deployment_id: deployment_id(number % 10),
        sequence: 1 + number as u64 / 10,
        created_at: now(),
        bundle_digest: format!("sha256:{}", "ab".repeat(32)),
        bundle_source_uri: None,
        pack_list: vec![PackListEntry {
            pack_id: "messaging-telegram".into(),
            version: SemVer::new(1, 2, 3),
            digest: format!("sha256:{}", "cd".repeat(32)),
            source_uri: None,
        }],
        pack_list_lock_ref: format!("revisions/{id}/pack-list.lock").into(),
        pack_config_refs: vec![
            format!("revisions/{id}/pack-configs/messaging-telegram.json").into(),
        ],
        config_digest: format!("sha256:{}", "ef".repeat(32)),
        signature_sidecar_ref: format!("revisions/{id}/rev.sig").into(),
        lifecycle: if ready { RevisionLifecycle::Ready } else { RevisionLifecycle::Staged },
        staged_at: Some(now()),
        warmed_at: ready.then(now),
        drain_seconds: 30,
        abort_metrics: Vec::new(),
    }
}

fn state() -> EnvState {
    let mut env =
        Environment::fresh(env_id(), "local".to_owned(), EnvironmentHostConfig::new(env_id()));
    env.bundles = (0..10).map(deployment).collect();
    env.revisions = (0..REVISIONS).map(revision).collect();
    let environment = Some(Document::new(env).expect("a document"));
    EnvState { environment, ..EnvState::default() }
}

fn split(first: u32) -> Command {
    let entry =
        |number, weight_bps| TrafficSplitEntry { revision_id: revision_id(number), weight_bps };
    let payload = SetTrafficSplitPayload {
        deployment_id: deployment_id(0),
        entries: vec![entry(0, first), entry(10, 10_000 - first)],
        updated_by: "operator://alice".to_owned(),
        authorization_ref: None,
    };
    Command::SetTrafficSplit(Document::new(payload).expect("a document"))
}

fn warm() -> Command {
    let payload = WarmRevisionPayload {
        revision_id: revision_id(REVISIONS - 1),
        health_gate: Ok(()),
        expected_lifecycle: RevisionLifecycle::Staged,
    };
    Command::WarmRevision(Document::new(payload).expect("a document"))
}

fn stage() -> Command {
    let like = revision(REVISIONS);
    let payload = StageRevisionPayload {
        revision_id: like.revision_id,
        deployment_id: like.deployment_id,
        bundle_digest: like.bundle_digest,
        bundle_source_uri: None,
        pack_list: like.pack_list,
        pack_list_lock_ref: like.pack_list_lock_ref,
        pack_config_refs: like.pack_config_refs,
        config_digest: like.config_digest,
        signature_sidecar_ref: like.signature_sidecar_ref,
        drain_seconds: like.drain_seconds,
    };
    Command::StageRevision(Document::new(payload).expect("a document"))
}

fn bind() -> Command {
    let kind = "greentic.deployer.local-process@0.1.0";
    let binding = EnvPackBinding {
        slot: CapabilitySlot::Deployer,
        kind: PackDescriptor::try_new(kind).expect("a descriptor"),
        pack_ref: kind.into(),
        answers_ref: None,
        generation: 0,
        previous_binding_ref: None,
    };
    Command::AddPackBinding(Document::new(binding).expect("a document"))
}

fn context() -> Context {
    Context {
        env_id: env_id(),
        now: now(),
        actor: engine::local_user("alice"),
        key: "01JTKW5B4W4Q5Y1CQW93F7S5VH".parse().expect("a key"),
        supplies: Supplies::default(),
    }
}

fn verbs_on_ten_thousand_revisions(criterion: &mut Criterion) {
    let (empty, context) = (state(), context());
    let state = engine::apply(&empty, &split(9_000), &context).expect("a legal split").state;
    let mut group = criterion.benchmark_group("engine-10k");
    group.sample_size(30);
    // Dropping a state takes as long as cloning one, so neither side counts it.
    group.bench_function("clone", |bencher| {
        bencher.iter_batched(|| (), |()| black_box(&state).clone(), BatchSize::PerIteration);
    });
    let verbs = [
        ("set-traffic", split(8_000)),
        ("warm", warm()),
        ("stage-revision", stage()),
        ("add-pack-binding", bind()),
    ];
    for (name, command) in verbs {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (),
                |()| engine::apply(black_box(&state), &command, &context).expect("a legal verb"),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, verbs_on_ten_thousand_revisions);
criterion_main!(benches);
