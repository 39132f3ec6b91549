use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::{CapabilitySlot, EnvId, PackDescriptor, SecretRef};
use greentic_env_pack::{
    EnvPackRegistry, PortContext, Registered, RegistryError, SessionKey, StateKey, Taken,
};
use greentic_env_pack_local::{LocalOptions, register_local};
use greentic_env_store::defaults::{
    LOCAL_DEPLOYER_PACK, LOCAL_SECRETS_PACK, LOCAL_SESSIONS_PACK, LOCAL_STATE_PACK,
    LOCAL_TELEMETRY_PACK,
};
use tempfile::TempDir;

use crate::lab::ToldProbe;

struct Lab {
    root: TempDir,
    registry: EnvPackRegistry,
}

impl Lab {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        let mut registry = EnvPackRegistry::new();
        register_local(&mut registry, options(&root)).unwrap();
        Self { root, registry }
    }

    fn context(&self) -> PortContext {
        let env_root = self.root.path().to_owned();
        PortContext { env_id: EnvId::new("local").unwrap(), env_root, answers: None }
    }
}

fn options(root: &TempDir) -> LocalOptions {
    LocalOptions { root: root.path().to_owned(), probe: Arc::new(ToldProbe::default()) }
}

fn kind(text: &str) -> PackDescriptor {
    PackDescriptor::try_new(text).unwrap()
}

#[test]
fn every_default_of_the_local_environment_is_there_in_its_slot() {
    let lab = Lab::new();
    let defaults = [
        (CapabilitySlot::Deployer, LOCAL_DEPLOYER_PACK),
        (CapabilitySlot::Secrets, LOCAL_SECRETS_PACK),
        (CapabilitySlot::Telemetry, LOCAL_TELEMETRY_PACK),
        (CapabilitySlot::Sessions, LOCAL_SESSIONS_PACK),
        (CapabilitySlot::State, LOCAL_STATE_PACK),
    ];
    assert_eq!(lab.registry.len(), defaults.len());
    for (slot, descriptor) in defaults {
        lab.registry.resolve_for_slot(slot, &kind(descriptor)).unwrap();
        let (path, _) = descriptor.split_once('@').unwrap();
        let later = kind(&format!("{path}@0.2.0"));
        let error = lab.registry.resolve(&later).unwrap_err();
        assert_eq!(error.code(), "env-pack-version-unsupported");
    }
}

#[test]
fn registering_twice_is_refused() {
    let mut lab = Lab::new();
    let error = register_local(&mut lab.registry, options(&lab.root)).unwrap_err();
    assert!(matches!(error, RegistryError::DuplicateRegistration(_)), "{error}");
}

#[test]
fn the_deployer_says_that_it_needs_no_credentials() {
    let lab = Lab::new();
    let handler = lab.registry.resolve(&kind(LOCAL_DEPLOYER_PACK)).unwrap();
    assert!(handler.as_deployer().is_some());
    assert!(!handler.deployer_credentials().unwrap().requires_credentials_material());
}

#[tokio::test]
async fn sessions_are_the_same_for_all_who_ask() {
    let lab = Lab::new();
    let handler = lab.registry.resolve(&kind(LOCAL_SESSIONS_PACK)).unwrap();
    let ask = || handler.sessions(&lab.context()).unwrap();
    let key = SessionKey::new("local/acme/d/r", "alice");
    let parked = ask().register_if_absent(&key, b"v".to_vec(), None).await.unwrap();
    assert_eq!(parked, Registered::Now);
    let taken = ask().take(&key, Duration::from_secs(1)).await.unwrap();
    assert!(matches!(taken, Taken::Held(_)), "{taken:?}");
}

#[tokio::test]
async fn state_is_the_same_for_all_who_ask() {
    let lab = Lab::new();
    let handler = lab.registry.resolve(&kind(LOCAL_STATE_PACK)).unwrap();
    let key = StateKey::new("local/acme/d/r", "count");
    handler.state(&lab.context()).unwrap().set(&key, b"1".to_vec(), None).await.unwrap();
    let seen = handler.state(&lab.context()).unwrap().get(&key).await.unwrap();
    assert_eq!(seen, Some(b"1".to_vec()));
}

#[tokio::test]
async fn secrets_are_those_of_the_environments_folder() {
    let lab = Lab::new();
    let file = lab.root.path().join(".greentic/dev/.dev.secrets.env");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "secret://local/acme/_/chat/token=t\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let handler = lab.registry.resolve(&kind(LOCAL_SECRETS_PACK)).unwrap();
    let secrets = handler.secrets(&lab.context()).unwrap();
    let secret = SecretRef::try_new("secret://local/acme/_/chat/token").unwrap();
    assert_eq!(secrets.read(&secret).await.unwrap(), Some(b"t".to_vec()));
}
