//! What a flow knows while it runs and while it waits, in the public JSON shape.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::FlowError;
use super::size::{self, MAX_HELD};

/// What a flow knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct FlowState {
    /// The message that the turn began with.
    #[serde(default)]
    pub(crate) entry: Value,
    /// The same message.
    pub(crate) input: Value,
    /// What each node gave.
    pub(crate) nodes: BTreeMap<String, NodeOutput>,
    /// What is said before the answer.
    pub(crate) egress: Vec<Value>,
    /// What the last node gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_output: Option<Value>,
    /// Jumps of this turn so far.
    #[serde(default)]
    pub(crate) redirect_count: u64,
}

/// What a node gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NodeOutput {
    pub(crate) ok: bool,
    pub(crate) payload: Value,
    #[serde(default)]
    pub(crate) meta: Value,
}

/// A flow that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowSnapshot {
    /// The pack of the flow.
    pub(crate) pack_id: String,
    /// The flow that the conversation began with.
    pub(crate) flow_id: String,
    /// The flow that goes on, when a jump led to another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_flow: Option<String>,
    /// The node that goes on.
    pub(crate) next_node: String,
    /// What it knows.
    pub(crate) state: FlowState,
}

impl FlowState {
    /// What a flow knows when it begins.
    pub(crate) fn new(entry: Value) -> Result<Self, FlowError> {
        let state = Self { input: entry.clone(), entry, ..Self::default() };
        state.check()?;
        Ok(state)
    }

    /// The same with the next message.
    pub(crate) fn resumed(mut self, entry: Value) -> Result<Self, FlowError> {
        self.input = entry.clone();
        self.entry = entry;
        self.egress.clear();
        // Each turn has its own jumps.
        self.redirect_count = 0;
        self.check()?;
        Ok(self)
    }

    /// Notes what a node gave.
    pub(crate) fn record(&mut self, node_id: &str, payload: Value) -> Result<(), FlowError> {
        self.last_output = Some(payload.clone());
        self.put(node_id, payload)
    }

    /// Notes what a node gave, which is not the answer.
    pub(crate) fn put(&mut self, node_id: &str, payload: Value) -> Result<(), FlowError> {
        let output = NodeOutput { ok: true, payload, meta: Value::Null };
        self.nodes.insert(node_id.to_owned(), output);
        self.check()
    }

    /// What a node gave; nothing when it gave nothing.
    pub(crate) fn given(&self, node_id: &str) -> &Value {
        self.nodes.get(node_id).map_or(&Value::Null, |output| &output.payload)
    }

    /// Says something before the answer.
    pub(crate) fn say(&mut self, said: Value) -> Result<(), FlowError> {
        self.egress.push(said);
        self.check()
    }

    /// Refuses to hold more than a flow may. A flow that puts its own state into what it gives would
    /// double it with each node.
    fn check(&self) -> Result<(), FlowError> {
        let outputs = self.nodes.values().map(|output| &output.payload);
        let own = [&self.entry, &self.input].into_iter().chain(&self.last_output);
        let mut held = 0;
        for value in own.chain(outputs).chain(&self.egress) {
            held += size::of(value)?;
            if held > MAX_HELD {
                return Err(FlowError::TooMuch { limit: MAX_HELD });
            }
        }
        Ok(())
    }

    /// What templates can name.
    pub(crate) fn context(&self) -> Value {
        let payloads: BTreeMap<&str, &Value> =
            self.nodes.iter().map(|(id, output)| (id.as_str(), &output.payload)).collect();
        json!({
            "entry": self.entry,
            "in": self.entry,
            "prev": self.last_output.clone().unwrap_or_else(|| json!({})),
            "node": payloads,
            "state": {
                "entry": self.entry,
                "input": self.input,
                "nodes": self.nodes,
                "redirect_count": self.redirect_count,
            },
        })
    }

    /// What the turn answers: what was said on the way, which is forgotten, and what the last node
    /// gave.
    pub(crate) fn answer(&mut self) -> Value {
        let last = self.last_output.clone();
        self.answer_with(last)
    }

    /// The same for a flow that is over.
    pub(crate) fn into_answer(mut self) -> Value {
        let last = self.last_output.take();
        self.answer_with(last)
    }

    fn answer_with(&mut self, last: Option<Value>) -> Value {
        let last = last.unwrap_or(Value::Null);
        let mut all = std::mem::take(&mut self.egress);
        if all.is_empty() {
            return last;
        }
        match last {
            Value::Null => {}
            Value::Array(items) => all.extend(items),
            other => all.push(other),
        }
        Value::Array(all)
    }
}
