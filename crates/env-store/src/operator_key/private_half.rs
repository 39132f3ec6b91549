use std::path::Path;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use greentic_deploy_spec::TrustedKey;
use zeroize::Zeroizing;

use crate::files::FileStat;
use crate::ports::{SignerError, trusted_key};

/// A private key, which wipes itself from memory, with its public half.
pub(super) struct PrivateHalf {
    pub(super) key: SigningKey,
    pub(super) public: TrustedKey,
}

impl PrivateHalf {
    /// A key that nobody has.
    pub(super) fn random() -> Result<Self, SignerError> {
        let mut seed = Zeroizing::new([0; 32]);
        fill_random(seed.as_mut_slice())?;
        let key = SigningKey::from_bytes(&seed);
        let no_form = || SignerError::NoRandom { detail: "a key has no public half".to_owned() };
        let public = trusted_key(&key).ok_or_else(no_form)?;
        Ok(Self { key, public })
    }

    /// Reads a key.
    pub(super) fn from_pem(path: &Path, pem: &[u8]) -> Result<Self, SignerError> {
        let malformed = || SignerError::Malformed { path: path.to_owned() };
        let text = std::str::from_utf8(pem).map_err(|_| malformed())?;
        let key = SigningKey::from_pkcs8_pem(text).map_err(|_| malformed())?;
        let public = trusted_key(&key).ok_or_else(malformed)?;
        Ok(Self { key, public })
    }

    /// The key as its file has it.
    pub(super) fn to_pem(&self, path: &Path) -> Result<Zeroizing<String>, SignerError> {
        let malformed = |_| SignerError::Malformed { path: path.to_owned() };
        self.key.to_pkcs8_pem(LineEnding::LF).map_err(malformed)
    }
}

/// Refuses a file that somebody else may have read or written.
pub(super) fn check_is_private(path: &Path, stat: &FileStat) -> Result<(), SignerError> {
    let user = rustix::process::geteuid().as_raw();
    if stat.owner != user {
        return Err(SignerError::OtherOwner { path: path.to_owned(), owner: stat.owner, user });
    }
    if stat.mode & 0o077 != 0 {
        return Err(SignerError::OpenToOthers { path: path.to_owned(), mode: stat.mode });
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the one place where keys come from")]
fn fill_random(bytes: &mut [u8]) -> Result<(), SignerError> {
    getrandom::fill(bytes).map_err(|error| SignerError::NoRandom { detail: error.to_string() })
}
