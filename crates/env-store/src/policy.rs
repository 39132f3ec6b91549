//! Revenue policies: the document of one version, and its signature.
//!
//! A version is two files: `v<N>.json`, the document, and `v<N>.json.sig`, a DSSE envelope
//! (<https://github.com/secure-systems-lab/dsse>) around an in-toto statement (v1) that names the
//! document's SHA-256.

use chrono::{DateTime, Utc};
use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::{Signature, VerifyingKey};
use greentic_deploy_spec::dsse::{self, Envelope};
use greentic_deploy_spec::engine::PolicyDraft;
use greentic_deploy_spec::{
    DeploymentId, DocumentError, RevenuePolicyDocument, SpecError, TrustRoot, parse_json,
    sha256_hex,
};
use serde_json::{Value, json};

use crate::ports::{PolicySigner, SignerError};

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "greentic.revenue-policy-predicate.v1";

const NO_BASE64: PolicyError = PolicyError::Malformed { detail: "it is no base64" };

/// A revenue policy cannot be signed, or is not what its signature says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The operator key is not to be used.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The document breaks a rule.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A file is no JSON of its kind.
    #[error("the revenue policy cannot be read")]
    Document(#[from] DocumentError),
    /// The envelope is no DSSE envelope around a statement about a revenue policy.
    #[error("the signature of the revenue policy is malformed: {detail}")]
    Malformed {
        /// What is wrong.
        detail: &'static str,
    },
    /// No key that is trusted signed.
    #[error("no trusted key signed the revenue policy; its envelope names {key_ids:?}")]
    NotTrusted {
        /// The keys that the envelope names.
        key_ids: Vec<String>,
    },
    /// A signature is not that of its key.
    #[error("the signature of key `{key_id}` does not fit the revenue policy")]
    BadSignature {
        /// The key.
        key_id: String,
    },
    /// The statement is about another document.
    #[error(
        "the revenue policy was changed after it was signed (sha-256 {actual}, signed {signed})"
    )]
    Changed {
        /// The digest that was signed.
        signed: String,
        /// The digest of the document.
        actual: String,
    },
}

impl PolicyError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signer(error) => error.code(),
            Self::Spec(error) => error.code(),
            Self::Document(error) => error.code(),
            Self::Malformed { .. } => "policy-signature-malformed",
            Self::NotTrusted { .. } => "policy-signer-not-trusted",
            Self::BadSignature { .. } => "policy-signature-bad",
            Self::Changed { .. } => "policy-changed",
        }
    }
}

/// The two files of a signed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPolicy {
    /// `v<N>.json`.
    pub document: Vec<u8>,
    /// `v<N>.json.sig`.
    pub envelope: Vec<u8>,
    /// The key that signed.
    pub key_id: String,
}

/// Signs the next version of a policy.
///
/// # Errors
/// [`PolicyError::Spec`] when the document breaks a rule, [`PolicyError::Signer`].
pub fn sign(
    draft: &PolicyDraft,
    deployment_id: DeploymentId,
    now: DateTime<Utc>,
    signer: &dyn PolicySigner,
) -> Result<SignedPolicy, PolicyError> {
    let policy = draft.document(deployment_id, now);
    policy.validate()?;
    let document = greentic_deploy_spec::Document::new(policy)?.to_pretty()?.into_bytes();
    let payload = statement(draft, deployment_id, now, &document).to_string().into_bytes();
    let signed = signer.sign(&dsse::message(PAYLOAD_TYPE, &payload))?;
    let signature = (signed.key.key_id.as_str(), signed.signature.as_slice());
    let envelope = Envelope::new(PAYLOAD_TYPE, &payload, [signature]).to_file();
    Ok(SignedPolicy { document, envelope, key_id: signed.key.key_id })
}

fn statement(
    draft: &PolicyDraft,
    deployment_id: DeploymentId,
    now: DateTime<Utc>,
    document: &[u8],
) -> Value {
    let mut predicate = json!({
        "schema": PREDICATE_TYPE,
        "deployment_id": deployment_id,
        "env_id": draft.env_id,
        "bundle_id": draft.bundle_id,
        "customer_id": draft.customer_id,
        "version": draft.version,
        "signed_at": now,
    });
    if let Some(previous) = &draft.previous_version_ref {
        predicate["previous_version_ref"] = json!(previous);
    }
    json!({
        "_type": STATEMENT_TYPE,
        "subject": [{
            "name": format!("v{}.json", draft.version),
            "digest": {"sha256": sha256_hex(document)},
        }],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    })
}

/// Checks that a trusted key signed a policy, and reads it.
///
/// # Errors
/// [`PolicyError`] with what does not hold.
pub fn verify(
    document: &[u8],
    envelope: &[u8],
    trust_root: &TrustRoot,
) -> Result<RevenuePolicyDocument, PolicyError> {
    let envelope: Envelope = serde_json::from_value(read(envelope)?)
        .map_err(|_| PolicyError::Malformed { detail: "it is no DSSE envelope" })?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(PolicyError::Malformed { detail: "its payload is of another type" });
    }
    let payload = envelope.payload().ok_or(NO_BASE64)?;
    check_signatures(&envelope, &payload, trust_root)?;
    check_statement(&read(&payload)?, document)?;
    let policy = greentic_deploy_spec::Document::<RevenuePolicyDocument>::from_json(document)?;
    policy.validate()?;
    Ok(policy.into_typed())
}

fn read(bytes: &[u8]) -> Result<Value, PolicyError> {
    parse_json(bytes).map_err(|error| PolicyError::Document(error.into()))
}

/// One signature of a trusted key is enough; a wrong one of a trusted key is too much.
fn check_signatures(
    envelope: &Envelope,
    payload: &[u8],
    trust_root: &TrustRoot,
) -> Result<(), PolicyError> {
    let message = dsse::message(&envelope.payload_type, payload);
    let mut trusted = false;
    for entry in &envelope.signatures {
        let Some(key) = trust_root.key(&entry.keyid) else { continue };
        let bad = || PolicyError::BadSignature { key_id: key.key_id.clone() };
        let public =
            VerifyingKey::from_public_key_pem(key.public_key_pem.trim()).map_err(|_| bad())?;
        let signature =
            Signature::from_slice(&entry.bytes().ok_or(NO_BASE64)?).map_err(|_| bad())?;
        public.verify_strict(&message, &signature).map_err(|_| bad())?;
        trusted = true;
    }
    if trusted {
        Ok(())
    } else {
        let key_ids = envelope.signatures.iter().map(|entry| entry.keyid.clone()).collect();
        Err(PolicyError::NotTrusted { key_ids })
    }
}

fn check_statement(statement: &Value, document: &[u8]) -> Result<(), PolicyError> {
    let is = |pointer: &str, expected: &str| {
        statement.pointer(pointer).and_then(Value::as_str) == Some(expected)
    };
    if !is("/_type", STATEMENT_TYPE) || !is("/predicateType", PREDICATE_TYPE) {
        return Err(PolicyError::Malformed { detail: "it is no statement about a policy" });
    }
    let signed = statement.pointer("/subject/0/digest/sha256").and_then(Value::as_str);
    let signed = signed.ok_or(PolicyError::Malformed { detail: "it names no digest" })?;
    let actual = sha256_hex(document);
    if signed == actual {
        Ok(())
    } else {
        Err(PolicyError::Changed { signed: signed.to_owned(), actual })
    }
}
