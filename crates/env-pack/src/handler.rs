use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use greentic_deploy_spec::{CapabilitySlot, EnvId};
use greentic_deployer::{Deployer, ManifestRenderer};
use semver::VersionReq;
use serde_json::Value;

use crate::{DeployerCredentials, SecretsReader, Sessions, StateStore};

/// An env-pack that is built into a program: what fills one capability slot of an environment.
///
/// It is registered under its path ([`crate::EnvPackRegistry`]); whoever needs a capability asks the
/// registry with the descriptor that the environment records, and never names an implementation.
pub trait EnvPackHandler: Debug + Send + Sync {
    /// The slot that it fills.
    fn slot(&self) -> CapabilitySlot;

    /// The path of its descriptor, for example `greentic.deployer.local-process`.
    fn descriptor_path(&self) -> &str;

    /// The versions that it implements.
    fn supported_versions(&self) -> VersionReq;

    /// Whether the programs are there that it calls. By default it calls none.
    fn preflight(&self) -> Vec<ToolCheck> {
        Vec::new()
    }

    /// How its credentials are checked and minted. Every deployer has one, even when it says that
    /// none are needed.
    fn deployer_credentials(&self) -> Option<&dyn DeployerCredentials> {
        None
    }

    /// The questions whose answers configure it, as QASpec YAML. None when there is nothing to ask.
    fn wizard_qaspec_yaml(&self) -> Option<&'static str> {
        None
    }

    /// Its deployer, when it fills the slot `deployer`.
    fn as_deployer(&self) -> Option<&dyn Deployer> {
        None
    }

    /// Its renderer, when it renders environments as objects.
    fn as_manifest_renderer(&self) -> Option<&dyn ManifestRenderer> {
        None
    }

    /// Where parked conversations are kept, when it fills the slot `sessions`.
    ///
    /// Calls with the same context give the same conversations, as do the ports below. A port that
    /// cannot be reached says so when it is used.
    fn sessions(&self, context: &PortContext) -> Option<Arc<dyn Sessions>> {
        let _ = context;
        None
    }

    /// Where guests keep their state, when it fills the slot `state`.
    fn state(&self, context: &PortContext) -> Option<Arc<dyn StateStore>> {
        let _ = context;
        None
    }

    /// Where secrets are read, when it fills the slot `secrets`.
    fn secrets(&self, context: &PortContext) -> Option<Arc<dyn SecretsReader>> {
        let _ = context;
        None
    }
}

/// The environment that a port is for.
#[derive(Clone, Debug, PartialEq)]
pub struct PortContext {
    /// The environment.
    pub env_id: EnvId,
    /// The environment's folder.
    pub env_root: PathBuf,
    /// The answers of the slot's binding; none means the defaults.
    pub answers: Option<Value>,
}

/// Whether a program is there that an env-pack calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCheck {
    /// The program.
    pub tool: String,
    /// What was found.
    pub status: ToolStatus,
}

/// What was found of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolStatus {
    /// It is there.
    Found {
        /// Its version, when it tells.
        version: Option<String>,
    },
    /// It is not.
    Missing {
        /// How to get it.
        hint: String,
    },
}
