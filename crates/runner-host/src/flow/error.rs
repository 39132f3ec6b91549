use crate::wasm::CallError;

/// A flow could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// There is no such flow in the pack.
    #[error(
        "pack `{pack_id}` has no flow `{flow_id}`; its flows are listed by the pack's manifest"
    )]
    UnknownFlow {
        /// The pack.
        pack_id: String,
        /// The flow.
        flow_id: String,
    },
    /// There is no such node in the flow.
    #[error("flow `{flow_id}` has no node `{node_id}`; correct the routing that names it")]
    UnknownNode {
        /// The flow.
        flow_id: String,
        /// The node.
        node_id: String,
    },
    /// The flow has no node to begin with.
    #[error("flow `{flow_id}` has no node to begin with; name one as `start`")]
    NoStart {
        /// The flow.
        flow_id: String,
    },
    /// The flow did not come to an end.
    #[error(
        "flow `{flow_id}` took {limit} steps in one turn without an end; look for a circle in its routing"
    )]
    StepLimit {
        /// The flow that the turn began with.
        flow_id: String,
        /// Steps allowed.
        limit: u32,
    },
    /// Flows call each other too deep.
    #[error("flow calls are nested more than {limit} deep; look for flows that call each other")]
    CallDepth {
        /// Calls allowed inside of each other.
        limit: u32,
    },
    /// A component asked for too many jumps.
    #[error("redirect_limit: a component jumped more than {limit} times in one turn")]
    RedirectLimit {
        /// Jumps allowed.
        limit: u64,
    },
    /// A component asked for a jump that cannot be made.
    #[error("a component asked for a jump that cannot be made: {reason}")]
    Jump {
        /// `missing_flow`, `unknown_flow:<id>` or `unknown_node:<id>`.
        reason: String,
    },
    /// A flow that was called wants to wait.
    #[error(
        "flow `{flow_id}` was called by another one and waits; only the flow that answers may wait"
    )]
    CalledFlowWaits {
        /// The flow that was called.
        flow_id: String,
    },
    /// A node could not do its work. Every error that has to do with one node is wrapped so.
    #[error("node `{node_id}` of flow `{flow_id}`: {source}")]
    InNode {
        /// The flow.
        flow_id: String,
        /// The node.
        node_id: String,
        /// Why.
        source: Box<FlowError>,
    },
    /// A node's mapping lacks something.
    #[error(transparent)]
    Mapping(#[from] MappingProblem),
    /// A template cannot be filled.
    #[error("template `{template}` cannot be filled: {detail}")]
    Template {
        /// Its beginning.
        template: String,
        /// Why.
        detail: String,
    },
    /// A value is nested too deep.
    #[error("a value of the flow is nested more than {limit} deep; flatten it")]
    TooDeep {
        /// Levels allowed.
        limit: usize,
    },
    /// The flow holds too much.
    #[error("the flow holds more than {limit} bytes; put less into its mappings, or a reference")]
    TooMuch {
        /// Bytes allowed.
        limit: usize,
    },
    /// A condition is none.
    #[error("`{condition}` is no condition; write `path == \"value\"` or `path != \"value\"`")]
    Condition {
        /// Its beginning.
        condition: String,
    },
    /// A component or provider failed.
    #[error("the call failed")]
    Call(#[from] Box<CallError>),
    /// Something that is kept outside cannot be used.
    #[error("what is kept outside cannot be used")]
    Port(#[from] Box<greentic_env_pack::PortError>),
    /// A provider cannot be found.
    #[error(transparent)]
    Provider(#[from] Box<crate::provider::ProviderError>),
    /// A parked conversation belongs to another pack.
    #[error("resume pack mismatch: the conversation waits in pack `{expected}`, not `{found}`")]
    OtherPack {
        /// The pack that it waits in.
        expected: String,
        /// The pack that was asked.
        found: String,
    },
}

/// What a node's mapping lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingProblem {
    /// The component to run.
    #[error("it names no component; add `component`")]
    NoComponent,
    /// A component that the pack does not have.
    #[error("the pack has no component `{component}`")]
    UnknownComponent {
        /// The component.
        component: String,
    },
    /// The operation to run.
    #[error("missing operation for node; add `operation`")]
    NoOperation,
    /// The flow to call.
    #[error("it names no flow; add `flow_id`")]
    NoFlow,
    /// The key of a value.
    #[error("it names no key; add `key`")]
    NoKey,
    /// Where to go after waiting.
    #[error("it waits and leads nowhere; route it to the node that takes the answer")]
    NoWayOn,
    /// A card that is not in the pack.
    #[error("the pack has no asset `{path}`")]
    NoAsset {
        /// The asset.
        path: String,
    },
    /// A card that is no JSON.
    #[error("asset `{path}` is no JSON: {detail}")]
    AssetNotJson {
        /// The asset.
        path: String,
        /// Why.
        detail: String,
    },
    /// A pointer of `in_map` or `out_map` that leads nowhere.
    #[error("nothing is at `{pointer}`")]
    Pointer {
        /// The pointer.
        pointer: String,
    },
}

impl FlowError {
    /// The same, of a node. An error that names a node already keeps it: that of a called flow says more than the call.
    pub(super) fn in_node(self, flow_id: &str, node_id: &str) -> Self {
        match self {
            Self::InNode { .. } => self,
            error => Self::InNode {
                flow_id: flow_id.to_owned(),
                node_id: node_id.to_owned(),
                source: Box::new(error),
            },
        }
    }

    /// What failed, whichever node it was.
    #[must_use]
    pub fn reason(&self) -> &Self {
        match self {
            Self::InNode { source, .. } => source.reason(),
            error => error,
        }
    }

    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownFlow { .. } => "unknown-flow",
            Self::UnknownNode { .. } => "unknown-node",
            Self::NoStart { .. } => "flow-has-no-start",
            Self::StepLimit { .. } => "step-limit",
            Self::CallDepth { .. } => "call-depth",
            Self::RedirectLimit { .. } => "redirect-limit",
            Self::Jump { .. } => "jump-refused",
            Self::CalledFlowWaits { .. } => "called-flow-waits",
            Self::InNode { source, .. } => source.code(),
            Self::Mapping(_) => "mapping-incomplete",
            Self::Template { .. } => "template-invalid",
            Self::TooDeep { .. } => "flow-value-too-deep",
            Self::TooMuch { .. } => "flow-holds-too-much",
            Self::Condition { .. } => "condition-invalid",
            Self::Call(source) => source.code(),
            Self::Port(source) => source.code(),
            Self::Provider(source) => source.code(),
            Self::OtherPack { .. } => "resume-pack-mismatch",
        }
    }
}
