//! The checks that a revision passes before it is ready.

use std::fmt;
use std::path::Path;

use greentic_deploy_spec::{
    Document, Environment, HealthCheckId, HealthGateFailure, Revision, RevisionId, TrustedKey,
};
use greentic_env_store::EnvSnapshot;
use greentic_pack_format::revision::{RevisionFolder, RevisionFolderError};
use greentic_pack_format::{BundleImage, Digest, Pack, PackError, VerifyPolicy};

use crate::operator::Run;
use crate::provider::Provider;
use crate::{OpError, Step, routes};

/// Checks a revision; the provider is only asked when all else is sound, and never in a rehearsal.
///
/// The image is what is checked in a rehearsal that would make the folder of the revision first.
pub(crate) fn check(
    run: &Run<'_>,
    provider: &Provider<'_>,
    snapshot: &EnvSnapshot,
    revision: &Revision,
    image: Option<&BundleImage>,
) -> Result<Result<(), HealthGateFailure>, OpError> {
    let environment = snapshot.require()?;
    let mut gate = Gate { run, revision_id: revision.revision_id, failed: Vec::new() };
    gate.check(HealthCheckId::RouteTable, "route-table", || route_table(environment, revision));
    let trusted = snapshot.trust_root().map_or(&[][..], |root| &root.keys);
    match image.filter(|_| run.is_rehearsal()) {
        Some(image) => gate.check(HealthCheckId::SignatureStatus, "signature-status", || {
            image_signatures(image, trusted)
        }),
        None => folder(&mut gate, &run.env_root()?, revision, trusted),
    }
    if gate.failed.is_empty() && !run.is_rehearsal() {
        gate.check(HealthCheckId::ProviderHealth, "provider-health", || {
            provider.bring_up(snapshot, revision.revision_id).map_err(|error| error.to_string())
        });
    }
    Ok(gate.verdict())
}

struct Gate<'a> {
    run: &'a Run<'a>,
    revision_id: RevisionId,
    failed: Vec<(HealthCheckId, String)>,
}

impl Gate<'_> {
    fn check(
        &mut self,
        id: HealthCheckId,
        check: &'static str,
        holds: impl FnOnce() -> Result<(), String>,
    ) {
        self.run.step(Step::Check { check, revision_id: self.revision_id });
        if let Err(problem) = holds() {
            self.failed.push((id, problem));
        }
    }

    fn verdict(self) -> Result<(), HealthGateFailure> {
        if self.failed.is_empty() {
            return Ok(());
        }
        let (failed_checks, messages): (_, Vec<_>) = self.failed.into_iter().unzip();
        Err(HealthGateFailure { failed_checks, message: messages.join("; ") })
    }
}

fn said(error: RevisionFolderError) -> String {
    error.to_string()
}

fn route_table(environment: &Document<Environment>, revision: &Revision) -> Result<(), String> {
    let Some(own) = environment.deployment(revision.deployment_id) else { return Ok(()) };
    let is_itself =
        |other: &greentic_deploy_spec::BundleDeployment| other.deployment_id == own.deployment_id;
    routes::check_unambiguous(environment, &own.bundle_id, &own.route_binding, is_itself)
        .map_err(|error| error.to_string())
}

/// The folder is as it was staged, and no pack of it contradicts itself.
fn folder(gate: &mut Gate<'_>, env_root: &Path, revision: &Revision, trusted: &[TrustedKey]) {
    let limits = &gate.run.operator.limits;
    let mut folder = None;
    gate.check(HealthCheckId::RuntimeConfig, "runtime-config", || {
        let opened = RevisionFolder::open(env_root, revision, limits).map_err(said)?;
        opened.verify().map_err(said)?;
        folder = Some(opened);
        Ok(())
    });
    let Some(folder) = folder else { return };
    gate.check(HealthCheckId::SignatureStatus, "signature-status", || {
        folder.packs().iter().try_for_each(|staged| {
            let digest: Digest = staged.digest.parse().map_err(|error| format!("{error}"))?;
            signatures(&staged.pack_id, Pack::open_pinned(&staged.path, &digest, limits), trusted)
        })
    });
}

fn image_signatures(image: &BundleImage, trusted: &[TrustedKey]) -> Result<(), String> {
    let bundle = image.bundle();
    let mut packs = bundle.packs().iter().filter(|found| found.is_for_runtime());
    packs.try_for_each(|found| signatures(found.stem(), bundle.open_pack(found), trusted))
}

/// A pack does not contradict its own list of files, its lock or its signature.
fn signatures(
    name: impl fmt::Display,
    pack: Result<Pack, PackError>,
    trusted: &[TrustedKey],
) -> Result<(), String> {
    let report = pack.and_then(|pack| pack.verify(VerifyPolicy::Warn, trusted));
    let report = report.map_err(|error| format!("pack `{name}`: {error}"))?;
    match report.contradictions().first() {
        Some(first) => Err(format!("pack `{name}`: {first}")),
        None => Ok(()),
    }
}
