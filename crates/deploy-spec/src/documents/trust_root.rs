use ed25519::pkcs8::{DecodePublicKey, PublicKeyBytes};
use serde::{Deserialize, Serialize};

use super::validate::check_schema;
use crate::document::{DocumentType, Elements, Shape};
use crate::integrity::sha256_hex;
use crate::{EnvId, SchemaVersion, SpecError};

/// A public key whose signatures the environment trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TrustedKey {
    /// The key's id: 32 hex digits, see [`key_id_for_public_key_pem`].
    pub key_id: String,
    /// The Ed25519 public key as PEM (`SubjectPublicKeyInfo`, RFC 8410).
    pub public_key_pem: String,
}

/// The keys that an environment trusts (`trust-root.json`). No key means that nothing is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TrustRoot {
    /// [`SchemaVersion::TRUST_ROOT_V1`].
    pub schema: SchemaVersion,
    /// The keys.
    pub keys: Vec<TrustedKey>,
}

/// A key cannot be trusted as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrustedKey {
    /// Not an Ed25519 public key in PEM.
    #[error("public_key_pem is not an Ed25519 public key in PEM (`-----BEGIN PUBLIC KEY-----`)")]
    NotEd25519,
    /// The id is not the one that the key has.
    #[error("key_id `{given}` does not belong to the key, whose id is `{derived}`")]
    IdMismatch {
        /// The id as given.
        given: String,
        /// The id that the key has.
        derived: String,
    },
}

/// The id of an Ed25519 public key: the first 16 bytes of the SHA-256 of its 32 bytes, as 32
/// lower-case hex digits.
///
/// # Errors
/// [`InvalidTrustedKey::NotEd25519`].
pub fn key_id_for_public_key_pem(pem: &str) -> Result<String, InvalidTrustedKey> {
    let key = PublicKeyBytes::from_public_key_pem(pem.trim())
        .map_err(|_| InvalidTrustedKey::NotEd25519)?;
    let mut id = sha256_hex(&key.to_bytes());
    id.truncate(32);
    Ok(id)
}

impl TrustedKey {
    /// Checks that an id, in either case, belongs to a key, and writes it in lower case.
    ///
    /// # Errors
    /// [`InvalidTrustedKey`].
    pub fn checked(key_id: &str, public_key_pem: &str) -> Result<Self, InvalidTrustedKey> {
        let derived = key_id_for_public_key_pem(public_key_pem)?;
        if derived.eq_ignore_ascii_case(key_id) {
            Ok(Self { key_id: derived, public_key_pem: public_key_pem.to_owned() })
        } else {
            Err(InvalidTrustedKey::IdMismatch { given: key_id.to_owned(), derived })
        }
    }
}

impl TrustRoot {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::TRUST_ROOT_V1
    }

    /// A trust root without keys.
    #[must_use]
    pub fn empty() -> Self {
        Self { schema: SchemaVersion::from(Self::schema_str()), keys: Vec::new() }
    }

    /// The key with an id, in either case.
    #[must_use]
    pub fn key(&self, key_id: &str) -> Option<&TrustedKey> {
        self.keys.iter().find(|key| key.key_id.eq_ignore_ascii_case(key_id))
    }

    /// Checks the schema and that each id belongs to its key.
    ///
    /// # Errors
    /// [`SpecError::SchemaMismatch`], [`SpecError::InvalidTrustedKey`].
    pub fn validate(&self) -> Result<(), SpecError> {
        check_schema(Self::schema_str(), &self.schema)?;
        for key in &self.keys {
            TrustedKey::checked(&key.key_id, &key.public_key_pem).map_err(|reason| {
                SpecError::InvalidTrustedKey { key_id: key.key_id.clone(), reason }
            })?;
        }
        Ok(())
    }
}

/// A trust root as the remote contract answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TrustRootListing {
    /// The environment.
    pub environment_id: EnvId,
    /// The keys.
    pub keys: Vec<TrustedKey>,
}

impl DocumentType for TrustRoot {
    const NAME: &'static str = "TrustRoot";
    const SHAPE: Shape =
        Shape::object(&[("keys", Shape::list(&Elements::by_key("key_id", Shape::PLAIN)))]);
}
