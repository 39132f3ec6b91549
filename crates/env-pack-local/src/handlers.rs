//! The handlers, each under its path.

use std::path::PathBuf;
use std::sync::Arc;

use greentic_deploy_spec::CapabilitySlot;
use greentic_deployer::Deployer;
use greentic_env_pack::{
    DeployerCredentials, EnvPackHandler, EnvPackRegistry, MemorySessions, MemoryState, PortContext,
    RegistryError, RevisionProbe, SecretsReader, Sessions, StateStore, VersionReq,
};
use semver::{Comparator, Op, Prerelease};

use crate::{DevSecrets, LocalCredentials, LocalDeployer};

/// What the env-packs of this machine work with.
#[derive(Clone, Debug)]
pub struct LocalOptions {
    /// The folder that has a folder for each environment.
    pub root: PathBuf,
    /// What loads a revision to show that it can be served.
    pub probe: Arc<dyn RevisionProbe>,
}

/// Adds the env-packs of this machine to a registry.
///
/// # Errors
/// [`RegistryError::DuplicateRegistration`] when one of them is there already. Those before it were
/// added.
pub fn register_local(
    registry: &mut EnvPackRegistry,
    options: LocalOptions,
) -> Result<(), RegistryError> {
    let handlers: [Box<dyn EnvPackHandler>; 5] = [
        Box::new(LocalProcess::new(options)),
        Box::new(DevStore),
        Box::new(Stdout),
        Box::<InMemorySessions>::default(),
        Box::<InMemoryState>::default(),
    ];
    handlers.into_iter().try_for_each(|handler| registry.register(handler))
}

/// `^0.1.0`.
fn versions() -> VersionReq {
    let first = Comparator {
        op: Op::Caret,
        major: 0,
        minor: Some(1),
        patch: Some(0),
        pre: Prerelease::EMPTY,
    };
    VersionReq { comparators: vec![first] }
}

/// Slot, path and versions of a handler.
macro_rules! descriptor {
    ($slot:ident, $path:literal) => {
        fn slot(&self) -> CapabilitySlot {
            CapabilitySlot::$slot
        }

        fn descriptor_path(&self) -> &str {
            $path
        }

        fn supported_versions(&self) -> VersionReq {
            versions()
        }
    };
}

#[derive(Debug)]
struct LocalProcess {
    deployer: LocalDeployer,
    credentials: LocalCredentials,
}

impl LocalProcess {
    fn new(options: LocalOptions) -> Self {
        let deployer = LocalDeployer::new(options.root, options.probe);
        Self { deployer, credentials: LocalCredentials }
    }
}

impl EnvPackHandler for LocalProcess {
    descriptor!(Deployer, "greentic.deployer.local-process");

    fn deployer_credentials(&self) -> Option<&dyn DeployerCredentials> {
        Some(&self.credentials)
    }

    fn as_deployer(&self) -> Option<&dyn Deployer> {
        Some(&self.deployer)
    }
}

#[derive(Debug)]
struct DevStore;

impl EnvPackHandler for DevStore {
    descriptor!(Secrets, "greentic.secrets.dev-store");

    fn secrets(&self, context: &PortContext) -> Option<Arc<dyn SecretsReader>> {
        Some(Arc::new(DevSecrets::new(context.env_id.clone(), context.env_root.clone())))
    }
}

#[derive(Debug)]
struct Stdout;

impl EnvPackHandler for Stdout {
    descriptor!(Telemetry, "greentic.telemetry.stdout");
}

/// One store for all environments: what isolates them is part of every key.
#[derive(Debug, Default)]
struct InMemorySessions(Arc<MemorySessions>);

impl EnvPackHandler for InMemorySessions {
    descriptor!(Sessions, "greentic.sessions.in-memory");

    fn sessions(&self, _context: &PortContext) -> Option<Arc<dyn Sessions>> {
        Some(Arc::clone(&self.0) as _)
    }
}

/// One store for all environments: what isolates them is part of every key.
#[derive(Debug, Default)]
struct InMemoryState(Arc<MemoryState>);

impl EnvPackHandler for InMemoryState {
    descriptor!(State, "greentic.state.in-memory");

    fn state(&self, _context: &PortContext) -> Option<Arc<dyn StateStore>> {
        Some(Arc::clone(&self.0) as _)
    }
}
