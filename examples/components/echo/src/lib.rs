//! Answers what it is given. The smallest component there can be.

use guest::{Component, Failure, Input};

struct Echo;

impl Component for Echo {
    const NAME: &'static str = "echo";
    const SUMMARY: &'static str = "Answers what it is given.";
    const OPERATIONS: &'static [&'static str] = &["echo"];

    fn invoke(_operation: &str, input: &Input) -> Result<Vec<u8>, Failure> {
        Ok(input.bytes().to_vec())
    }
}

guest::export!(Echo with_types_in guest::bindings);
