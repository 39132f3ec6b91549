//! Providers: what connects a worker to a messaging service and the like.

mod error;
mod hint;
mod identify;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

pub use error::ProviderError;
pub(crate) use hint::probe_payload;
pub use hint::{IdentifyInstanceHint, IdentifySource};
pub use identify::IdentifyOutcome;

/// What each component said about how it recognises its instances: it is asked once.
#[derive(Debug, Default)]
pub(crate) struct HintCache {
    hints: Mutex<HashMap<(String, String), Option<IdentifyInstanceHint>>>,
}

impl HintCache {
    /// What a component of a pack said; none when it was not asked yet.
    pub(crate) fn get(&self, key: &(String, String)) -> Option<Option<IdentifyInstanceHint>> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn put(&self, key: (String, String), hint: Option<IdentifyInstanceHint>) {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner).insert(key, hint);
    }
}
