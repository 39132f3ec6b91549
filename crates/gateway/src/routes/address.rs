//! The addresses that a gateway knows below a deployment's path.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Where the Direct Line protocol begins.
const DIRECTLINE: &str = "v3/directline";

/// What a path below a deployment asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// `/v1/messaging/webchat/<tenant>/[<bundle>/]v3/directline/<rest>`.
    Directline {
        tenant: String,
        /// The bundle, when the path names one.
        bundle: Option<String>,
        /// What is asked for, without a slash in front.
        rest: String,
    },
    /// `/v1/web/webchat/<tenant>/[<bundle>/]`: the page.
    Page { tenant: String, bundle: Option<String> },
    /// `/workers/invoke`.
    Invoke,
}

impl Address {
    /// Reads a path; none when it is no such address.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("/v1/messaging/webchat/") {
            return directline(rest);
        }
        if let Some(rest) = path.strip_prefix("/v1/web/webchat/") {
            return page(rest);
        }
        (path.strip_suffix('/').unwrap_or(path) == "/workers/invoke").then_some(Self::Invoke)
    }

    /// The tenant that the path names.
    pub(crate) fn tenant(&self) -> Option<&str> {
        match self {
            Self::Directline { tenant, .. } | Self::Page { tenant, .. } => Some(tenant),
            Self::Invoke => None,
        }
    }

    /// The bundle that the path names.
    pub(crate) fn bundle(&self) -> Option<&str> {
        match self {
            Self::Directline { bundle, .. } | Self::Page { bundle, .. } => bundle.as_deref(),
            Self::Invoke => None,
        }
    }
}

/// A name as it stands in a path.
pub(crate) fn segment(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

/// The name that stands in a path. None when it is empty or no text.
fn named(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.is_empty()).then(|| text.into_owned())
}

fn directline(rest: &str) -> Option<Address> {
    let (tenant, rest) = rest.split_once('/')?;
    let tenant = named(tenant)?;
    let below = |text: &str| {
        let rest = text.strip_prefix(DIRECTLINE)?.strip_prefix('/')?;
        Some(rest.trim_end_matches('/').to_owned())
    };
    if let Some(rest) = below(rest) {
        return Some(Address::Directline { tenant, bundle: None, rest });
    }
    let (bundle, rest) = rest.split_once('/')?;
    Some(Address::Directline { tenant, bundle: Some(named(bundle)?), rest: below(rest)? })
}

fn page(rest: &str) -> Option<Address> {
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let tenant = named(parts.next()?)?;
    let bundle = parts.next().map(named);
    match (bundle, parts.next()) {
        (None, _) => Some(Address::Page { tenant, bundle: None }),
        (Some(Some(bundle)), None) => Some(Address::Page { tenant, bundle: Some(bundle) }),
        _ => None,
    }
}
