//! References to things that live outside of a document: secrets, discovered values, extensions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::EnvId;
use crate::descriptor::{PackDescriptorParseError, path_defect};

macro_rules! text_serde {
    ($name:ident, $error:ident) => {
        impl $name {
            /// The reference as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::try_new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $error;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::try_new(text)
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_new(text)
            }
        }

        impl From<$name> for String {
            fn from(reference: $name) -> Self {
                reference.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// What is wrong with a reference whose first part names an environment.
enum EnvRefDefect {
    MissingScheme,
    EmptyPath,
    EmptyEnvSegment,
}

fn env_ref_defect(text: &str, scheme: &str) -> Option<EnvRefDefect> {
    let Some(rest) = text.strip_prefix(scheme) else {
        return Some(EnvRefDefect::MissingScheme);
    };
    if rest.is_empty() {
        Some(EnvRefDefect::EmptyPath)
    } else if rest.starts_with('/') {
        Some(EnvRefDefect::EmptyEnvSegment)
    } else {
        None
    }
}

fn first_segment<'a>(text: &'a str, scheme: &str) -> &'a str {
    let rest = text.strip_prefix(scheme).unwrap_or(text);
    rest.split('/').next().unwrap_or(rest)
}

macro_rules! env_ref {
    ($(#[$doc:meta])* $name:ident, $(#[$error_doc:meta])* $error:ident, $scheme:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        $(#[$error_doc])*
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum $error {
            /// The text does not start with the scheme.
            #[error("a reference must start with `{scheme}`", scheme = $scheme)]
            MissingScheme,
            /// Nothing follows the scheme.
            #[error("`{scheme}` must be followed by an environment id", scheme = $scheme)]
            EmptyPath,
            /// The environment part is empty.
            #[error("the environment part after `{scheme}` must not be empty", scheme = $scheme)]
            EmptyEnvSegment,
        }

        impl $name {
            /// The scheme with its slashes.
            pub const SCHEME: &'static str = $scheme;

            /// Parses a reference. Only the scheme and the environment part are checked.
            ///
            /// # Errors
            /// The first rule that the text breaks.
            pub fn try_new(text: impl Into<String>) -> Result<Self, $error> {
                let text = text.into();
                match env_ref_defect(&text, Self::SCHEME) {
                    None => Ok(Self(text)),
                    Some(EnvRefDefect::MissingScheme) => Err($error::MissingScheme),
                    Some(EnvRefDefect::EmptyPath) => Err($error::EmptyPath),
                    Some(EnvRefDefect::EmptyEnvSegment) => Err($error::EmptyEnvSegment),
                }
            }

            /// The environment that the reference belongs to: the text up to the first `/`.
            #[must_use]
            pub fn env_segment(&self) -> &str {
                first_segment(&self.0, Self::SCHEME)
            }
        }

        text_serde!($name, $error);
    };
}

env_ref!(
    /// Names a secret, never its value: `secret://<env>[/<rest>]`.
    SecretRef,
    /// The text is not a secret reference.
    SecretRefParseError,
    "secret://"
);
env_ref!(
    /// Names a discovered value: `runtime://<env>/discovered/<key>`.
    RuntimeRef,
    /// The text is not a runtime reference.
    RuntimeRefParseError,
    "runtime://"
);

impl SecretRef {
    /// Tells whether the reference belongs to an environment.
    #[must_use]
    pub fn is_in(&self, env_id: &EnvId) -> bool {
        self.env_segment() == env_id.as_str()
    }
}

/// Names an extension binding: `ext://<descriptor-path>[/<instance>]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExtensionRef(String);

/// The text is not an extension reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionRefParseError {
    /// The text does not start with `ext://`.
    #[error("an extension reference must start with `ext://`")]
    MissingScheme,
    /// Nothing between the scheme and the instance.
    #[error("`ext://` must be followed by a descriptor path")]
    EmptyPath,
    /// The descriptor path has no dot.
    #[error("the descriptor path of an extension reference must contain a `.`")]
    PathMissingDot,
    /// The first character of the path outside of `a-z 0-9 - .`.
    #[error("extension path contains {0:?}; allowed are a-z, 0-9, `-` and `.`")]
    InvalidPathChar(char),
    /// A `/` with nothing behind it.
    #[error("the instance after `/` must not be empty")]
    EmptyInstance,
    /// The first character of the instance outside of `a-z 0-9 -`.
    #[error("extension instance contains {0:?}; allowed are a-z, 0-9 and `-`")]
    InvalidInstanceChar(char),
}

impl From<PackDescriptorParseError> for ExtensionRefParseError {
    fn from(defect: PackDescriptorParseError) -> Self {
        match defect {
            PackDescriptorParseError::InvalidPathChar(c) => Self::InvalidPathChar(c),
            PackDescriptorParseError::PathMissingDot => Self::PathMissingDot,
            _ => Self::EmptyPath,
        }
    }
}

/// The first character that an instance id must not have.
pub(crate) fn illegal_instance_char(instance: &str) -> Option<char> {
    instance.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-'))
}

impl ExtensionRef {
    /// The scheme with its slashes.
    pub const SCHEME: &'static str = "ext://";

    /// Parses a reference.
    ///
    /// # Errors
    /// The first rule that the text breaks, in the order of [`ExtensionRefParseError`].
    pub fn try_new(text: impl Into<String>) -> Result<Self, ExtensionRefParseError> {
        let text = text.into();
        let rest = text.strip_prefix(Self::SCHEME).ok_or(ExtensionRefParseError::MissingScheme)?;
        let (path, instance) = split_instance(rest);
        if let Some(defect) = path_defect(path) {
            return Err(defect.into());
        }
        match instance {
            Some("") => return Err(ExtensionRefParseError::EmptyInstance),
            Some(instance) => {
                if let Some(c) = illegal_instance_char(instance) {
                    return Err(ExtensionRefParseError::InvalidInstanceChar(c));
                }
            }
            None => {}
        }
        Ok(Self(text))
    }

    fn rest(&self) -> &str {
        self.0.strip_prefix(Self::SCHEME).unwrap_or(&self.0)
    }

    /// The descriptor path.
    #[must_use]
    pub fn path(&self) -> &str {
        split_instance(self.rest()).0
    }

    /// The instance, when one is named.
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        split_instance(self.rest()).1
    }
}

fn split_instance(rest: &str) -> (&str, Option<&str>) {
    match rest.split_once('/') {
        Some((path, instance)) => (path, Some(instance)),
        None => (rest, None),
    }
}

text_serde!(ExtensionRef, ExtensionRefParseError);
