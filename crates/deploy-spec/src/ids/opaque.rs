use std::fmt;

use serde::{Deserialize, Serialize};

/// The text would be dangerous where an id becomes part of a path or a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?} {reason}")]
pub struct UnsafeId {
    /// Which id: `bundle_id`, `customer_id` or `pack_id`.
    pub kind: &'static str,
    /// The text.
    pub value: String,
    /// What is wrong with it.
    pub reason: UnsafeIdReason,
}

/// Why an id cannot be used in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeIdReason {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// `.` or `..`.
    #[error("must not be `.` or `..`")]
    DotSegment,
    /// A slash or a backslash.
    #[error("must not contain `/` or `\\`")]
    Separator,
    /// NUL or another control character.
    #[error("must not contain control characters")]
    Control,
}

fn unsafe_reason(value: &str) -> Option<UnsafeIdReason> {
    if value.trim().is_empty() {
        Some(UnsafeIdReason::Empty)
    } else if value == "." || value == ".." {
        Some(UnsafeIdReason::DotSegment)
    } else if value.contains(['/', '\\']) {
        Some(UnsafeIdReason::Separator)
    } else if value.contains(char::is_control) {
        Some(UnsafeIdReason::Control)
    } else {
        None
    }
}

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Takes any text as it is.
            pub fn new(value: impl Into<String>) -> Self {
                Self(value.into())
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Checks that the id is a text that names something: not blank, and without control
            /// characters. Enough for an id that is no part of a path, such as an `oci://` reference.
            ///
            /// # Errors
            /// [`UnsafeId`].
            pub fn check_text(&self) -> Result<(), UnsafeId> {
                let is_text = |reason: &UnsafeIdReason| {
                    matches!(reason, UnsafeIdReason::Empty | UnsafeIdReason::Control)
                };
                match unsafe_reason(&self.0.replace(['/', '\\'], "-")).filter(is_text) {
                    None => Ok(()),
                    Some(reason) => {
                        Err(UnsafeId { kind: $kind, value: self.0.clone(), reason })
                    }
                }
            }

            /// Checks that the id is one plain path segment.
            ///
            /// # Errors
            /// [`UnsafeId`] when it is blank, `.`, `..`, or contains a separator or a control
            /// character.
            pub fn check_segment(&self) -> Result<(), UnsafeId> {
                match unsafe_reason(&self.0) {
                    None => Ok(()),
                    Some(reason) => {
                        Err(UnsafeId { kind: $kind, value: self.0.clone(), reason })
                    }
                }
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(value)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

opaque_id!(
    /// Names a bundle. Any text on read; verbs refuse one that is not a plain path segment.
    BundleId,
    "bundle_id"
);
opaque_id!(
    /// Names the customer that a deployment is billed to. `local-dev` by convention on this machine.
    CustomerId,
    "customer_id"
);
opaque_id!(
    /// Names a pack. Any text on read; verbs refuse one that is not a plain path segment.
    PackId,
    "pack_id"
);
opaque_id!(
    /// Names a party that receives a share of the revenue.
    PartyId,
    "party_id"
);
