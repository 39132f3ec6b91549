//! Counts per key in the worker's state.
//!
//! * `add` `{"key": "visits", "by": 2}` → `{"key": "visits", "count": 2}`; `by` is 1 if it is not said
//! * `get` `{"key": "visits"}` → `{"key": "visits", "count": 2}`; 0 if nobody counted
//!
//! Reading and writing are two calls: two turns that count at the same time may count once. The first count of a key cannot
//! be lost, because it is written only if there is none.

use guest::{Component, Failure, Input};
use serde::{Deserialize, Serialize};

use greentic::state1_1_0::state_store;

wit_bindgen::generate!({
    path: "../../../crates/runner-host/wit",
    inline: "package examples:counter; world imports { import greentic:state/state-store@1.1.0; }",
    generate_all,
});

struct Counter;

#[derive(Deserialize)]
struct Request {
    key: String,
    #[serde(default = "one")]
    by: i64,
}

#[derive(Serialize)]
struct Answer {
    key: String,
    count: i64,
}

impl Component for Counter {
    const NAME: &'static str = "counter";
    const SUMMARY: &'static str = "Counts per key in the worker's state.";
    const OPERATIONS: &'static [&'static str] = &["add", "get"];

    fn invoke(operation: &str, input: &Input) -> Result<Vec<u8>, Failure> {
        let Request { key, by } = input.decode()?;
        let count = if operation == "add" { add(&key, by)? } else { read(&key)? };
        guest::encode(&Answer { key, count })
    }
}

guest::export!(Counter with_types_in guest::bindings);

fn add(key: &str, by: i64) -> Result<i64, Failure> {
    if state_store::write_if_absent(key, by.to_string().as_bytes(), None).map_err(refused)? {
        return Ok(by);
    }
    let count = read(key)?.saturating_add(by);
    state_store::write(key, count.to_string().as_bytes(), None).map_err(refused)?;
    Ok(count)
}

fn read(key: &str) -> Result<i64, Failure> {
    match state_store::read(key, None) {
        Ok(bytes) => parse(&bytes),
        Err(error) if error.code == "not_found" => Ok(0),
        Err(error) => Err(refused(error)),
    }
}

/// Counts are kept as decimal digits, which are JSON, so that every host can keep and show them.
fn parse(bytes: &[u8]) -> Result<i64, Failure> {
    let number = str::from_utf8(bytes).ok().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| Failure::new("not-a-count", "the state under this key is no whole number"))
}

fn refused(error: state_store::HostError) -> Failure {
    Failure::new("state-failed", format!("{}: {}", error.code, error.message)).retryable()
}

const fn one() -> i64 {
    1
}
