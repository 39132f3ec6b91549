//! SHA-256 digests of whole files, as revisions pin them.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use greentic_deploy_spec::sha256_hex;
use sha2::{Digest as _, Sha256};

use crate::error::PackError;

/// The SHA-256 of a file, written `sha256:<64 hex digits>`.
///
/// ```
/// use greentic_pack_format::Digest;
/// let digest = Digest::of(b"abc");
/// assert_eq!(digest.to_string().parse::<Digest>()?, digest);
/// digest.check(b"abc")?;
/// assert!(digest.check(b"abd").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    hex: String,
}

/// Text is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDigest {
    /// Another algorithm.
    #[error("unsupported digest algorithm `{algorithm}`; write `sha256:<64 hex digits>`")]
    UnsupportedAlgorithm {
        /// The algorithm.
        algorithm: String,
    },
    /// Not `algorithm:value`, or not 64 hex digits.
    #[error("`{text}` is no digest; write `sha256:<64 hex digits>`")]
    Malformed {
        /// The text.
        text: String,
    },
}

impl Digest {
    /// The digest of bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { hex: sha256_hex(bytes) }
    }

    /// The digest of a file, read once and never held whole.
    ///
    /// # Errors
    /// [`PackError::Io`].
    pub fn of_file(path: &Path) -> Result<Self, PackError> {
        let fail = |source| PackError::Io { operation: "read", path: path.to_owned(), source };
        let mut file = crate::archive::open_regular(path).map_err(fail)?;
        Self::of_reader(&mut file).map_err(fail)
    }

    fn of_reader(reader: &mut dyn Read) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = reader.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
        let hex = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { hex })
    }

    /// The 64 lower-case hex digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// Checks that bytes have this digest.
    ///
    /// # Errors
    /// [`PackError::DigestMismatch`].
    pub fn check(&self, bytes: &[u8]) -> Result<(), PackError> {
        self.check_against(&Self::of(bytes))
    }

    pub(crate) fn check_against(&self, actual: &Self) -> Result<(), PackError> {
        if self == actual {
            Ok(())
        } else {
            Err(PackError::DigestMismatch {
                expected: self.to_string(),
                actual: actual.to_string(),
            })
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex)
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || InvalidDigest::Malformed { text: text.to_owned() };
        let (algorithm, value) = text.split_once(':').ok_or_else(malformed)?;
        if algorithm != "sha256" {
            let algorithm = algorithm.to_owned();
            return Err(InvalidDigest::UnsupportedAlgorithm { algorithm });
        }
        if value.len() != 64 || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(malformed());
        }
        Ok(Self { hex: value.to_ascii_lowercase() })
    }
}
