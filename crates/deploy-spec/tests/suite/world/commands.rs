//! Legal commands with little to choose, for tests that are about something else.

use greentic_deploy_spec::RevisionLifecycle;
use greentic_deploy_spec::engine::Command;
use serde_json::{Value, json};

use super::{ENV, command, deployment_id, endpoint_id, revision_id};

/// A command with one more key in a part of its wire form.
pub(crate) fn with(command: Command, pointer: &str, key: &str, value: Value) -> Command {
    let mut wire = serde_json::to_value(command).expect("commands have a wire form");
    wire.pointer_mut(pointer).expect("the part")[key] = value;
    serde_json::from_value(wire).expect("still the command")
}

pub(crate) fn create() -> Command {
    let host = json!({"env_id": ENV, "region": "eu-west-1"});
    command("create-environment", json!({"env_id": ENV, "name": "Local", "host_config": host}))
}

/// Deploys a bundle, under an id of its own or a minted one.
pub(crate) fn add_bundle(number: Option<u128>, bundle: &str) -> Command {
    let mut payload = json!({"bundle": {
        "bundle_id": bundle,
        "customer_id": "acme",
        "revenue_share": [
            {"party_id": "partner", "basis_points": 1_000},
            {"party_id": "greentic", "basis_points": 9_000},
        ],
    }});
    if let Some(number) = number {
        payload["deployment_id"] = json!(deployment_id(number));
    }
    command("add-bundle", payload)
}

/// A revision with the packs `cart` and `greeter`, which may drain for 30 seconds.
pub(crate) fn stage(revision: u128, deployment: u128) -> Command {
    let pack = |id: &str| json!({"pack_id": id, "version": "1.0.0", "digest": "sha256:aa"});
    command(
        "stage-revision",
        json!({
            "revision_id": revision_id(revision),
            "deployment_id": deployment_id(deployment),
            "bundle_digest": "sha256:bb",
            "pack_list": [pack("cart"), pack("greeter")],
            "pack_list_lock_ref": "packs.lock",
            "pack_config_refs": [],
            "config_digest": "sha256:cc",
            "signature_sidecar_ref": "bundle.sig",
            "drain_seconds": 30,
        }),
    )
}

pub(crate) fn warm(revision: u128) -> Command {
    command(
        "warm-revision",
        json!({
            "revision_id": revision_id(revision),
            "health_gate": {"ok": true},
            "expected_lifecycle": RevisionLifecycle::Staged,
        }),
    )
}

pub(crate) fn drain(revision: u128) -> Command {
    Command::DrainRevision { revision_id: revision_id(revision) }
}

/// Ends a drain with so many conversations still parked.
pub(crate) fn finish_drain(revision: u128, parked: u64) -> Command {
    let report = json!({"open_requests": 0, "parked_sessions": parked});
    command("finish-drain", json!({"revision_id": revision_id(revision), "report": report}))
}

pub(crate) fn split(deployment: u128, weights: &[(u128, u32)]) -> Command {
    let entry = |(number, weight): &(u128, u32)| {
        let revision = revision_id(*number);
        json!({"revision_id": revision, "weight_bps": weight})
    };
    let entries: Vec<_> = weights.iter().map(entry).collect();
    let deployment = deployment_id(deployment);
    let payload = json!({"deployment_id": deployment, "entries": entries, "updated_by": "alice"});
    command("set-traffic-split", payload)
}

pub(crate) fn rollback_split(deployment: u128) -> Command {
    Command::RollbackTrafficSplit { deployment_id: deployment_id(deployment) }
}

/// A Telegram endpoint, under an id of its own or a minted one.
pub(crate) fn add_endpoint(number: Option<u128>, instance: &str) -> Command {
    let mut payload = json!({"endpoint": {
        "provider_id": instance,
        "provider_type": "telegram",
        "display_name": "Chat",
        "updated_by": "alice",
    }});
    if let Some(number) = number {
        payload["endpoint_id"] = json!(endpoint_id(number));
    }
    command("add-messaging-endpoint", payload)
}
