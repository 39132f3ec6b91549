//! An environment with something in every file, made by verbs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    AddBundlePayload, AddMessagingEndpointPayload, CapabilitySlot, DeploymentId, Document,
    DocumentType, EnvironmentRuntime, MessagingEndpointId, PackDescriptor, PackListEntry,
    RevenueShareEntry, RevisionId, RevisionLifecycle, RuntimeDiscoveryValue, SchemaVersion,
    SetTrafficSplitPayload, StageRevisionPayload, TrafficSplitEntry, WarmRevisionPayload,
};
use greentic_env_store::{
    Committed, EnvironmentMutations, EnvironmentReads, LocalFsStore, Request,
};
use serde_json::json;
use ulid::Ulid;

use super::local_lab::{Entry, Lab, chain, create, local, tree};

/// The file of the messaging endpoint.
pub(crate) const ENDPOINT: &str = "messaging/00000000000000000000000001.json";
/// The answers of the deployer.
pub(crate) const ANSWERS: &str = "env-packs/deployer/answers.json";

pub(crate) fn doc<T: DocumentType>(typed: T) -> Document<T> {
    Document::new(typed).expect("a document")
}

pub(crate) fn run(store: &(impl EnvironmentMutations + ?Sized), command: Command) -> Committed {
    let name = command.name().to_string();
    let done = store.execute(&local(), Request::new(command));
    done.unwrap_or_else(|error| panic!("{name}: {}", chain(&error)))
}

/// Makes the lab's environment: a bundle with two revisions that share its traffic, an endpoint, a
/// runtime, answers and a trusted key.
pub(crate) fn deploy(store: &(impl EnvironmentMutations + ?Sized)) {
    create(store);
    steps().into_iter().for_each(|step| drop(run(store, step)));
}

/// A lab with the worker environment, as a process left it that ended.
pub(crate) fn left() -> Lab {
    static LEFT: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
        let lab = almost_left();
        run(&lab.open(), answers("eu-west-1"));
        tree(&lab.at(""))
    });
    Lab::with_files(&std::env::temp_dir(), &LEFT)
}

/// The same, and the process that made the last change and is still there.
pub(crate) fn kept_open() -> (Lab, LocalFsStore) {
    let lab = almost_left();
    let store = lab.open();
    run(&store, answers("eu-west-1"));
    store.snapshot(&local()).expect("the worker environment");
    (lab, store)
}

/// A lab without the last change.
fn almost_left() -> Lab {
    static LEFT: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
        let lab = Lab::new();
        let store = lab.open();
        create(&store);
        let mut steps = steps();
        steps.pop();
        steps.into_iter().for_each(|step| drop(run(&store, step)));
        drop(store);
        tree(&lab.at(""))
    });
    Lab::with_files(&std::env::temp_dir(), &LEFT)
}

/// What follows the creation of the environment; each is one commit.
pub(crate) fn steps() -> Vec<Command> {
    vec![
        Command::BootstrapTrustRoot,
        bundle(),
        stage(1),
        warm(1),
        stage(2),
        warm(2),
        split(&[(1, 7_000), (2, 3_000)]),
        endpoint(),
        Command::SaveRuntime(doc(runtime("127.0.0.1:8080"))),
        answers("eu-west-1"),
    ]
}

pub(crate) fn bundle() -> Command {
    let share = RevenueShareEntry { party_id: "greentic".into(), basis_points: 10_000 };
    let bundle = AddBundlePayload {
        bundle_id: "support".into(),
        customer_id: "local-dev".into(),
        revenue_share: vec![share],
        route_binding: None,
        authorization_ref: None,
        config_overrides: Default::default(),
    };
    Command::AddBundle { deployment_id: Some(DeploymentId(Ulid(1))), bundle: doc(bundle) }
}

pub(crate) fn stage(number: u128) -> Command {
    let revision_id = RevisionId(Ulid(number));
    let pack = PackListEntry::from_lock_primitives("pack-a".into(), "sha256:00".into());
    Command::StageRevision(doc(StageRevisionPayload {
        revision_id,
        deployment_id: DeploymentId(Ulid(1)),
        bundle_digest: format!("sha256:{}", "ab".repeat(32)),
        bundle_source_uri: None,
        pack_list: vec![pack],
        pack_list_lock_ref: format!("revisions/{revision_id}/pack-list.lock").into(),
        pack_config_refs: Vec::new(),
        config_digest: "sha256:00".to_owned(),
        signature_sidecar_ref: "rev.sig".into(),
        drain_seconds: 30,
    }))
}

pub(crate) fn warm(number: u128) -> Command {
    Command::WarmRevision(doc(WarmRevisionPayload {
        revision_id: RevisionId(Ulid(number)),
        health_gate: Ok(()),
        expected_lifecycle: RevisionLifecycle::Staged,
    }))
}

pub(crate) fn split(entries: &[(u128, u32)]) -> Command {
    let entry = |(number, weight_bps): &(u128, u32)| TrafficSplitEntry {
        revision_id: RevisionId(Ulid(*number)),
        weight_bps: *weight_bps,
    };
    Command::SetTrafficSplit(doc(SetTrafficSplitPayload {
        deployment_id: DeploymentId(Ulid(1)),
        entries: entries.iter().map(entry).collect(),
        updated_by: "operator://alice".to_owned(),
        authorization_ref: None,
    }))
}

pub(crate) fn endpoint() -> Command {
    let endpoint = AddMessagingEndpointPayload {
        provider_id: "desk".to_owned(),
        provider_type: "telegram".to_owned(),
        display_name: "Desk".to_owned(),
        secret_refs: vec!["secret://local/acme/_/pack/bot_token".to_owned()],
        webhook_secret_ref: None,
        updated_by: "operator://alice".to_owned(),
    };
    let endpoint_id = Some(MessagingEndpointId(Ulid(1)));
    Command::AddMessagingEndpoint { endpoint_id, endpoint: doc(endpoint) }
}

pub(crate) fn runtime(listen_addr: &str) -> EnvironmentRuntime {
    let address = RuntimeDiscoveryValue::from(listen_addr);
    EnvironmentRuntime {
        schema: SchemaVersion::from(EnvironmentRuntime::schema_str()),
        environment_id: local(),
        discovered: [("listen_addr".to_owned(), address)].into(),
        generated_at: "2026-06-16T08:53:20Z".parse().expect("a time"),
        generated_by: PackDescriptor::try_new("greentic.deployer.local-process@0.1.0")
            .expect("a descriptor"),
        generation: 1,
    }
}

pub(crate) fn answers(region: &str) -> Command {
    let answers = json!({ "region": region, "size": 2 });
    Command::SavePackAnswers { slot: CapabilitySlot::Deployer, answers }
}
