use serde_json::Value;

/// What a component is asked to do for a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The operation.
    pub operation: String,
    /// What it works on.
    pub input: Input,
    /// The flow that runs.
    pub flow_id: String,
    /// The node that runs; none outside of a node.
    pub node_id: Option<String>,
    /// The component, as its pack names it.
    pub component_id: String,
}

/// The input of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A payload with what the caller says about it.
    Wrapped {
        /// The payload.
        payload: Value,
        /// What the caller says about it.
        metadata: Value,
    },
    /// A value that the component takes as it is.
    Raw(Value),
}
