//! The checks that a revision passes before it is ready.

use greentic_deploy_spec::{
    Document, Environment, HealthCheckId, HealthGateFailure, Revision, RevisionId, TrustedKey,
};
use greentic_env_store::EnvSnapshot;
use greentic_pack_format::revision::{RevisionFolder, RevisionFolderError};
use greentic_pack_format::{Digest, Pack, VerifyPolicy};

use crate::operator::Run;
use crate::provider::Provider;
use crate::{OpError, Step, routes};

/// Checks a revision; the provider is only asked when all else is sound.
pub(crate) fn check(
    run: &Run<'_>,
    provider: &Provider<'_>,
    snapshot: &EnvSnapshot,
    revision: &Revision,
) -> Result<Result<(), HealthGateFailure>, OpError> {
    let environment = snapshot.require()?;
    let mut gate = Gate { run, revision_id: revision.revision_id, failed: Vec::new() };
    gate.check(HealthCheckId::RouteTable, "route-table", || route_table(environment, revision));
    if run.is_rehearsal() {
        // The folder is not there, and the provider is not called.
        return Ok(gate.verdict());
    }
    let env_root = run.env_root()?;
    let limits = &run.operator.limits;
    let mut folder = None;
    gate.check(HealthCheckId::RuntimeConfig, "runtime-config", || {
        let opened = RevisionFolder::open(&env_root, revision, limits).map_err(said)?;
        opened.verify().map_err(said)?;
        folder = Some(opened);
        Ok(())
    });
    if let Some(folder) = &folder {
        let trusted = snapshot.trust_root().map_or(&[][..], |root| &root.keys);
        gate.check(HealthCheckId::SignatureStatus, "signature-status", || {
            signatures(run, folder, trusted)
        });
    }
    if gate.failed.is_empty() {
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

/// No pack contradicts its own list of files, its lock or its signature.
fn signatures(
    run: &Run<'_>,
    folder: &RevisionFolder,
    trusted: &[TrustedKey],
) -> Result<(), String> {
    for staged in folder.packs() {
        let digest: Digest = staged.digest.parse().map_err(|error| format!("{error}"))?;
        let pack = Pack::open_pinned(&staged.path, &digest, &run.operator.limits);
        let report = pack.and_then(|pack| pack.verify(VerifyPolicy::Warn, trusted));
        let report = report.map_err(|error| format!("pack `{}`: {error}", staged.pack_id))?;
        if let Some(first) = report.contradictions().first() {
            return Err(format!("pack `{}`: {first}", staged.pack_id));
        }
    }
    Ok(())
}
