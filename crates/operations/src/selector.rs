//! Names that people write in the place of ids.

use std::fmt;
use std::str::FromStr;

use greentic_deploy_spec::{BundleDeployment, DeploymentId, Environment, Revision, RevisionId};

use crate::OpError;

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A revision.
    Revision,
    /// A deployment.
    Deployment,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revision => "revision",
            Self::Deployment => "deployment",
        })
    }
}

impl Subject {
    pub(crate) fn listed_by(self) -> &'static str {
        match self {
            Self::Revision => "gtc op revisions list",
            Self::Deployment => "gtc op bundles list",
        }
    }
}

/// A deployment by its id, by its bundle, or by `<bundle>/<customer>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeploymentSelector {
    /// The deployment with this id.
    Id(DeploymentId),
    /// The deployment of this bundle, or of `<bundle>/<customer>`.
    Named(String),
    /// The only one that there is.
    Only,
}

/// A revision by its id, or by its place among the revisions of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevisionSelector {
    /// The revision with this id.
    Id(RevisionId),
    /// One of a deployment's.
    Of(DeploymentSelector, Rank),
}

/// The place of a revision among those of its deployment that are not archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// The newest (`@latest`).
    Latest,
    /// The one before the newest (`@previous`).
    Previous,
    /// The one with this number (`#3`), archived or not.
    Sequence(u64),
}

const LONGEST: usize = 512;

impl FromStr for DeploymentSelector {
    type Err = OpError;

    /// Reads a deployment's ULID, a bundle's id, or `<bundle>/<customer>`.
    fn from_str(text: &str) -> Result<Self, OpError> {
        if text.trim().is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
            let expected = "a bundle's id, `<bundle>/<customer>`, or a deployment's ULID";
            return Err(invalid(text, Subject::Deployment, expected));
        }
        Ok(text.parse().map_or_else(|_| Self::Named(text.to_owned()), Self::Id))
    }
}

impl FromStr for RevisionSelector {
    type Err = OpError;

    /// Reads a ULID, `@latest`, `@previous` or `#<sequence>`; the last three may have a deployment before them
    /// (`hello@latest`, `hello#2`).
    fn from_str(text: &str) -> Result<Self, OpError> {
        let expected = "a ULID, `@latest`, `@previous` or `#<sequence>`; where several bundles are deployed, after the bundle's id, as in `hello@latest`";
        let fail = || invalid(text, Subject::Revision, expected);
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let at = text.rfind(['@', '#']).filter(|_| text.len() <= LONGEST).ok_or_else(fail)?;
        let (deployment, rank) = text.split_at(at);
        let rank = match rank {
            "@latest" => Rank::Latest,
            "@previous" => Rank::Previous,
            other => {
                let number = other.strip_prefix('#').and_then(|number| number.parse().ok());
                Rank::Sequence(number.ok_or_else(fail)?)
            }
        };
        if deployment.is_empty() {
            return Ok(Self::Of(DeploymentSelector::Only, rank));
        }
        Ok(Self::Of(deployment.parse()?, rank))
    }
}

fn invalid(text: &str, subject: Subject, expected: &'static str) -> OpError {
    let text = text.chars().take(80).collect();
    OpError::Selector { text, subject, expected }
}

impl DeploymentSelector {
    /// The deployment that it stands for.
    ///
    /// # Errors
    /// [`OpError::Unknown`] and [`OpError::Ambiguous`] with the deployments that there are.
    pub fn resolve<'e>(
        &self,
        environment: &'e Environment,
    ) -> Result<&'e BundleDeployment, OpError> {
        let all = &environment.bundles;
        let matching: Vec<_> = all.iter().filter(|deployment| self.names(deployment)).collect();
        match matching.as_slice() {
            [one] => Ok(one),
            [] if *self == Self::Only => {
                Err(OpError::NothingDeployed { env_id: environment.environment_id.clone() })
            }
            [] => Err(OpError::Unknown {
                subject: Subject::Deployment,
                name: self.to_string(),
                candidates: all.iter().map(shown).collect(),
            }),
            several => Err(OpError::Ambiguous {
                subject: Subject::Deployment,
                name: self.to_string(),
                candidates: several.iter().map(|deployment| shown(deployment)).collect(),
            }),
        }
    }

    fn names(&self, deployment: &BundleDeployment) -> bool {
        match self {
            Self::Id(id) => deployment.deployment_id == *id,
            Self::Only => true,
            Self::Named(name) => {
                *name == deployment.bundle_id.as_str() || *name == shown(deployment)
            }
        }
    }
}

fn shown(deployment: &BundleDeployment) -> String {
    format!("{}/{}", deployment.bundle_id, deployment.customer_id)
}

impl fmt::Display for DeploymentSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Named(name) => f.write_str(name),
            Self::Only => f.write_str("what is meant"),
        }
    }
}

impl RevisionSelector {
    /// The revision that it stands for. Where it names no deployment, `within` says which one is meant.
    ///
    /// # Errors
    /// [`OpError::Unknown`] and [`OpError::Ambiguous`] with the revisions or deployments that there are.
    pub fn resolve<'e>(
        &self,
        environment: &'e Environment,
        within: &DeploymentSelector,
    ) -> Result<&'e Revision, OpError> {
        let (selector, rank) = match self {
            Self::Id(id) => {
                let unknown = || unknown(id.to_string(), environment.revisions.iter().collect());
                return environment.revision(*id).ok_or_else(unknown);
            }
            Self::Of(DeploymentSelector::Only, rank) => (within, *rank),
            Self::Of(selector, rank) => (selector, *rank),
        };
        let deployment_id = selector.resolve(environment)?.deployment_id;
        let revisions = environment.revisions.iter();
        let mut all: Vec<_> =
            revisions.filter(|revision| revision.deployment_id == deployment_id).collect();
        all.sort_by_key(|revision| std::cmp::Reverse(revision.sequence));
        let mut usable = all.iter().copied().filter(|revision| !revision.lifecycle.is_final());
        let found = match rank {
            Rank::Latest => usable.next(),
            Rank::Previous => usable.nth(1),
            Rank::Sequence(number) => all.iter().copied().find(|one| one.sequence == number),
        };
        found.ok_or_else(|| unknown(self.to_string(), all))
    }
}

fn unknown(name: String, revisions: Vec<&Revision>) -> OpError {
    let shown =
        |one: &&Revision| format!("{} (#{}, {})", one.revision_id, one.sequence, one.lifecycle);
    let candidates = revisions.iter().map(shown).collect();
    OpError::Unknown { subject: Subject::Revision, name, candidates }
}

impl fmt::Display for RevisionSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (selector, rank) = match self {
            Self::Id(id) => return id.fmt(f),
            Self::Of(selector, rank) => (selector, rank),
        };
        if *selector != DeploymentSelector::Only {
            selector.fmt(f)?;
        }
        match rank {
            Rank::Latest => f.write_str("@latest"),
            Rank::Previous => f.write_str("@previous"),
            Rank::Sequence(number) => write!(f, "#{number}"),
        }
    }
}
