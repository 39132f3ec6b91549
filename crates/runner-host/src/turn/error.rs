use std::time::Duration;

use crate::flow::FlowError;

/// A turn did not come to an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TurnError {
    /// The flow failed.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// What is kept for conversations cannot be used.
    #[error(transparent)]
    Sessions(#[from] greentic_env_pack::PortError),
    /// Earlier messages of the conversation took too long.
    #[error(
        "earlier messages of this conversation are still being answered after {patience:?}; send it again"
    )]
    Late {
        /// How long was waited.
        patience: Duration,
    },
    /// Too many messages of the conversation wait.
    #[error("too many messages of this conversation wait for their turn; send it again later")]
    Crowded,
    /// The turn itself took too long.
    #[error("the turn took longer than {limit:?}")]
    Deadline {
        /// Time allowed.
        limit: Duration,
    },
    /// Another host answers in this conversation.
    #[error("another host answers in this conversation; send the message again")]
    HeldElsewhere,
    /// The turn outlived its hold on the conversation: its end is not kept.
    #[error("the turn took longer than its hold on the conversation; the conversation is over")]
    LeaseLost,
    /// What was kept for the conversation cannot be read.
    #[error("what was kept of this conversation cannot be read; it begins anew")]
    Unreadable {
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl TurnError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Flow(error) => error.code(),
            Self::Sessions(error) => error.code(),
            Self::Late { .. } => "conversation-busy",
            Self::Crowded => "conversation-crowded",
            Self::Deadline { .. } => "turn-deadline",
            Self::HeldElsewhere => "conversation-held-elsewhere",
            Self::LeaseLost => "conversation-lease-lost",
            Self::Unreadable { .. } => "conversation-unreadable",
        }
    }
}
