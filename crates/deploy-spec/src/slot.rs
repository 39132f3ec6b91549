//! The capabilities that an environment binds env-packs to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A capability that an env-pack fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CapabilitySlot {
    /// Makes a provider agree with what the environment records.
    Deployer,
    /// Keeps secret values.
    Secrets,
    /// Receives traces and metrics.
    Telemetry,
    /// Keeps parked conversations.
    Sessions,
    /// Keeps the state of packs.
    State,
    /// Tells which artifacts are revoked.
    Revocation,
    /// Messaging endpoints; many per environment, kept in their own list.
    Messaging,
    /// Extensions; many per environment, kept in their own list.
    Extension,
}

/// The text names no capability slot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown capability slot {value:?}; slots are deployer, secrets, telemetry, sessions, state, revocation, messaging, extension"
)]
pub struct UnknownCapabilitySlot {
    /// The text.
    pub value: String,
}

impl CapabilitySlot {
    /// Every slot in the order of its declaration.
    pub const ALL: &'static [Self] = &[
        Self::Deployer,
        Self::Secrets,
        Self::Telemetry,
        Self::Sessions,
        Self::State,
        Self::Revocation,
        Self::Messaging,
        Self::Extension,
    ];

    /// The slot as it is written in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployer => "deployer",
            Self::Secrets => "secrets",
            Self::Telemetry => "telemetry",
            Self::Sessions => "sessions",
            Self::State => "state",
            Self::Revocation => "revocation",
            Self::Messaging => "messaging",
            Self::Extension => "extension",
        }
    }

    /// Tells whether the slot takes one binding in `Environment::packs`. False for the families
    /// that have lists of their own.
    #[must_use]
    pub fn binds_in_packs(self) -> bool {
        !matches!(self, Self::Messaging | Self::Extension)
    }
}

impl FromStr for CapabilitySlot {
    type Err = UnknownCapabilitySlot;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|slot| slot.as_str() == text)
            .ok_or_else(|| UnknownCapabilitySlot { value: text.to_owned() })
    }
}

impl fmt::Display for CapabilitySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
