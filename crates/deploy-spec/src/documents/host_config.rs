use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use serde::{Deserialize, Serialize};

use crate::document::DocumentType;
use crate::{EnvId, SpecError};

use super::validate_public_base_url;

/// Where an environment listens when it does not say.
pub const DEFAULT_LISTEN_ADDR: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080));

/// The environment whose graphical interface is on when it does not say.
pub const GUI_DEFAULT_ENV_ID: &str = "local";

/// How the host of an environment is reached.
///
/// Later versions add `default_bundle`; a [`crate::Document`] of the environment keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct EnvironmentHostConfig {
    /// Equal to the environment's id.
    pub env_id: EnvId,
    /// The region, in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The tenant that owns the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_org_id: Option<String>,
    /// Where the gateway listens: an address and a port, no host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen_addr: Option<SocketAddr>,
    /// The origin under which the environment is reached from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_base_url: Option<String>,
    /// Whether the graphical interface is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gui_enabled: Option<bool>,
}

impl EnvironmentHostConfig {
    /// The configuration of an environment that says nothing of its host.
    #[must_use]
    pub fn new(env_id: EnvId) -> Self {
        Self {
            env_id,
            region: None,
            tenant_org_id: None,
            listen_addr: None,
            public_base_url: None,
            gui_enabled: None,
        }
    }

    /// Where the gateway listens: the recorded address, else [`DEFAULT_LISTEN_ADDR`].
    #[must_use]
    pub fn resolved_listen_addr(&self) -> SocketAddr {
        self.listen_addr.unwrap_or(DEFAULT_LISTEN_ADDR)
    }

    /// Whether the graphical interface is served: as recorded, else only in the environment `local`.
    #[must_use]
    pub fn resolved_gui_enabled(&self) -> bool {
        self.gui_enabled.unwrap_or(self.env_id.as_str() == GUI_DEFAULT_ENV_ID)
    }

    pub(super) fn validate_public_base_url(&self) -> Result<(), SpecError> {
        match &self.public_base_url {
            Some(url) => validate_public_base_url(url).map(drop),
            None => Ok(()),
        }
    }
}

/// What the older environment configuration has in common with a host configuration.
///
/// Its other keys are not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentConfig {
    /// The environment.
    pub env_id: EnvId,
    /// The region, in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

impl From<&EnvironmentConfig> for EnvironmentHostConfig {
    fn from(config: &EnvironmentConfig) -> Self {
        Self { region: config.region.clone(), ..Self::new(config.env_id.clone()) }
    }
}

impl From<EnvironmentConfig> for EnvironmentHostConfig {
    fn from(config: EnvironmentConfig) -> Self {
        Self::from(&config)
    }
}

impl DocumentType for EnvironmentHostConfig {
    const NAME: &'static str = "EnvironmentHostConfig";
}
