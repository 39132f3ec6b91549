//! Which endpoint a request is for: the header `x-endpoint` names it, or the key `endpoint` of the body.

use serde_json::{Value, json};

const HEADER: &str = "x-endpoint";
const BODY_KEY: &str = "endpoint";

/// Finds the endpoint in what the host hands over: `{"headers": [{"name", "value"}], "body": …}`.
pub(crate) fn identify(request: &Value) -> Option<String> {
    let found = header(request).or_else(|| request.get("body")?.get(BODY_KEY))?;
    Some(found.as_str()?.to_owned())
}

/// Tells the host where [`identify`] looks.
pub(crate) fn hint() -> Value {
    json!({
        "version": 1,
        "sources": [
            {"header": {"name": HEADER}},
            {"body_path": {"json_pointer": format!("/{BODY_KEY}")}},
        ],
    })
}

fn header(request: &Value) -> Option<&Value> {
    let headers = request.get("headers")?.as_array()?;
    let wanted = |header: &&Value| {
        header
            .get("name")
            .and_then(Value::as_str)
            .is_some_and(|name| name.eq_ignore_ascii_case(HEADER))
    };
    headers.iter().find(wanted)?.get("value")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: &Value, expected: Option<&str>) {
        assert_eq!(identify(request).as_deref(), expected);
    }

    #[test]
    fn the_header_goes_before_the_body() {
        let header = json!({"name": "X-Endpoint", "value": "legal"});
        check(&json!({"headers": [header], "body": {"endpoint": "sales"}}), Some("legal"));
        check(&json!({"headers": [], "body": {"endpoint": "sales"}}), Some("sales"));
    }

    #[test]
    fn a_request_that_names_no_endpoint_is_for_none() {
        for request in
            [json!({}), json!(null), json!({"body": null}), json!({"body": {"endpoint": 7}})]
        {
            check(&request, None);
        }
    }
}
