//! Signatures of packs: a DSSE envelope (<https://github.com/secure-systems-lab/dsse>) over the list of files.
//!
//! The list names every file with its digest, so that its signature is one of the whole pack.

use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePublicKey, spki::der::pem::LineEnding,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use greentic_deploy_spec::dsse::{self, Envelope, EnvelopeSignature};
use greentic_deploy_spec::{TrustedKey, key_id_for_public_key_pem};

use super::report::SignatureStatus;
use crate::json;
use crate::limits::Limits;

/// The member with the envelope.
pub(crate) const SIGNATURE_NAME: &str = "signatures/sbom.dsse.json";

/// The type of the payload, by the syntax of the list that is signed.
const CBOR_TYPE: &str = "application/vnd.greentic.sbom.v1+cbor";
const JSON_TYPE: &str = "application/vnd.greentic.sbom.v1+json";

/// Signs packs.
///
/// Implemented by [`PackKey`], and by whoever keeps keys elsewhere.
pub trait PackSigner {
    /// Signs a message with Ed25519.
    ///
    /// # Errors
    /// [`SignerError`] when the key is not to be used.
    fn sign(&self, message: &[u8]) -> Result<SignatureOf, SignerError>;
}

/// A signature and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureOf {
    /// The key's id, as a trust root has it.
    pub key_id: String,
    /// The 64 bytes of the signature.
    pub signature: [u8; 64],
}

/// A key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The key is not an Ed25519 private key in PEM.
    #[error("the key is no Ed25519 private key in PKCS#8 PEM (`-----BEGIN PRIVATE KEY-----`)")]
    Malformed,
    /// Whoever keeps the key refused.
    #[error("the key cannot be used: {detail}")]
    Refused {
        /// Why.
        detail: String,
    },
}

/// An Ed25519 private key that signs packs.
pub struct PackKey {
    key: SigningKey,
    public_pem: String,
    key_id: String,
}

impl std::fmt::Debug for PackKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

impl PackKey {
    /// Reads a key from PKCS#8 PEM.
    ///
    /// # Errors
    /// [`SignerError::Malformed`].
    pub fn from_pem(pem: &str) -> Result<Self, SignerError> {
        let key = SigningKey::from_pkcs8_pem(pem.trim()).map_err(|_| SignerError::Malformed)?;
        let public = key.verifying_key().to_public_key_pem(LineEnding::LF);
        let public_pem = public.map_err(|_| SignerError::Malformed)?;
        let key_id = key_id_for_public_key_pem(&public_pem).map_err(|_| SignerError::Malformed)?;
        Ok(Self { key, public_pem, key_id })
    }

    /// The public half, as an environment's trust root takes it.
    #[must_use]
    pub fn trusted_key(&self) -> TrustedKey {
        TrustedKey { key_id: self.key_id.clone(), public_key_pem: self.public_pem.clone() }
    }
}

impl PackSigner for PackKey {
    fn sign(&self, message: &[u8]) -> Result<SignatureOf, SignerError> {
        let signature = self.key.sign(message).to_bytes();
        Ok(SignatureOf { key_id: self.key_id.clone(), signature })
    }
}

/// Signs a list of files.
pub(crate) fn sign(sbom: &[u8], signer: &dyn PackSigner) -> Result<SignatureOf, SignerError> {
    signer.sign(&dsse::message(CBOR_TYPE, sbom))
}

/// Writes the envelope around a list of files.
pub(crate) fn write_envelope(sbom: &[u8], signatures: &[SignatureOf]) -> Vec<u8> {
    let signatures = signatures.iter().map(|one| (one.key_id.as_str(), one.signature.as_slice()));
    Envelope::new(CBOR_TYPE, sbom, signatures).to_file()
}

/// Says what an envelope is worth: one signature of a trusted key is enough, a wrong one of a trusted key is too much.
pub(super) fn check(
    envelope: &[u8],
    sbom_name: &str,
    sbom: &[u8],
    trust: &[TrustedKey],
    limits: &Limits,
) -> SignatureStatus {
    let malformed = |detail: &'static str| SignatureStatus::Malformed { detail: detail.to_owned() };
    let parsed = json::parse(envelope, limits).ok();
    let Some(envelope) = parsed.and_then(|value| serde_json::from_value::<Envelope>(value).ok())
    else {
        return malformed("it is no DSSE envelope");
    };
    let expected = if sbom_name == super::SBOM_NAME { CBOR_TYPE } else { JSON_TYPE };
    if envelope.payload_type != expected {
        return malformed("its payload is of another type than the list of files");
    }
    let Some(payload) = envelope.payload() else {
        return malformed("its payload is no base64");
    };
    if payload != sbom {
        return SignatureStatus::OfAnotherList;
    }
    check_signatures(&envelope, &dsse::message(expected, &payload), trust)
}

fn check_signatures(envelope: &Envelope, message: &[u8], trust: &[TrustedKey]) -> SignatureStatus {
    let mut trusted = Vec::new();
    for entry in &envelope.signatures {
        let key = trust.iter().find(|key| key.key_id.eq_ignore_ascii_case(&entry.keyid));
        let Some(key) = key else { continue };
        if !is_signature(key, message, entry) {
            return SignatureStatus::Wrong { key_id: key.key_id.clone() };
        }
        trusted.push(key.key_id.clone());
    }
    if trusted.is_empty() {
        let key_ids = envelope.signatures.iter().map(|entry| entry.keyid.clone()).collect();
        SignatureStatus::NotTrusted { key_ids }
    } else {
        SignatureStatus::Trusted { key_ids: trusted }
    }
}

fn is_signature(key: &TrustedKey, message: &[u8], signature: &EnvelopeSignature) -> bool {
    // The id is derived from the key; an entry that pairs an id with another key is not trusted.
    let is_own_id = key_id_for_public_key_pem(&key.public_key_pem)
        .is_ok_and(|id| id.eq_ignore_ascii_case(&key.key_id));
    let public = VerifyingKey::from_public_key_pem(key.public_key_pem.trim()).ok();
    let signature = signature.bytes().and_then(|bytes| Signature::from_slice(&bytes).ok());
    match (public, signature) {
        (Some(public), Some(signature)) if is_own_id => {
            public.verify_strict(message, &signature).is_ok()
        }
        _ => false,
    }
}
