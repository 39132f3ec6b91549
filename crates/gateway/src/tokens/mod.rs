//! Tokens of webchat: each opens one conversation, for a while.

mod key;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use greentic_deploy_spec::DeploymentId;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

pub(crate) use key::SigningKey;
pub use key::SigningKeyError;

/// What a token says. Short names keep it short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    #[serde(rename = "c")]
    pub(crate) conversation: String,
    /// Who may speak in it; none when nobody said.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    #[serde(rename = "t")]
    pub(crate) tenant: String,
    #[serde(rename = "d")]
    pub(crate) deployment_id: DeploymentId,
    /// Seconds since 1970.
    #[serde(rename = "x")]
    pub(crate) expires: i64,
}

/// A token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// It was not made here, or was changed.
    Forged,
    /// Its time is over.
    Expired,
}

/// Longer texts are no tokens.
const LONGEST: usize = 2_048;
/// Keeps these tokens apart from everything else that is signed with the same key.
const PURPOSE: &[u8] = b"greentic.webchat.token.v1\n";

/// Makes and checks tokens.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    key: SigningKey,
}

impl Tokens {
    pub(crate) fn new(key: SigningKey) -> Self {
        Self { key }
    }

    /// The token that says this.
    pub(crate) fn sign(&self, claims: &Claims) -> String {
        // Texts and a number always have a JSON form; should they not, the token opens nothing.
        let said = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).unwrap_or_default());
        let mac = URL_SAFE_NO_PAD.encode(self.mac(&said).finalize().into_bytes());
        format!("{said}.{mac}")
    }

    /// What a token says, when it was made here and its time is not over. Takes the same time wherever
    /// a forged one differs.
    pub(crate) fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, BadToken> {
        if token.len() > LONGEST {
            return Err(BadToken::Forged);
        }
        let (said, mac) = token.split_once('.').ok_or(BadToken::Forged)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| BadToken::Forged)?;
        self.mac(said).verify_slice(&mac).map_err(|_| BadToken::Forged)?;
        let said = URL_SAFE_NO_PAD.decode(said).map_err(|_| BadToken::Forged)?;
        let claims: Claims = serde_json::from_slice(&said).map_err(|_| BadToken::Forged)?;
        if now.timestamp() >= claims.expires { Err(BadToken::Expired) } else { Ok(claims) }
    }

    fn mac(&self, said: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.key.block().into());
        mac.update(PURPOSE);
        mac.update(said.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(key: u8) -> Tokens {
        Tokens::new(SigningKey::of(key))
    }

    fn claims(expires: i64) -> Claims {
        Claims {
            conversation: "c".to_owned(),
            user: Some("ada".to_owned()),
            tenant: "default".to_owned(),
            deployment_id: DeploymentId(ulid::Ulid(1)),
            expires,
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    #[test]
    fn a_token_says_what_was_signed_until_its_time_is_over() {
        let token = tokens(1).sign(&claims(100));
        assert_eq!(tokens(1).verify(&token, at(99)), Ok(claims(100)));
        assert_eq!(tokens(1).verify(&token, at(100)), Err(BadToken::Expired));
    }

    #[test]
    fn no_changed_byte_and_no_other_key_is_taken() {
        let token = tokens(1).sign(&claims(100));
        assert_eq!(tokens(2).verify(&token, at(0)), Err(BadToken::Forged));
        for position in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("a text");
            let read = tokens(1).verify(&changed, at(0));
            assert_eq!(read, Err(BadToken::Forged), "position {position}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", ".", "a.b", "é.é", &"x".repeat(5_000), "..", "e30.e30"] {
            assert_eq!(tokens(1).verify(text, at(0)), Err(BadToken::Forged), "{text}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_one_that_is_there_is_kept() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let open = |own| SigningKey::open(folder.path(), ulid::Ulid(own));
        let (first, second) = (open(1).expect("a key"), open(2).expect("the same"));
        assert_eq!(first.block(), second.block());
        let names = std::fs::read_dir(folder.path()).expect("names").count();
        assert_eq!(names, 1, "nothing is left beside it");
        for wrong in [&b"short"[..], &[7; 33]] {
            std::fs::write(folder.path().join(key::KEY_FILE), wrong).expect("another key");
            assert_eq!(open(3).expect_err("no key").code(), "signing-key-invalid");
        }
    }

    #[test]
    fn a_key_that_others_may_use_or_that_is_no_file_is_refused() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join(key::KEY_FILE);
        let code = || {
            let opened = SigningKey::open(folder.path(), ulid::Ulid(1));
            opened.map_or_else(|error| error.code(), |_| "opened")
        };
        assert_eq!(code(), "opened");
        for mode in [0o666, 0o640, 0o604] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, mode).expect("another mode");
            assert_eq!(code(), "signing-key-open-to-others");
        }
        let elsewhere = folder.path().join("elsewhere");
        std::fs::rename(&path, &elsewhere).expect("moved");
        std::fs::set_permissions(&elsewhere, std::fs::Permissions::from_mode(0o600)).expect("set");
        symlink(&elsewhere, &path).expect("a link");
        assert_eq!(code(), "signing-key-not-a-file");
        std::fs::remove_file(&path).expect("removed");
        // Nobody is at the other end of the pipe: to open it would wait.
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
        assert!(made.success());
        assert_eq!(code(), "signing-key-not-a-file");
    }
}
