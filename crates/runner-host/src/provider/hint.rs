//! What a provider says about how it recognises its instances.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where a provider finds which of its instances a request is for. Of the headers of a request, it
/// is shown those that it names here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifyInstanceHint {
    /// The places.
    pub sources: Vec<IdentifySource>,
}

/// A place in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentifySource {
    /// A header.
    Header {
        /// Its name in lower case.
        name: String,
    },
    /// A place in the JSON body.
    BodyPath {
        /// A JSON pointer.
        json_pointer: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: u32,
    sources: Vec<WireSource>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum WireSource {
    Header(WireHeader),
    BodyPath(WireBodyPath),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireHeader {
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireBodyPath {
    json_pointer: String,
}

/// Places that one provider may name.
const MAX_SOURCES: usize = 64;

impl IdentifyInstanceHint {
    /// Reads what a provider says. None when it cannot be read: then the provider says nothing.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let wire: Wire = serde_json::from_slice(bytes).ok()?;
        if wire.version != 1 || wire.sources.len() > MAX_SOURCES {
            return None;
        }
        let source = |source| match source {
            WireSource::Header(header) => {
                IdentifySource::Header { name: header.name.to_ascii_lowercase() }
            }
            WireSource::BodyPath(path) => {
                IdentifySource::BodyPath { json_pointer: path.json_pointer }
            }
        };
        Some(Self { sources: wire.sources.into_iter().map(source).collect() })
    }

    fn names_header(&self, header: &str) -> bool {
        self.sources.iter().any(|source| {
            matches!(source, IdentifySource::Header { name } if name.eq_ignore_ascii_case(header))
        })
    }
}

/// What a provider is shown of a request: the body, and of the headers those that it asked for. One
/// that says nothing is shown all that it is given.
pub(crate) fn probe_payload(
    hint: Option<&IdentifyInstanceHint>,
    headers: &[(String, String)],
    body: &Value,
) -> Vec<u8> {
    let shown = headers.iter().filter(|(name, _)| hint.is_none_or(|hint| hint.names_header(name)));
    let shown: Vec<Value> =
        shown.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({ "headers": shown, "body": body }).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> Vec<(String, String)> {
        [("X-Secret", "s"), ("Cookie", "c"), ("x-secret", "t")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }

    #[test]
    fn a_provider_is_shown_the_headers_that_it_names_with_order_and_duplicates() {
        let hint = br#"{"version":1,"sources":[{"header":{"name":"X-SECRET"}}]}"#;
        let hint = IdentifyInstanceHint::parse(hint).unwrap();
        let payload = probe_payload(Some(&hint), &headers(), &json!({"a": 1}));
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        let shown = json!([{"name": "X-Secret", "value": "s"}, {"name": "x-secret", "value": "t"}]);
        assert_eq!(payload, json!({"headers": shown, "body": {"a": 1}}));
    }

    #[test]
    fn a_provider_that_asks_for_the_body_alone_is_shown_no_header() {
        let hint = br#"{"version":1,"sources":[{"body_path":{"json_pointer":"/id"}}]}"#;
        let hint = IdentifyInstanceHint::parse(hint).unwrap();
        let payload = probe_payload(Some(&hint), &headers(), &Value::Null);
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(payload["headers"], json!([]));
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for wrong in [
            &br#"{"version":2,"sources":[]}"#[..],
            br#"{"version":1,"sources":[],"more":1}"#,
            br#"{"version":1,"sources":[{"header":{"name":"a","more":1}}]}"#,
            br#"{"version":1,"sources":[{"cookie":{"name":"a"}}]}"#,
            b"",
            b"\xff",
        ] {
            assert_eq!(IdentifyInstanceHint::parse(wrong), None);
        }
        let payload = probe_payload(None, &headers(), &Value::Null);
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(payload["headers"].as_array().map(Vec::len), Some(3));
    }
}
