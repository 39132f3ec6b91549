//! The way in for flow nodes.

use serde::de::DeserializeOwned;

use crate::bindings::exports::greentic::component::node::{
    ComponentDescriptor, Guest, InvocationEnvelope, InvocationResult, IoSchema, NodeError, Op,
    SchemaSource,
};
use crate::cbor;

/// A component that does the work of flow nodes.
pub trait Component {
    /// The component's name.
    const NAME: &'static str;
    /// What the component is for, in one sentence.
    const SUMMARY: &'static str;
    /// The operations that [`invoke`](Component::invoke) knows.
    const OPERATIONS: &'static [&'static str];

    /// Runs one of the operations and answers with CBOR. It is called with no other operation.
    ///
    /// # Errors
    /// Whatever keeps the component from doing it.
    fn invoke(operation: &str, input: &Input) -> Result<Vec<u8>, Failure>;
}

/// The input of an operation: one CBOR value.
#[derive(Debug)]
pub struct Input(Vec<u8>);

impl Input {
    /// Returns the CBOR as it came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the input as the type that the operation expects. Keys that the type does not have are ignored.
    ///
    /// # Errors
    /// `invalid-input` if it is something else.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        cbor::decode(&self.0)
    }
}

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    code: &'static str,
    message: String,
    retryable: bool,
}

impl Failure {
    /// A failure that trying again does not help.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retryable: false }
    }

    /// The same failure, when trying again may help.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}

impl From<Failure> for NodeError {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code.to_owned(),
            message: failure.message,
            retryable: failure.retryable,
            backoff_ms: None,
            details: None,
        }
    }
}

impl<C: Component> Guest for C {
    fn describe() -> ComponentDescriptor {
        ComponentDescriptor {
            name: C::NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: Some(C::SUMMARY.to_owned()),
            capabilities: Vec::new(),
            ops: C::OPERATIONS.iter().map(|name| describe_operation(name)).collect(),
            schemas: Vec::new(),
            setup: None,
        }
    }

    fn invoke(
        operation: String,
        envelope: InvocationEnvelope,
    ) -> Result<InvocationResult, NodeError> {
        if !C::OPERATIONS.contains(&operation.as_str()) {
            let known = C::OPERATIONS.join(", ");
            let message = format!("no operation `{operation}` here; there is: {known}");
            return Err(Failure::new("unknown-operation", message).into());
        }
        let output_cbor = C::invoke(&operation, &Input(envelope.payload_cbor))?;
        Ok(InvocationResult { ok: true, output_cbor, output_metadata_cbor: None })
    }
}

fn describe_operation(name: &str) -> Op {
    Op {
        name: name.to_owned(),
        summary: None,
        input: any_value(),
        output: any_value(),
        examples: Vec::new(),
    }
}

/// The CBOR of an empty map, which as a JSON Schema allows everything.
const EMPTY_MAP: [u8; 1] = [0xa0];

fn any_value() -> IoSchema {
    IoSchema {
        schema: SchemaSource::InlineCbor(EMPTY_MAP.to_vec()),
        content_type: "application/cbor".to_owned(),
        schema_version: None,
    }
}
