use std::path::Path;

use greentic_deploy_spec::{CapabilitySlot, EnvId, PackDescriptor};
use greentic_env_pack::{
    BootstrapError, BootstrapInput, BootstrapOutcome, CredentialCapability, DeployerCredentials,
    EnvPackHandler, EnvPackRegistry, PortContext, RegistryError, RequirementsReport,
    ValidationContext, VersionReq,
};

/// An env-pack that has a name and nothing else.
#[derive(Debug)]
struct Named {
    slot: CapabilitySlot,
    path: &'static str,
    versions: &'static str,
    credentials: Option<NoCredentials>,
}

#[derive(Debug)]
struct NoCredentials;

impl DeployerCredentials for NoCredentials {
    fn requires_credentials_material(&self) -> bool {
        false
    }

    fn required_capabilities(&self) -> Vec<CredentialCapability> {
        Vec::new()
    }

    fn validate(&self, _context: &ValidationContext<'_>) -> RequirementsReport {
        RequirementsReport::default()
    }

    fn bootstrap(&self, _input: &BootstrapInput<'_>) -> Result<BootstrapOutcome, BootstrapError> {
        Err(BootstrapError::NotApplicable)
    }
}

impl EnvPackHandler for Named {
    fn slot(&self) -> CapabilitySlot {
        self.slot
    }

    fn descriptor_path(&self) -> &str {
        self.path
    }

    fn supported_versions(&self) -> VersionReq {
        VersionReq::parse(self.versions).unwrap()
    }

    fn deployer_credentials(&self) -> Option<&dyn DeployerCredentials> {
        self.credentials.as_ref().map(|credentials| credentials as &dyn DeployerCredentials)
    }
}

fn named(slot: CapabilitySlot, path: &'static str, versions: &'static str) -> Box<Named> {
    Box::new(Named { slot, path, versions, credentials: None })
}

fn kind(text: &str) -> PackDescriptor {
    PackDescriptor::try_new(text).unwrap()
}

fn registry() -> EnvPackRegistry {
    let mut registry = EnvPackRegistry::new();
    registry.register(named(CapabilitySlot::Sessions, "acme.sessions.redis", "^0.1.0")).unwrap();
    registry.register(named(CapabilitySlot::State, "acme.state.disk", ">=1, <3")).unwrap();
    registry
}

#[test]
fn a_descriptor_finds_the_env_pack_with_its_path() {
    let registry = registry();
    let found = registry.resolve(&kind("acme.state.disk@2.7.1")).unwrap();
    assert_eq!(found.descriptor_path(), "acme.state.disk");
    let paths: Vec<_> = registry.iter().map(EnvPackHandler::descriptor_path).collect();
    assert_eq!(paths, ["acme.sessions.redis", "acme.state.disk"]);
    assert_eq!(registry.len(), 2);
}

#[test]
fn nothing_is_shadowed() {
    let mut registry = registry();
    let again = named(CapabilitySlot::Deployer, "acme.state.disk", "^9");
    let error = registry.register(again).unwrap_err();
    assert_eq!(error, RegistryError::DuplicateRegistration("acme.state.disk".to_owned()));
    let there = registry.resolve(&kind("acme.state.disk@1.0.0")).unwrap();
    assert_eq!(there.slot(), CapabilitySlot::State);
}

#[test]
fn a_deployer_without_a_credentials_contract_is_refused() {
    let mut registry = EnvPackRegistry::new();
    let mut deployer = named(CapabilitySlot::Deployer, "acme.deployer.moon", "^1");
    deployer.credentials = Some(NoCredentials);
    registry.register(deployer).unwrap();
    let error =
        registry.register(named(CapabilitySlot::Deployer, "acme.deployer.mars", "^1")).unwrap_err();
    assert_eq!(error.code(), "env-pack-without-credentials");
    assert_eq!(registry.len(), 1);
}

#[test]
fn an_unknown_path_is_told_with_the_nearest_and_all_that_there_are() {
    let error = registry().resolve(&kind("acme.session.redis@0.1.0")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this program has no env-pack `acme.session.redis@0.1.0`; did you mean \
         `acme.sessions.redis`? it has acme.sessions.redis, acme.state.disk"
    );
    assert_eq!(error.code(), "env-pack-unknown");
}

#[test]
fn no_guess_is_made_where_nothing_is_near() {
    for text in ["greentic.deployer.k8s@1.0.0", &format!("a.{}@1.0.0", "b".repeat(100_000))] {
        let RegistryError::Unknown(unknown) = registry().resolve(&kind(text)).unwrap_err() else {
            panic!("{text} was found");
        };
        assert_eq!(unknown.nearest, None);
    }
    let error = EnvPackRegistry::new().resolve(&kind("a.b@1.0.0")).unwrap_err();
    assert!(error.to_string().ends_with("it has none at all"), "{error}");
}

#[test]
fn versions_are_matched_as_cargo_matches_them() {
    let registry = registry();
    for refused in ["0.2.0", "1.0.0", "0.1.0-dev"] {
        let kind = kind(&format!("acme.sessions.redis@{refused}"));
        let error = registry.resolve(&kind).unwrap_err();
        assert_eq!(
            error,
            RegistryError::VersionUnsupported {
                kind: "acme.sessions.redis".to_owned(),
                requested: refused.to_owned(),
                supported: "^0.1.0".to_owned(),
            }
        );
    }
    registry.resolve(&kind("acme.sessions.redis@0.1.9")).unwrap();
}

#[test]
fn the_slot_is_looked_at_after_the_version() {
    let registry = registry();
    let slot = CapabilitySlot::State;
    let both = registry.resolve_for_slot(slot, &kind("acme.sessions.redis@7.0.0")).unwrap_err();
    assert_eq!(both.code(), "env-pack-version-unsupported");
    let error = registry.resolve_for_slot(slot, &kind("acme.sessions.redis@0.1.0")).unwrap_err();
    assert_eq!(
        error,
        RegistryError::SlotMismatch {
            kind: "acme.sessions.redis@0.1.0".to_owned(),
            expected: slot,
            actual: CapabilitySlot::Sessions,
        }
    );
}

#[test]
fn an_env_pack_gives_no_more_than_it_says() {
    let registry = registry();
    let kind = kind("acme.sessions.redis@0.1.0");
    assert_eq!(registry.wizard_qaspec_yaml_for_descriptor(&kind).unwrap(), None);
    let handler = registry.resolve(&kind).unwrap();
    let context = PortContext {
        env_id: EnvId::new("local").unwrap(),
        env_root: Path::new("nowhere").to_owned(),
        answers: None,
    };
    assert!(handler.sessions(&context).is_none());
    assert!(handler.state(&context).is_none());
    assert!(handler.secrets(&context).is_none());
    assert!(handler.as_deployer().is_none());
}
