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
    /// A node that runs a component that the pack does not have.
    #[error(
        "node `{node}` runs the component `{component}`, which the pack does not have; its components are: {}",
        components.join(", ")
    )]
    UnknownComponent {
        /// The node.
        node: String,
        /// The component.
        component: String,
        /// The components that there are.
        components: Vec<String>,
    },
}
