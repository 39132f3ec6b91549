//! The addresses that gateways answer themselves, whatever is deployed.

/// The paths of probes, status and metrics, for every host. docs/gateway.md says what each one is.
pub const RESERVED_PATHS: [&str; 6] =
    ["/livez", "/healthz", "/health", "/readyz", "/status", "/metrics"];

/// How the other addresses of gateways begin: webchat and `/workers/invoke`.
const RESERVED_BEGINNINGS: [&str; 2] = ["v1", "workers"];

/// Whether gateways answer a path themselves, so that no deployment gets its requests.
#[must_use]
pub fn is_reserved_path(path: &str) -> bool {
    RESERVED_PATHS.contains(&path)
}

/// Whether a path prefix is an address of gateways, or a beginning of one: a deployment that is bound
/// to it would not be reached there.
#[must_use]
pub fn is_reserved_prefix(prefix: &str) -> bool {
    let first = prefix.trim_start_matches('/').split('/').next();
    is_reserved_path(prefix) || first.is_some_and(|first| RESERVED_BEGINNINGS.contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_reserved_when_it_is_or_begins_an_address_of_gateways() {
        for reserved in ["/livez", "/status", "/v1", "/v1/messaging", "/workers/invoke"] {
            assert!(is_reserved_prefix(reserved), "{reserved}");
        }
        for free in ["/", "/chat", "/status/board", "/v10", "/workers-of-mine", "/chat/v1"] {
            assert!(!is_reserved_prefix(free), "{free}");
        }
    }
}
