use std::io;
use std::time::Duration;

/// A component or the engine could not be made ready.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WasmError {
    /// The engine cannot work on this machine or with these settings.
    #[error("the wasm engine cannot be set up: {reason}")]
    Engine {
        /// What the engine says.
        reason: String,
    },
    /// The folder for compiled components cannot be used.
    #[error("the cache of compiled components at `{folder}` cannot be used: {reason}")]
    Cache {
        /// The folder.
        folder: String,
        /// What the engine says.
        reason: String,
    },
    /// The thread that interrupts guests could not be started.
    #[error("the thread that interrupts guests could not be started")]
    Ticker {
        /// Why.
        source: io::Error,
    },
    /// The bytes are not a component that this engine can run.
    #[error("this is not a component that can be run here: {reason}")]
    NotAComponent {
        /// What the engine says.
        reason: String,
    },
    /// The component is larger than any that is taken.
    #[error("a component has at most {limit} bytes, not {actual}")]
    TooLarge {
        /// Bytes of the component.
        actual: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The component imports what this host does not have, or has in another shape.
    #[error("the component cannot be linked; build it against the host's interfaces: {reason}")]
    Import {
        /// What the engine says, with the name of the import.
        reason: String,
    },
    /// The component exports a known function in another shape.
    #[error(
        "the component exports `{interface}.{function}` in a shape that this host does not know: \
         {reason}"
    )]
    Export {
        /// The interface.
        interface: &'static str,
        /// The function.
        function: &'static str,
        /// What the engine says.
        reason: String,
    },
}

impl WasmError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Engine { .. } => "wasm-engine",
            Self::Cache { .. } => "wasm-cache",
            Self::Ticker { .. } => "wasm-ticker",
            Self::NotAComponent { .. } => "wasm-not-a-component",
            Self::TooLarge { .. } => "wasm-too-large",
            Self::Import { .. } => "wasm-import",
            Self::Export { .. } => "wasm-export",
        }
    }
}

/// A call of a component gave no answer.
///
/// Texts are bounded. Only [`CallError::Guest`] carries words of the guest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The component answered with an error of its own.
    #[error("the component answers with the error `{code}`: {message}")]
    Guest {
        /// The component's word for it.
        code: String,
        /// The component's sentence about it.
        message: String,
        /// Whether the component says that trying again may help.
        retryable: bool,
        /// How long the component asks to wait before that.
        backoff: Option<Duration>,
    },
    /// The component stopped by a fault.
    #[error("the component trapped: {reason}")]
    Trap {
        /// The kind of fault.
        reason: String,
    },
    /// The component ended itself.
    #[error("the component ended itself with status {status}")]
    Exited {
        /// What it ended with.
        status: i32,
    },
    /// The component did not answer in its time.
    #[error("the component did not answer within {} ms", limit.as_millis())]
    Deadline {
        /// The time it had.
        limit: Duration,
    },
    /// The component wanted more memory than it may have.
    #[error("the component wanted more than its {limit} bytes of memory")]
    Memory {
        /// Bytes allowed.
        limit: usize,
    },
    /// The component wanted larger tables than it may have.
    #[error("the component wanted more than its {limit} table elements")]
    Tables {
        /// Elements allowed.
        limit: usize,
    },
    /// The component called itself too deeply.
    #[error("the component used up its call stack")]
    Stack,
    /// The component handed over more data at once than is taken.
    #[error("the component handed over more than {limit} bytes at once")]
    TooMuchData {
        /// Bytes allowed.
        limit: usize,
    },
    /// The answer, or one of its calls of the host, is not what the interface promises.
    #[error("the component does not keep to its interface: {reason}")]
    BadAnswer {
        /// What is wrong with it.
        reason: String,
    },
    /// The input cannot be given to a component.
    #[error("the input has more than {limit} bytes; send less, or a reference to it")]
    InputTooLarge {
        /// Bytes allowed.
        limit: usize,
    },
    /// Too many calls were running, and none ended in time.
    #[error("no call ended within {} ms to make room for this one; try again later", waited.as_millis())]
    Busy {
        /// How long the call waited.
        waited: Duration,
    },
    /// The component does not have the function.
    #[error("the component does not export {export}")]
    MissingExport {
        /// The function.
        export: &'static str,
    },
    /// The component went on after something that is not granted to it.
    #[error("the component used {what}, which is not granted to it")]
    Denied {
        /// What it used.
        what: String,
    },
    /// A folder that the component is given cannot be opened.
    #[error("the folder `{path}` of the component cannot be opened; look after it, then retry")]
    Folder {
        /// Its name for the component.
        path: String,
    },
}

impl CallError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Guest { .. } => "component-error",
            Self::Trap { .. } => "component-trap",
            Self::Exited { .. } => "component-exited",
            Self::Deadline { .. } => "component-deadline",
            Self::Memory { .. } => "component-memory",
            Self::Tables { .. } => "component-tables",
            Self::Stack => "component-stack",
            Self::TooMuchData { .. } => "component-too-much-data",
            Self::BadAnswer { .. } => "component-bad-answer",
            Self::InputTooLarge { .. } => "component-input-too-large",
            Self::Busy { .. } => "component-busy",
            Self::MissingExport { .. } => "component-missing-export",
            Self::Denied { .. } => "component-denied",
            Self::Folder { .. } => "component-folder",
        }
    }

    /// Whether the same call may succeed later: the component says so, or it never ran.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Guest { retryable, .. } => *retryable,
            Self::Busy { .. } => true,
            _ => false,
        }
    }

    /// How long to wait before trying again, when the component asks for it.
    #[must_use]
    pub fn backoff(&self) -> Option<Duration> {
        match self {
            Self::Guest { backoff, .. } => *backoff,
            _ => None,
        }
    }
}

/// Text of at most so many bytes, cut between characters.
pub(super) fn bounded(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let mut end = limit;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// What the engine says, with its causes, bounded.
pub(super) fn reason(error: &wasmtime::Error) -> String {
    bounded(format!("{error:#}"), 600)
}
