//! Bundles, revisions and traffic.

use std::collections::BTreeMap;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    AddBundlePayload, BundleDeploymentStatus, DrainReport, HealthCheckId, HealthGateFailure,
    PackListEntry, RevenueShareEntry, RevisionLifecycle, SetTrafficSplitPayload,
    StageRevisionPayload, TrafficSplitEntry, UpdateBundlePayload, WarmRevisionPayload,
};

use super::{Made, WHO, deployment, document, revision};

fn shares() -> Vec<RevenueShareEntry> {
    vec![RevenueShareEntry { party_id: "greentic".into(), basis_points: 10_000 }]
}

pub(in crate::conformance) fn add_bundle(number: u128, bundle: &str) -> Made {
    let payload = AddBundlePayload {
        bundle_id: bundle.into(),
        customer_id: "customer".into(),
        revenue_share: shares(),
        route_binding: None,
        authorization_ref: None,
        config_overrides: BTreeMap::new(),
    };
    Ok(Command::AddBundle { deployment_id: Some(deployment(number)), bundle: document(payload)? })
}

/// A deployment whose id the store mints.
pub(in crate::conformance) fn add_unnumbered_bundle(bundle: &str) -> Made {
    match add_bundle(0, bundle)? {
        Command::AddBundle { bundle, .. } => Ok(Command::AddBundle { deployment_id: None, bundle }),
        other => Ok(other),
    }
}

fn bundle_update(number: u128) -> UpdateBundlePayload {
    UpdateBundlePayload {
        deployment_id: deployment(number),
        status: None,
        route_binding: None,
        revenue_share: None,
        config_overrides: None,
    }
}

pub(in crate::conformance) fn pause_bundle(number: u128) -> Made {
    let status = Some(BundleDeploymentStatus::Paused);
    Ok(Command::UpdateBundle(document(UpdateBundlePayload { status, ..bundle_update(number) })?))
}

pub(in crate::conformance) fn share_revenue(number: u128) -> Made {
    let revenue_share = Some(shares());
    let payload = UpdateBundlePayload { revenue_share, ..bundle_update(number) };
    Ok(Command::UpdateBundle(document(payload)?))
}

pub(in crate::conformance) fn remove_bundle(number: u128) -> Made {
    Ok(Command::RemoveBundle { deployment_id: deployment(number) })
}

pub(in crate::conformance) fn stage(deployed: u128, number: u128) -> Made {
    let revision_id = revision(number);
    let pack = PackListEntry::from_lock_primitives("pack".into(), "sha256:00".to_owned());
    let payload = StageRevisionPayload {
        revision_id,
        deployment_id: deployment(deployed),
        bundle_digest: format!("sha256:{}", "ab".repeat(32)),
        bundle_source_uri: None,
        pack_list: vec![pack],
        pack_list_lock_ref: format!("revisions/{revision_id}/pack-list.lock").into(),
        pack_config_refs: Vec::new(),
        config_digest: "sha256:00".to_owned(),
        signature_sidecar_ref: "rev.sig".into(),
        drain_seconds: 30,
    };
    Ok(Command::StageRevision(document(payload)?))
}

pub(in crate::conformance) fn begin_warm(number: u128) -> Made {
    Ok(Command::BeginWarm { revision_id: revision(number) })
}

pub(in crate::conformance) fn warm_from(
    number: u128,
    expected_lifecycle: RevisionLifecycle,
) -> Made {
    let payload = WarmRevisionPayload {
        revision_id: revision(number),
        health_gate: Ok(()),
        expected_lifecycle,
    };
    Ok(Command::WarmRevision(document(payload)?))
}

pub(in crate::conformance) fn warm(number: u128) -> Made {
    warm_from(number, RevisionLifecycle::Staged)
}

pub(in crate::conformance) fn failing_gate(number: u128) -> WarmRevisionPayload {
    WarmRevisionPayload {
        revision_id: revision(number),
        health_gate: Err(HealthGateFailure {
            failed_checks: vec![HealthCheckId::RouteTable],
            message: "no routes".to_owned(),
        }),
        expected_lifecycle: RevisionLifecycle::Staged,
    }
}

pub(in crate::conformance) fn failing_warm(number: u128) -> Made {
    Ok(Command::WarmRevision(document(failing_gate(number))?))
}

pub(in crate::conformance) fn drain(number: u128) -> Made {
    Ok(Command::DrainRevision { revision_id: revision(number) })
}

pub(in crate::conformance) fn finish_drain(number: u128) -> Made {
    Ok(Command::FinishDrain { revision_id: revision(number), report: DrainReport::SETTLED })
}

pub(in crate::conformance) fn retry(number: u128) -> Made {
    Ok(Command::Retry { revision_id: revision(number) })
}

pub(in crate::conformance) fn archive(number: u128) -> Made {
    Ok(Command::ArchiveRevision { revision_id: revision(number) })
}

pub(in crate::conformance) fn split(deployed: u128, entries: &[(u128, u32)]) -> Made {
    let entry = |(number, weight_bps): &(u128, u32)| TrafficSplitEntry {
        revision_id: revision(*number),
        weight_bps: *weight_bps,
    };
    let payload = SetTrafficSplitPayload {
        deployment_id: deployment(deployed),
        entries: entries.iter().map(entry).collect(),
        updated_by: WHO.to_owned(),
        authorization_ref: None,
    };
    Ok(Command::SetTrafficSplit(document(payload)?))
}

pub(in crate::conformance) fn roll_back_split(deployed: u128) -> Made {
    Ok(Command::RollbackTrafficSplit { deployment_id: deployment(deployed) })
}

pub(in crate::conformance) fn clear_split(deployed: u128) -> Made {
    Ok(Command::ClearTrafficSplit { deployment_id: deployment(deployed) })
}
