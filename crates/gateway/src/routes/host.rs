//! Host names, as they stand in bindings and in requests.

use std::fmt;

/// The longest name that DNS has.
const MAX_NAME: usize = 253;

/// The hosts that a route is for. The greater one is the more specific one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HostPattern {
    /// Every host, and requests that name none.
    Any,
    /// Every name below one: `*.example.org`, kept without `*.`.
    Below(String),
    /// One name.
    Exactly(String),
}

impl HostPattern {
    /// Reads what stands in a binding. `*` is every host.
    pub(crate) fn parse(text: &str) -> Self {
        let name = name(text);
        match name.strip_prefix("*.") {
            _ if name == "*" => Self::Any,
            Some(below) => Self::Below(below.to_owned()),
            None => Self::Exactly(name),
        }
    }

    /// Which of two patterns for the same host is the more specific one: more is more.
    pub(crate) fn specificity(&self) -> (u8, usize) {
        match self {
            Self::Any => (0, 0),
            Self::Below(name) => (1, name.len()),
            Self::Exactly(_) => (2, 0),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Below(name) => write!(f, "*.{name}"),
            Self::Exactly(name) => f.write_str(name),
        }
    }
}

/// A host name without port, in lower case.
fn name(text: &str) -> String {
    let text = text.trim();
    let text = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if text.matches(':').count() == 1 => text.split(':').next().unwrap_or_default(),
        None => text,
    };
    text.trim_end_matches('.').to_ascii_lowercase()
}

/// The host of a request; none when there is none that could be one.
pub(crate) fn requested(host: &str) -> Option<String> {
    let name = name(host);
    (!name.is_empty() && name.len() <= MAX_NAME).then_some(name)
}

/// Whether a host of a request is this machine itself, whoever asks.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = name(host);
    name == "localhost"
        || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// The names that a name is below, the longest first.
pub(crate) fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(|(at, _)| name.get(at + 1..))
}
