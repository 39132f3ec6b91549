mod error;

use std::collections::BTreeMap;

use greentic_deploy_spec::{CapabilitySlot, PackDescriptor};

pub use error::{RegistryError, UnknownEnvPack};

use crate::EnvPackHandler;

/// The env-packs that are built into a program, each under its path.
///
/// ```
/// use greentic_deploy_spec::{CapabilitySlot, PackDescriptor};
/// use greentic_env_pack::{EnvPackHandler, EnvPackRegistry, VersionReq};
///
/// #[derive(Debug)]
/// struct Redis;
///
/// impl EnvPackHandler for Redis {
///     fn slot(&self) -> CapabilitySlot {
///         CapabilitySlot::Sessions
///     }
///     fn descriptor_path(&self) -> &str {
///         "acme.sessions.redis"
///     }
///     fn supported_versions(&self) -> VersionReq {
///         VersionReq::parse("^1.2").unwrap_or_default()
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut registry = EnvPackRegistry::new();
/// registry.register(Box::new(Redis))?;
/// let kind = PackDescriptor::try_new("acme.sessions.redis@1.4.0")?;
/// registry.resolve_for_slot(CapabilitySlot::Sessions, &kind)?;
///
/// let typo = PackDescriptor::try_new("acme.session.redis@1.4.0")?;
/// let error = registry.resolve(&typo).unwrap_err();
/// assert!(error.to_string().contains("did you mean `acme.sessions.redis`?"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct EnvPackRegistry {
    handlers: BTreeMap<String, Box<dyn EnvPackHandler>>,
}

impl EnvPackRegistry {
    /// A registry without env-packs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an env-pack.
    ///
    /// # Errors
    /// [`RegistryError::DuplicateRegistration`]: nothing is shadowed;
    /// [`RegistryError::DeployerMissingCredentials`]. Then nothing was added.
    pub fn register(&mut self, handler: Box<dyn EnvPackHandler>) -> Result<(), RegistryError> {
        let path = handler.descriptor_path().to_owned();
        if self.handlers.contains_key(&path) {
            return Err(RegistryError::DuplicateRegistration(path));
        }
        let is_deployer = handler.slot() == CapabilitySlot::Deployer;
        if is_deployer && handler.deployer_credentials().is_none() {
            return Err(RegistryError::DeployerMissingCredentials { kind: path });
        }
        self.handlers.insert(path, handler);
        Ok(())
    }

    /// The env-pack that a descriptor names.
    ///
    /// # Errors
    /// [`RegistryError::Unknown`], [`RegistryError::VersionUnsupported`].
    pub fn resolve(&self, kind: &PackDescriptor) -> Result<&dyn EnvPackHandler, RegistryError> {
        let Some(handler) = self.handlers.get(kind.path()) else {
            let unknown = UnknownEnvPack::new(kind, self.paths());
            return Err(RegistryError::Unknown(Box::new(unknown)));
        };
        let supported = handler.supported_versions();
        if !supported.matches(&kind.version().0) {
            return Err(RegistryError::VersionUnsupported {
                kind: kind.path().to_owned(),
                requested: kind.version().to_string(),
                supported: supported.to_string(),
            });
        }
        Ok(&**handler)
    }

    /// The env-pack that a descriptor names, which must fill this slot.
    ///
    /// # Errors
    /// Those of [`EnvPackRegistry::resolve`], then [`RegistryError::SlotMismatch`].
    pub fn resolve_for_slot(
        &self,
        expected: CapabilitySlot,
        kind: &PackDescriptor,
    ) -> Result<&dyn EnvPackHandler, RegistryError> {
        let handler = self.resolve(kind)?;
        let actual = handler.slot();
        if actual != expected {
            let kind = kind.to_string();
            return Err(RegistryError::SlotMismatch { kind, expected, actual });
        }
        Ok(handler)
    }

    /// The questions of the env-pack that a descriptor names; none when it asks none.
    ///
    /// # Errors
    /// Those of [`EnvPackRegistry::resolve`].
    pub fn wizard_qaspec_yaml_for_descriptor(
        &self,
        kind: &PackDescriptor,
    ) -> Result<Option<&'static str>, RegistryError> {
        Ok(self.resolve(kind)?.wizard_qaspec_yaml())
    }

    /// Every env-pack, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = &dyn EnvPackHandler> {
        self.handlers.values().map(|handler| &**handler)
    }

    /// Every path, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.handlers.keys().map(String::as_str)
    }

    /// How many env-packs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.handlers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.handlers.is_empty()
    }
}
