mod advice;
mod files;

use std::path::PathBuf;

use greentic_deploy_spec::{
    BundleId, CustomerId, DeploymentId, EnvId, HealthCheckId, IdempotencyKey, RevisionId,
};
use greentic_deployer::DeployerError;
use greentic_env_pack::RegistryError;
use greentic_env_store::StoreError;
use greentic_pack_format::BuildError;
use greentic_pack_format::revision::RevisionFolderError;

pub use files::Advice;

use crate::Subject;

/// Why an operation was not carried out, or not to its end.
///
/// The text says what is wrong; [`OpError::hint`] the next command; [`OpError::kind`] is the public kind of error and
/// [`OpError::code`] the exact reason, both stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpError {
    /// The store refused, or could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is to be deployed cannot be read or built.
    #[error("`{}` cannot be deployed: {source}", path.display())]
    Bundle {
        /// What was named.
        path: PathBuf,
        /// Why.
        source: Box<BuildError>,
    },
    /// The folder of a revision cannot be made or read.
    #[error(transparent)]
    Revision(#[from] Box<RevisionFolderError>),
    /// No env-pack fills the deployer slot.
    #[error("environment `{env_id}` has no deployer; bind an env-pack to the slot `deployer`")]
    NoDeployer {
        /// The environment.
        env_id: EnvId,
    },
    /// The env-pack that is bound cannot be used by this program.
    #[error(transparent)]
    EnvPack(#[from] RegistryError),
    /// The env-pack in the deployer slot deploys nothing.
    #[error("env-pack `{descriptor}` is bound as deployer, but deploys nothing; bind another one")]
    NotADeployer {
        /// The env-pack.
        descriptor: String,
    },
    /// A revision that is to serve is not there as it was staged. Nothing is recorded.
    #[error(
        "the files of revision {revision_id} of bundle `{bundle_id}` are not as they were staged: {source}"
    )]
    Files {
        /// The environment.
        env_id: EnvId,
        /// The revision.
        revision_id: RevisionId,
        /// Its bundle.
        bundle_id: BundleId,
        /// What is wrong with them.
        source: Box<RevisionFolderError>,
    },
    /// The change is committed; the provider did not follow.
    #[error(
        "the change is recorded, but the provider did not follow (`{verb}` of {subject}): {source}"
    )]
    Provider {
        /// The verb of the deployer.
        verb: &'static str,
        /// What it was called for.
        subject: String,
        /// What the provider says.
        source: Box<DeployerError>,
        /// The command that does what is missing.
        finish: String,
    },
    /// A revision did not pass its health gate. It is recorded as failed; the traffic is as it was.
    #[error(
        "revision {revision_id} is not ready ({}): {message}. It is recorded as failed, and the traffic is as it was", checks(.failed_checks)
    )]
    HealthGate {
        /// The environment.
        env_id: EnvId,
        /// The revision.
        revision_id: RevisionId,
        /// The checks that failed.
        failed_checks: Vec<HealthCheckId>,
        /// What people read.
        message: String,
    },
    /// A name stands for nothing.
    #[error("there is no {subject} `{name}`{}", one_of(.candidates))]
    Unknown {
        /// What was looked for.
        subject: Subject,
        /// The name.
        name: String,
        /// What there is.
        candidates: Vec<String>,
    },
    /// The only deployment is meant, and there is none.
    #[error("nothing is deployed to environment `{env_id}`")]
    NothingDeployed {
        /// The environment.
        env_id: EnvId,
    },
    /// A name stands for more than one thing.
    #[error("{name} may be more than one {subject}{}", one_of(.candidates))]
    Ambiguous {
        /// What was looked for.
        subject: Subject,
        /// The name, or what was left out.
        name: String,
        /// What it may be.
        candidates: Vec<String>,
    },
    /// A text names no revision or deployment.
    #[error("`{text}` names no {subject}; write {expected}")]
    Selector {
        /// The text.
        text: String,
        /// What it should name.
        subject: Subject,
        /// How that is written.
        expected: &'static str,
    },
    /// A text is no weight.
    #[error("`{text}` is no weight; write `90%`, `90` for the same, or `9000bps`")]
    Weight {
        /// The text.
        text: String,
    },
    /// Nobody is named who pays.
    #[error("environment `{env_id}` needs a customer; name one")]
    CustomerMissing {
        /// The environment.
        env_id: EnvId,
    },
    /// A route that cannot be one.
    #[error("`{value}` cannot be {what}; {expected}")]
    Route {
        /// What it should be.
        what: &'static str,
        /// The value.
        value: String,
        /// What is expected.
        expected: &'static str,
    },
    /// The deployment has another route than the one that is asked for.
    #[error("bundle `{bundle_id}` is deployed with another route, and a deploy does not change it")]
    RouteDiffers {
        /// The bundle.
        bundle_id: BundleId,
        /// Its deployment.
        deployment_id: DeploymentId,
    },
    /// Another deployment has the same route.
    #[error(
        "bundle `{bundle_id}` and bundle `{other}` would both be reached by {route}, and neither is more specific"
    )]
    RouteTaken {
        /// The bundle that is deployed.
        bundle_id: BundleId,
        /// The one that has the route.
        other: BundleId,
        /// The route.
        route: String,
    },
    /// The key was used for something else.
    #[error("idempotency key `{key}` was used for another deploy; take a fresh key, or none")]
    KeyReused {
        /// The key.
        key: IdempotencyKey,
    },
    /// What the key deployed was taken out of service since.
    #[error(
        "revision {revision_id}, which this key deployed, was taken out of service since; deploy under a fresh key, or none"
    )]
    TakenOut {
        /// The revision.
        revision_id: RevisionId,
    },
    /// There is nothing to go back to.
    #[error("environment `{env_id}` has no change before generation {generation}")]
    NoPast {
        /// The environment.
        env_id: EnvId,
        /// The generation.
        generation: u64,
    },
    /// The bundle's id cannot be used.
    #[error(
        "`{}` cannot be the id of a bundle; use 1 to 255 letters, digits, `.`, `_` and `-`, and no `..`", shortened(.bundle_id.as_str())
    )]
    BundleId {
        /// The id.
        bundle_id: BundleId,
    },
    /// The customer's id cannot be used.
    #[error("customer `{customer_id}` cannot be used: {reason}")]
    Customer {
        /// The customer.
        customer_id: CustomerId,
        /// Why.
        reason: String,
    },
}

fn checks(failed: &[HealthCheckId]) -> String {
    let names = failed.iter().map(|check| {
        serde_json::to_value(check).ok().and_then(|name| name.as_str().map(str::to_owned))
    });
    names.flatten().collect::<Vec<_>>().join(", ")
}

/// As much of a text as people read.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

fn one_of(candidates: &[String]) -> String {
    const SHOWN: usize = 10;
    if candidates.is_empty() {
        return "; there is none at all".to_owned();
    }
    let shown: Vec<_> = candidates.iter().take(SHOWN).map(String::as_str).collect();
    let more = if candidates.len() > SHOWN { ", …" } else { "" };
    format!("; choose one of {}{more}", shown.join(", "))
}

impl From<RevisionFolderError> for OpError {
    fn from(error: RevisionFolderError) -> Self {
        Self::Revision(Box::new(error))
    }
}

impl OpError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Store(error) => error.code(),
            Self::Bundle { source, .. } => source.code(),
            Self::Revision(error) => error.code(),
            Self::Files { source, .. } => source.code(),
            Self::NoDeployer { .. } => "no-deployer",
            Self::EnvPack(error) => error.code(),
            Self::NotADeployer { .. } => "not-a-deployer",
            Self::Provider { .. } => "provider-lagging",
            Self::HealthGate { .. } => "health-gate-failed",
            Self::Unknown { .. } => "name-unknown",
            Self::NothingDeployed { .. } => "nothing-deployed",
            Self::Ambiguous { .. } => "name-ambiguous",
            Self::Selector { .. } => "selector-invalid",
            Self::Weight { .. } => "weight-invalid",
            Self::CustomerMissing { .. } => "customer-missing",
            Self::Customer { .. } => "customer-invalid",
            Self::Route { .. } => "route-invalid",
            Self::RouteDiffers { .. } => "route-differs",
            Self::RouteTaken { .. } => "route-taken",
            Self::KeyReused { .. } => "idempotency-conflict",
            Self::TakenOut { .. } => "revision-taken-out",
            Self::NoPast { .. } => "no-past",
            Self::BundleId { .. } => "bundle-id-invalid",
        }
    }

    /// Tells whether something may be committed although this is an error.
    #[must_use]
    pub fn may_be_committed(&self) -> bool {
        match self {
            Self::Store(error) => error.may_be_committed(),
            Self::Provider { .. } | Self::HealthGate { .. } => true,
            _ => false,
        }
    }
}
