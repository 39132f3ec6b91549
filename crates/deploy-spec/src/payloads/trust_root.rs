use serde::{Deserialize, Serialize};

/// Adds a key to the trust root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AddTrustedKeyPayload {
    /// The key's id, in either case.
    pub key_id: String,
    /// The Ed25519 public key as PEM.
    pub public_key_pem: String,
}

/// The operator key that was put into the trust root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TrustRootSeed {
    /// The key's id.
    pub key_id: String,
    /// The public key as PEM.
    pub public_key_pem: String,
    /// Keys in the trust root now.
    pub trusted_key_count: usize,
}

/// A key that was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TrustRootAddOutcome {
    /// The key's id.
    pub added_key_id: String,
    /// Keys in the trust root now.
    pub trusted_key_count: usize,
}

/// A key that was removed, or was not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TrustRootRemoveOutcome {
    /// The id that was asked for.
    pub removed_key_id: String,
    /// The key that went; `null` when there was none.
    #[serde(default)]
    pub removed_public_key_pem: Option<String>,
    /// Keys in the trust root now.
    pub trusted_key_count: usize,
}

/// An operator key that took over from another one. The other one stays trusted, so that what it
/// signed still verifies, until it is removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RotateOperatorKeyOutcome {
    /// The new key's id.
    pub key_id: String,
    /// The new public key as PEM.
    pub public_key_pem: String,
    /// Keys in the trust root now.
    pub trusted_key_count: usize,
}
