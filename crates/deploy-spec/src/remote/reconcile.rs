use serde::{Deserialize, Serialize};

use super::StateEtag;
use crate::document::DocumentType;

/// How a reconcile ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "status", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReconcileCompletion {
    /// The provider agrees with the environment.
    Succeeded {
        /// Objects that are as they should be.
        applied: u32,
        /// Objects that are gone.
        pruned: u32,
    },
    /// It does not.
    Failed {
        /// Why.
        error: String,
    },
}

/// Reports how a reconcile ended that was authorised before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconcileCompletionRequest {
    /// The generation that it was authorised for.
    pub authorized_generation: u64,
    /// The etag that it was authorised for.
    pub authorized_etag: StateEtag,
    /// How it ended.
    pub completion: ReconcileCompletion,
}

impl DocumentType for ReconcileCompletionRequest {
    const NAME: &'static str = "ReconcileCompletionRequest";
}
