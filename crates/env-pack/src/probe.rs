use std::error::Error;
use std::fmt::Debug;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use greentic_deploy_spec::{EnvId, PackId, Revision, RevisionId, SemVer};

/// Loads a revision as it would be served, to show that it can be, and asks its providers for their
/// health.
#[async_trait]
pub trait RevisionProbe: Debug + Send + Sync {
    /// Loads every pack of the revision, lets go of them again, and tells what was seen. Nothing is
    /// served by it, and what serves already is left alone.
    ///
    /// A provider that answers that it is not healthy is part of the report, not an error: whoever
    /// asks decides what that means.
    ///
    /// # Errors
    /// [`ProbeError`], for the first thing that cannot be loaded or asked.
    async fn probe(&self, revision: &RevisionToProbe) -> Result<ProbeReport, ProbeError>;
}

/// Which revision is probed, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionToProbe {
    /// The environment.
    pub env_id: EnvId,
    /// The environment's folder: references of the revision are relative to it.
    pub env_root: PathBuf,
    /// The revision.
    pub revision: Revision,
    /// The tenant of the deployment's route binding; `default` when it names none.
    pub tenant: String,
}

/// What was seen of a revision that can be loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeReport {
    /// Each pack, in the order of the revision's pack list.
    pub packs: Vec<ProbedPack>,
}

/// What was seen of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbedPack {
    /// The pack, as its manifest names it.
    pub pack_id: PackId,
    /// Its version.
    pub version: SemVer,
    /// How many components it has.
    pub components: usize,
    /// How many flows it has.
    pub flows: usize,
    /// How its providers are.
    pub providers: Vec<ProviderHealth>,
    /// Whether its signature holds, in words.
    pub signature: String,
}

/// How a provider is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderHealth {
    /// What it provides, for example `messaging.telegram.bot`.
    pub provider_type: String,
    /// The component that does.
    pub component: String,
    /// What it answered.
    pub health: Health,
}

/// What a provider answered when it was asked for its health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is well.
    Healthy,
    /// It is not.
    Unhealthy {
        /// What it says, cut to what a reader needs.
        detail: String,
    },
}

/// A provider that is not healthy, with the pack that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unhealthy<'a> {
    /// The pack.
    pub pack_id: &'a PackId,
    /// The provider.
    pub provider: &'a ProviderHealth,
    /// What it says.
    pub detail: &'a str,
}

impl ProbeReport {
    /// The providers that are not healthy, in the order of the report.
    pub fn unhealthy(&self) -> impl Iterator<Item = Unhealthy<'_>> {
        self.packs.iter().flat_map(ProbedPack::unhealthy)
    }
}

impl ProbedPack {
    fn unhealthy(&self) -> impl Iterator<Item = Unhealthy<'_>> {
        self.providers.iter().filter_map(|provider| match &provider.health {
            Health::Healthy => None,
            Health::Unhealthy { detail } => {
                Some(Unhealthy { pack_id: &self.pack_id, provider, detail })
            }
        })
    }
}

/// A revision cannot be loaded, or its providers cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The revision as a whole: its folder, its list of packs, its configuration.
    #[error("revision {revision_id} cannot be loaded; stage it again")]
    Revision {
        /// The revision.
        revision_id: RevisionId,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A pack cannot be loaded.
    #[error("pack `{pack_id}` cannot be loaded; build the bundle again and deploy it anew")]
    Pack {
        /// The pack.
        pack_id: PackId,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A component cannot be made ready or does not answer.
    #[error(
        "component `{component}` of pack `{pack_id}` cannot {operation}; mend it, build the bundle \
         again and deploy it anew"
    )]
    Component {
        /// The pack.
        pack_id: PackId,
        /// The component.
        component: String,
        /// What it could not do, for example `start` or `tell its health`.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It took too long.
    #[error(
        "revision {revision_id} was not loaded within {limit:?}; retry when the machine is less busy"
    )]
    TimedOut {
        /// The revision.
        revision_id: RevisionId,
        /// How long was waited.
        limit: Duration,
    },
}

impl ProbeError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Revision { .. } => "probe-revision",
            Self::Pack { .. } => "probe-pack",
            Self::Component { .. } => "probe-component",
            Self::TimedOut { .. } => "probe-timed-out",
        }
    }
}
