use std::fmt;

/// A place in a source file. Lines and columns count from one; zero means that the place is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

/// Why a source file cannot be compiled, and where.
///
/// Shown as `file:line:column: what is wrong`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {problem}", Suffix(*place))]
pub struct FlowError {
    /// The file, as the caller named it.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    #[source]
    pub problem: FlowProblem,
}

struct Suffix(Place);

impl fmt::Display for Suffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.line {
            0 => Ok(()),
            line => write!(f, ":{line}:{}", self.0.column),
        }
    }
}

/// What is wrong in a source file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowProblem {
    /// The file is larger than allowed.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The file is no YAML.
    #[error("{detail}")]
    Syntax {
        /// What the parser says.
        detail: String,
    },
    /// A key that must be there is not.
    #[error("`{key}` is missing; {hint}")]
    Missing {
        /// The key.
        key: &'static str,
        /// What to write.
        hint: &'static str,
    },
    /// A key that nothing is known of.
    #[error("`{key}` is no key of a {parent}; expected one of: {}", expected.join(", "))]
    UnknownKey {
        /// The key.
        key: String,
        /// What it stands in.
        parent: &'static str,
        /// The keys that there are.
        expected: &'static [&'static str],
    },
    /// A value of another type.
    #[error("`{key}` is {found}; expected {expected}")]
    Type {
        /// The key.
        key: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A text that is not one of those that are known.
    #[error("`{key}` is `{found}`; expected one of: {}", expected.join(", "))]
    Choice {
        /// The key.
        key: String,
        /// What it is.
        found: String,
        /// What it can be.
        expected: &'static [&'static str],
    },
    /// An id that has other characters than ids may have.
    #[error("`{id}` cannot be {what}; {expected}")]
    Id {
        /// The id.
        id: String,
        /// What it should name.
        what: &'static str,
        /// What ids look like.
        expected: &'static str,
    },
    /// A flow without nodes.
    #[error("the flow has no nodes; write at least one under `nodes`")]
    NoNodes,
    /// A node that does not say what runs.
    #[error(
        "node `{node}` says nothing to run; write one key with the component or operation, such as `emit.response`"
    )]
    NoComponent {
        /// The node.
        node: String,
    },
    /// A node that says several things to run.
    #[error(
        "node `{node}` has several keys that could be what it runs: {}; keep one, or correct a misspelt {known}",
        keys.join(", ")
    )]
    SeveralComponents {
        /// The node.
        node: String,
        /// The keys.
        keys: Vec<String>,
        /// The other keys that a node may have.
        known: &'static str,
    },
    /// A way to a node that is not there.
    #[error("there is no node `{target}` to go to; the nodes are: {}", nodes.join(", "))]
    UnknownNode {
        /// The node that is named.
        target: String,
        /// The nodes that there are.
        nodes: Vec<String>,
    },
    /// A route that says nothing.
    #[error("the route says neither `to` nor `out` nor `reply`")]
    EmptyRoute,
    /// A route that says two things.
    #[error("the route says `{first}` and `{second}`; keep one")]
    TwoInOne {
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A route that is never taken.
    #[error(
        "this route is never taken, since the one before it always is; give that one a `condition` or `status`, or take this one out"
    )]
    NeverTaken,
    /// A `routing` that is no word for one.
    #[error("`routing` is `{found}`; write `out`, `reply`, or `[{{to: NODE}}]` to go to a node")]
    Routing {
        /// What it is.
        found: String,
    },
    /// A condition that is none.
    #[error(
        "`{condition}` is no condition; write `path == \"text\"` or `path != \"text\"`, and a route for each"
    )]
    Condition {
        /// The condition.
        condition: String,
    },
    /// A condition over a path that only templates know.
    #[error(
        "`{root}` is for templates; a condition sees the output of its own node (`text`), and `entry`, `in` and `response`"
    )]
    ConditionPath {
        /// What its path begins with.
        root: String,
    },
    /// A template that can never be filled.
    #[error("the template `{template}` cannot be filled: {detail}")]
    Template {
        /// The template's beginning.
        template: String,
        /// Why.
        detail: String,
    },
    /// A word that is nearly one that is known.
    #[error("there is no `{found}`; write `{meant}`")]
    Misspelt {
        /// The word.
        found: String,
        /// The one that is known.
        meant: &'static str,
    },
    /// A key that nothing looks at.
    #[error("`{key}` does nothing here; {hint}")]
    Idle {
        /// The key.
        key: String,
        /// What does.
        hint: &'static str,
    },
    /// A node whose payload lacks a text.
    #[error("`{runs}` needs `{key}`; write it into the payload of node `{node}`")]
    Lacks {
        /// The node.
        node: String,
        /// What it runs.
        runs: String,
        /// The key.
        key: &'static str,
    },
    /// A call of a flow that the pack does not have.
    #[error("node `{node}` calls the flow `{flow}`, which the pack does not have; its flows are: {}", flows.join(", "))]
    UnknownFlow {
        /// The node.
        node: String,
        /// The flow.
        flow: String,
        /// The flows that there are.
        flows: Box<[String]>,
    },
    /// A node that waits and leads nowhere.
    #[error(
        "node `{node}` waits and leads nowhere; write `routing: [{{to: NODE}}]` with the node that takes the answer"
    )]
    NoWayOn {
        /// The node.
        node: String,
    },
    /// Nodes that go around for ever.
    #[error(
        "the flow never leaves {}; let one of them wait (`session.wait`), end (`out`) or have a `condition`",
        circle(nodes)
    )]
    Circle {
        /// The nodes.
        nodes: Vec<String>,
    },
    /// A node that runs a component that the pack does not have.
    #[error("node `{node}` runs the component `{component}`, which the pack does not have; {hint}")]
    UnknownComponent {
        /// The node.
        node: String,
        /// The component.
        component: String,
        /// What was probably meant, or the components that there are.
        hint: String,
    },
    /// A call of an operation that a component does not have.
    #[error("the component `{component}` has no operation `{operation}`; it has: {}", operations.join(", "))]
    UnknownOperation {
        /// The component.
        component: String,
        /// The operation.
        operation: String,
        /// The operations that there are.
        operations: Box<[String]>,
    },
    /// A node that names no operation.
    #[error(
        "node `{node}` names no operation of the component `{component}`; write `operation:` with one of: {}",
        operations.join(", ")
    )]
    NoOperation {
        /// The node.
        node: String,
        /// The component.
        component: String,
        /// The operations that there are.
        operations: Box<[String]>,
    },
}

fn circle(nodes: &[String]) -> String {
    match nodes {
        [one] => format!("node `{one}`"),
        many => format!("the nodes {}", many.join(", ")),
    }
}
