//! What the command line says beside an error: its public kind and the next command.

use std::io;

use greentic_deploy_spec::HealthCheckId;
use greentic_deploy_spec::engine::Rejection;
use greentic_deploy_spec::remote::ErrorKind;
use greentic_env_store::{JournalProblem, StoreError};
use greentic_pack_format::revision::RevisionFolderError;

use super::{Advice as _, OpError};
use crate::Subject;

impl OpError {
    /// The kind of error as the public tools write it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Store(error) => store_kind(error),
            Self::Bundle { source, .. } => source.kind(),
            Self::Revision(error) | Self::Files { source: error, .. } => folder_kind(error),
            Self::Unknown { .. } | Self::NothingDeployed { .. } | Self::NoPast { .. } => {
                "not-found"
            }
            Self::Selector { .. }
            | Self::Weight { .. }
            | Self::CustomerMissing { .. }
            | Self::Customer { .. }
            | Self::BundleId { .. }
            | Self::Route { .. } => "invalid-argument",
            Self::NoDeployer { .. }
            | Self::EnvPack(_)
            | Self::NotADeployer { .. }
            | Self::Provider { .. }
            | Self::HealthGate { .. }
            | Self::Ambiguous { .. }
            | Self::RouteDiffers { .. }
            | Self::RouteTaken { .. }
            | Self::KeyReused { .. }
            | Self::TakenOut { .. } => "conflict",
        }
    }

    /// The next command; none when the text says all there is to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Store(error) => return store_hint(error),
            Self::Revision(error) => folder_hint(error),
            Self::Bundle { source, .. } => source.hint(),
            Self::NoDeployer { .. } => "gtc op env init binds the deployer of this machine",
            Self::EnvPack(_) | Self::NotADeployer { .. } => "gtc op env doctor",
            Self::Files { env_id, bundle_id, .. } => {
                return Some(format!(
                    "gtc op deploy BUNDLE --env {env_id}, with the file or folder that `{bundle_id}` was deployed from, stages it again"
                ));
            }
            Self::Provider { finish, .. } => return Some(finish.clone()),
            Self::HealthGate { failed_checks, env_id, .. }
                if failed_checks.contains(&HealthCheckId::SignatureStatus) =>
            {
                return Some(format!(
                    "the bundle itself is wrong; build it again, then gtc op deploy BUNDLE --env {env_id}"
                ));
            }
            Self::HealthGate { env_id, revision_id, .. } => {
                return Some(format!(
                    "mend what failed, then gtc op revisions warm {revision_id} --env {env_id}, or deploy again"
                ));
            }
            Self::NothingDeployed { env_id } => {
                return Some(format!("gtc op deploy BUNDLE --env {env_id}"));
            }
            Self::Ambiguous { subject: Subject::Deployment, .. } => {
                "--deployment NAME names one; gtc op bundles list"
            }
            Self::Unknown { subject, .. }
            | Self::Ambiguous { subject, .. }
            | Self::Selector { subject, .. } => subject.listed_by(),
            Self::RouteDiffers { .. } => {
                "deploy it without a route to keep the one it has, or remove the bundle and deploy it anew"
            }
            Self::RouteTaken { .. } => {
                "--path-prefix /NAME or --host HOST gives the bundle a route of its own"
            }
            Self::TakenOut { .. } | Self::KeyReused { .. } => {
                "gtc op deploy without --idempotency-key"
            }
            Self::Weight { .. } => "gtc op traffic set '#1=90%' '#2=10%'",
            Self::Route { .. } => "--path-prefix /NAME, or --host NAME.example.org",
            Self::CustomerMissing { .. } | Self::Customer { .. } => "--customer-id NAME",
            Self::BundleId { .. } => "--bundle-id NAME",
            Self::NoPast { .. } => "gtc op env history shows the changes there are",
        };
        Some(fixed.to_owned())
    }
}

fn store_kind(error: &StoreError) -> &'static str {
    match error {
        StoreError::Spec(_) => "spec",
        StoreError::Io { .. } | StoreError::AtomicWrite { .. } => "io",
        StoreError::TrustRoot { .. } => "trust-root",
        StoreError::OperatorKey(_) => "operator-key",
        StoreError::RevenuePolicy(_) => "revenue-policy",
        error => match error.kind() {
            ErrorKind::NotFound | ErrorKind::DependentNotFound => "not-found",
            ErrorKind::InvalidRequest => "invalid-argument",
            ErrorKind::Unauthorized => "unauthorized",
            ErrorKind::NotYetImplemented => "not-yet-implemented",
            ErrorKind::Internal | ErrorKind::IntegrityMismatch => "store",
            ErrorKind::PreconditionFailed
            | ErrorKind::PreconditionRequired
            | ErrorKind::IdempotencyConflict
            | ErrorKind::AlreadyExists
            | ErrorKind::Conflict
            | ErrorKind::HealthGateFailed => "conflict",
        },
    }
}

fn folder_kind(error: &RevisionFolderError) -> &'static str {
    match error {
        RevisionFolderError::Io { .. } => "io",
        RevisionFolderError::Pack { .. }
        | RevisionFolderError::PackConfig { .. }
        | RevisionFolderError::NoPacks
        | RevisionFolderError::DuplicatePack { .. }
        | RevisionFolderError::Document { .. } => "invalid-argument",
        _ => "conflict",
    }
}

/// What is wrong is with the bundle, with the folder, or with what was staged into it before.
fn folder_hint(error: &RevisionFolderError) -> &'static str {
    match error {
        RevisionFolderError::Busy => "run the same command again",
        RevisionFolderError::Io { source, .. } => io_hint(source),
        RevisionFolderError::Pack { .. }
        | RevisionFolderError::PackConfig { .. }
        | RevisionFolderError::NoPacks
        | RevisionFolderError::DuplicatePack { .. } => {
            "mend the bundle, then run the same command again"
        }
        _ => {
            "gtc op env doctor shows which revisions lack files; gtc op deploy of the same bundle puts them back"
        }
    }
}

fn io_hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "give this user access to the folder, or name another one with --store-root DIR"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space, then run the same command again"
        }
        _ => "gtc op env doctor",
    }
}

/// What becomes of a revision that is not where the verb needs it.
fn lifecycle_hint(error: &StoreError) -> &'static str {
    let rejection = match error {
        StoreError::Conflict(refusal) => refusal.rejection.as_deref(),
        _ => None,
    };
    let lifecycle = match rejection {
        Some(Rejection::NotReady { lifecycle, .. }) => Some(*lifecycle),
        // Whoever drains wants no new one.
        Some(Rejection::LifecycleConflict { expected, .. })
            if expected.iter().any(|one| one.admits_traffic()) =>
        {
            None
        }
        Some(Rejection::LifecycleConflict { actual, .. }) => Some(*actual),
        _ => None,
    };
    match lifecycle {
        Some(it) if it.is_final() => "gtc op deploy BUNDLE stages it again as a new revision",
        Some(it) if it.was_taken_out() && !it.can_be_retried() => {
            "gtc op revisions list shows when its drain is over; gtc op revisions archive REVISION ends it now"
        }
        _ if error.code() == "revision-not-ready" => "gtc op revisions warm REVISION",
        _ => "gtc op revisions list",
    }
}

/// The store's own text says what is wrong and what helps; this is the command for it.
fn store_hint(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Io { source, .. } | StoreError::AtomicWrite { source, .. } => {
            return Some(io_hint(source).to_owned());
        }
        StoreError::Journal { path, problem: JournalProblem::Damaged { .. } } => {
            return Some(format!(
                "end what serves it and move `{}*` to another folder, then gtc op env doctor",
                path.display()
            ));
        }
        _ => {}
    }
    let command = match error.code() {
        "environment-not-found" => match error {
            StoreError::NotFound { env_id } if env_id.as_str() == "local" => "gtc op env init",
            _ => "gtc op env list",
        },
        "operator-key-not-trusted" | "trust-root-empty" | "operator-key-missing" => {
            "gtc op trust-root bootstrap ENV trusts the operator key of this machine"
        }
        "deployment-not-found" => "gtc op bundles list",
        "revision-not-found" | "admission-revision-missing" => "gtc op revisions list",
        "deployment-live" => {
            "gtc op traffic clear --deployment BUNDLE, then gtc op revisions archive REVISION for each revision"
        }
        "revision-not-ready" | "lifecycle-conflict" => lifecycle_hint(error),
        "revision-has-traffic" => {
            "gtc op traffic set REVISION=100% --deployment BUNDLE, with another revision"
        }
        "basis-points-sum" => {
            "give shares that are one whole: gtc op traffic set '#1=90%' '#2=10%'"
        }
        "split-not-found" | "no-previous-split" => {
            "gtc op traffic set REVISION=100% --deployment BUNDLE"
        }
        "generation-not-kept" => "gtc op env history",
        "undo-refused" => {
            "gtc op env history, then gtc op env undo --to GENERATION with one since that change; for traffic alone gtc op traffic rollback --deployment BUNDLE"
        }
        "external-edit-invalid" => "mend the file, or gtc op env doctor --fix",
        "outcome-unknown" | "locked" => "run the same command again",
        _ => return None,
    };
    Some(command.to_owned())
}
