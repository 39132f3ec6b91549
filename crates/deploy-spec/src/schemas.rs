//! JSON Schemas of the types that are written as text.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Strict SemVer 2: no leading zeros, no empty parts.
macro_rules! semver {
    () => {
        concat!(
            r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)",
            r"(-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)",
            r"(\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?",
            r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?",
        )
    };
}

macro_rules! text_schema {
    ($type:ty, $name:literal, $pattern:expr, $description:literal) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "pattern": $pattern,
                    "description": $description
                })
            }
        }
    };
}

text_schema!(
    crate::EnvId,
    "EnvId",
    "^[A-Za-z0-9._-]+$",
    "An environment: ASCII letters, digits, `.`, `_` and `-`."
);
text_schema!(
    crate::RevisionId,
    "RevisionId",
    "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$",
    "A revision, a ULID."
);
text_schema!(
    crate::DeploymentId,
    "DeploymentId",
    "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$",
    "A deployment, a ULID."
);
text_schema!(
    crate::MessagingEndpointId,
    "MessagingEndpointId",
    "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$",
    "A messaging endpoint, a ULID."
);
text_schema!(
    crate::IdempotencyKey,
    "IdempotencyKey",
    "\\S",
    "An idempotency key: any text with a character that is not white space."
);
text_schema!(
    crate::SemVer,
    "SemVer",
    concat!("^", semver!(), "$"),
    "A semantic version, such as 1.2.3."
);
text_schema!(
    crate::PackDescriptor,
    "PackDescriptor",
    concat!(r"^[a-z0-9-]*\.[a-z0-9.-]*@", semver!(), "$"),
    "An env-pack implementation: `<path>@<semver>`."
);
text_schema!(
    crate::SecretRef,
    "SecretRef",
    "^secret://[^/]",
    "A reference to a secret: `secret://<env>[/<rest>]`."
);
text_schema!(
    crate::RuntimeRef,
    "RuntimeRef",
    "^runtime://[^/]",
    "A reference to a discovered value: `runtime://<env>/discovered/<key>`."
);
text_schema!(
    crate::ExtensionRef,
    "ExtensionRef",
    "^ext://[a-z0-9-]*\\.[a-z0-9.-]*(/[a-z0-9-]+)?$",
    "A reference to an extension: `ext://<path>[/<instance>]`."
);
