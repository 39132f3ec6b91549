use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::mint;

/// The text is not a ULID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUlid {
    /// Not 26 characters.
    #[error("invalid length: a ULID has 26 characters, {value:?} has {actual}")]
    Length {
        /// The text, cut to what a reader needs.
        value: String,
        /// Its length in bytes.
        actual: usize,
    },
    /// A character outside of Crockford's base 32, which has no `I`, `L`, `O` and `U`.
    #[error(
        "invalid character {character:?} in ULID {value:?}: allowed are 0-9 and A-Z without I, L, O and U"
    )]
    Character {
        /// The text.
        value: String,
        /// The first character that is not allowed.
        character: char,
    },
    /// The first character is above `7`: more than 128 bits.
    #[error("ULID {value:?} overflows 128 bits: its first character must be 0-7")]
    Overflow {
        /// The text.
        value: String,
    },
}

fn is_crockford(c: char) -> bool {
    c.is_ascii_alphanumeric() && !matches!(c.to_ascii_uppercase(), 'I' | 'L' | 'O' | 'U')
}

/// Parses 26 characters of Crockford's base 32, in either case, and refuses what would wrap.
pub(crate) fn parse_ulid(text: &str) -> Result<Ulid, InvalidUlid> {
    if text.len() != ulid::ULID_LEN {
        let value = text.chars().take(40).collect();
        return Err(InvalidUlid::Length { value, actual: text.len() });
    }
    if let Some(character) = text.chars().find(|c| !is_crockford(*c)) {
        return Err(InvalidUlid::Character { value: text.to_owned(), character });
    }
    if text.as_bytes()[0] > b'7' {
        return Err(InvalidUlid::Overflow { value: text.to_owned() });
    }
    Ulid::from_string(&text.to_ascii_uppercase())
        .map_err(|_| InvalidUlid::Length { value: text.to_owned(), actual: text.len() })
}

macro_rules! ulid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Written as 26 upper-case characters of Crockford's base 32; lower case is accepted on
        /// read, an overflowing first character is not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "std::borrow::Cow<'_, str>", into = "String")]
        pub struct $name(pub Ulid);

        impl $name {
            /// Mints a fresh id from the clock and random numbers.
            #[must_use]
            pub fn new() -> Self {
                Self(mint::ulid())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl TryFrom<std::borrow::Cow<'_, str>> for $name {
            type Error = InvalidUlid;

            fn try_from(text: std::borrow::Cow<'_, str>) -> Result<Self, Self::Error> {
                parse_ulid(&text).map(Self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidUlid;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_ulid(text).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl From<Ulid> for $name {
            fn from(ulid: Ulid) -> Self {
                Self(ulid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0.array_to_str(&mut [0; ulid::ULID_LEN]))
            }
        }
    };
}

ulid_id!(
    /// Names a revision.
    RevisionId
);
ulid_id!(
    /// Names a deployment of a bundle.
    DeploymentId
);
ulid_id!(
    /// Names a messaging endpoint.
    MessagingEndpointId
);
