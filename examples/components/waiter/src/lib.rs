//! Asks a question until it is answered, for flows that wait at the node that asks.
//!
//! * `ask` `{"question": "Which size?"}` → `{"state": "asking", "text": "Which size?"}`
//! * `ask` `{"question": "Which size?", "answer": "L"}` → `{"state": "answered", "answer": "L"}`
//!
//! No answer, `null` and an empty text are the same: templates leave an empty text where there is nothing yet.

use guest::{Component, Failure, Input};
use serde::{Deserialize, Serialize};

struct Waiter;

#[derive(Deserialize)]
struct Request {
    question: String,
    answer: Option<String>,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum Answer {
    Asking { text: String },
    Answered { answer: String },
}

impl Component for Waiter {
    const NAME: &'static str = "waiter";
    const SUMMARY: &'static str = "Asks a question until it is answered.";
    const OPERATIONS: &'static [&'static str] = &["ask"];

    fn invoke(_operation: &str, input: &Input) -> Result<Vec<u8>, Failure> {
        let Request { question, answer } = input.decode()?;
        let given = answer.filter(|answer| !answer.trim().is_empty());
        guest::encode(&match given {
            Some(answer) => Answer::Answered { answer },
            None => Answer::Asking { text: question },
        })
    }
}

guest::export!(Waiter with_types_in guest::bindings);
