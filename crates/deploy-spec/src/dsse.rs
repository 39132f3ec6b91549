//! DSSE envelopes (<https://github.com/secure-systems-lab/dsse>): bytes with their type, and
//! signatures of both. Whose signatures count is for their readers to say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// An envelope, as it is written into a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// What is signed, in base64.
    pub payload: String,
    /// The type of the payload.
    #[serde(rename = "payloadType")]
    pub payload_type: String,
    /// The signatures, in no order.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeSignature {
    /// The id of the key: a hint, which nobody signed.
    #[serde(default)]
    pub keyid: String,
    /// The signature, in base64.
    pub sig: String,
}

impl Envelope {
    /// An envelope of signatures, each with the id of its key.
    pub fn new<'a>(
        payload_type: &str,
        payload: &[u8],
        signatures: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let signatures = signatures.into_iter().map(|(key_id, signature)| EnvelopeSignature {
            keyid: key_id.to_owned(),
            sig: STANDARD.encode(signature),
        });
        Self {
            payload: STANDARD.encode(payload),
            payload_type: payload_type.to_owned(),
            signatures: signatures.collect(),
        }
    }

    /// What is signed; none when it is no base64.
    #[must_use]
    pub fn payload(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.payload).ok()
    }

    /// The content of its file.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        // Text always has a JSON form.
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }
}

impl EnvelopeSignature {
    /// The bytes of the signature; none when it is no base64.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.sig).ok()
    }
}

/// What is signed: the pre-authentication encoding of type and payload.
#[must_use]
pub fn message(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}
