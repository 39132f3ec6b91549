use std::fmt::{self, Debug};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::{Signer, SigningKey};
use greentic_deploy_spec::{TrustedKey, key_id_for_public_key_pem};

/// Signs with the operator key, which never leaves it.
///
/// One key is in use at a time. A rotation makes the next one before the change is committed and
/// puts it in use after; both steps can be repeated.
pub trait PolicySigner: Debug + Send + Sync {
    /// The public half of the key in use; none when there is no key yet. Makes nothing.
    ///
    /// # Errors
    /// [`SignerError`] when there is a key that must not or cannot be used.
    fn key(&self) -> Result<Option<TrustedKey>, SignerError>;

    /// The public half of the key in use. Makes one, durably, when there is none.
    ///
    /// # Errors
    /// [`SignerError`].
    fn ensure_key(&self) -> Result<TrustedKey, SignerError>;

    /// The public half of the key that a rotation puts in use. Makes it, durably, when there is
    /// none; the key in use stays in use.
    ///
    /// # Errors
    /// [`SignerError`].
    fn next_key(&self) -> Result<TrustedKey, SignerError>;

    /// Puts the next key in use. One that is in use stays so.
    ///
    /// # Errors
    /// [`SignerError`], also when neither the key in use nor the next one has this id.
    fn activate(&self, key_id: &str) -> Result<(), SignerError>;

    /// Signs a message with the key in use.
    ///
    /// # Errors
    /// [`SignerError`], also when there is no key.
    fn sign(&self, message: &[u8]) -> Result<Signed, SignerError>;
}

/// A signature and who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The key.
    pub key: TrustedKey,
    /// The Ed25519 signature, 64 bytes.
    pub signature: [u8; 64],
}

/// The operator key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// There is no operator key yet.
    #[error("there is no operator key yet; bootstrap the trust root, which makes one")]
    NoKey,
    /// A rotation names a key that is not there.
    #[error("there is no key `{key_id}` to put in use; rotate the operator key again")]
    UnknownKey {
        /// The key.
        key_id: String,
    },
    /// A folder on the way, or the file itself, is a symbolic link.
    #[error(
        "`{}` is a symbolic link; name the operator key by a path without links",
        path.display()
    )]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// The key is no regular file.
    #[error("`{}` is no regular file; put the operator key there or name another path", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Others may read or write the key.
    #[error(
        "others may use the operator key `{}` (mode {mode:04o}); run: chmod 600 {}",
        path.display(),
        path.display()
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key belongs to another user, who could change it at any time.
    #[error(
        "the operator key `{}` belongs to user {owner}, not to user {user} who runs this; run as its \
         owner, or name another path",
        path.display()
    )]
    OtherOwner {
        /// The file.
        path: PathBuf,
        /// The number of its owner.
        owner: u32,
        /// The number of the user who runs this.
        user: u32,
    },
    /// The file is no Ed25519 key in PKCS#8 PEM form.
    #[error("`{}` is no Ed25519 private key in PKCS#8 PEM form; restore it from a backup", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The public half beside the key belongs to another key.
    #[error(
        "`{}` is not the public half of the operator key; delete it, it is written anew",
        path.display()
    )]
    StalePublicKey {
        /// The file of the public half.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("cannot {operation} `{}`", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There are no random numbers.
    #[error("the machine gives no random numbers: {detail}")]
    NoRandom {
        /// What it says.
        detail: String,
    },
}

impl SignerError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoKey => "operator-key-missing",
            Self::UnknownKey { .. } => "operator-key-unknown",
            Self::SymbolicLink { .. } => "operator-key-symbolic-link",
            Self::NotAFile { .. } => "operator-key-not-a-file",
            Self::OpenToOthers { .. } => "operator-key-open-to-others",
            Self::OtherOwner { .. } => "operator-key-other-owner",
            Self::Malformed { .. } => "operator-key-malformed",
            Self::StalePublicKey { .. } => "operator-key-stale-public-half",
            Self::Io { .. } => "operator-key-io",
            Self::NoRandom { .. } => "no-random",
        }
    }
}

/// The public half of a key, as trust roots hold it.
pub(crate) fn trusted_key(key: &SigningKey) -> Option<TrustedKey> {
    let public_key_pem = key.verifying_key().to_public_key_pem(LineEnding::LF).ok()?;
    let key_id = key_id_for_public_key_pem(&public_key_pem).ok()?;
    Some(TrustedKey { key_id, public_key_pem })
}

/// Keys in memory, made from a seed: for tests. The same seed gives the same keys.
pub struct MemorySigner {
    keys: Mutex<Keys>,
}

struct Keys {
    seed: u64,
    made: u64,
    current: Option<SigningKey>,
    next: Option<SigningKey>,
}

impl Debug for MemorySigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySigner").finish_non_exhaustive()
    }
}

impl MemorySigner {
    /// A signer without a key yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { keys: Mutex::new(Keys { seed, made: 0, current: None, next: None }) }
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    fn make(&mut self) -> SigningKey {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.made.to_le_bytes());
        self.made += 1;
        SigningKey::from_bytes(&bytes)
    }
}

fn public_half(key: &SigningKey) -> Result<TrustedKey, SignerError> {
    trusted_key(key).ok_or_else(|| SignerError::Malformed { path: PathBuf::from("memory") })
}

impl PolicySigner for MemorySigner {
    fn key(&self) -> Result<Option<TrustedKey>, SignerError> {
        self.keys().current.as_ref().map(public_half).transpose()
    }

    fn ensure_key(&self) -> Result<TrustedKey, SignerError> {
        let mut keys = self.keys();
        if keys.current.is_none() {
            keys.current = Some(keys.make());
        }
        keys.current.as_ref().ok_or(SignerError::NoKey).and_then(public_half)
    }

    fn next_key(&self) -> Result<TrustedKey, SignerError> {
        let mut keys = self.keys();
        if keys.next.is_none() {
            keys.next = Some(keys.make());
        }
        keys.next.as_ref().ok_or(SignerError::NoKey).and_then(public_half)
    }

    fn activate(&self, key_id: &str) -> Result<(), SignerError> {
        let mut keys = self.keys();
        let is = |key: &Option<SigningKey>| {
            key.as_ref().and_then(trusted_key).is_some_and(|key| key.key_id == key_id)
        };
        if is(&keys.current) {
            return Ok(());
        }
        if !is(&keys.next) {
            return Err(SignerError::UnknownKey { key_id: key_id.to_owned() });
        }
        keys.current = keys.next.take();
        Ok(())
    }

    fn sign(&self, message: &[u8]) -> Result<Signed, SignerError> {
        let keys = self.keys();
        let key = keys.current.as_ref().ok_or(SignerError::NoKey)?;
        Ok(Signed { key: public_half(key)?, signature: key.sign(message).to_bytes() })
    }
}
