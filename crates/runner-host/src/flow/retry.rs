//! Whether and when a call is made again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::wasm::CallError;

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(1);
/// The shortest pause between two tries.
const SHORTEST: Duration = Duration::from_millis(50);

/// How often a call is made again that says it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// Tries, the first one included.
    pub(crate) max_attempts: u32,
    /// The pause after the first try; it doubles with each one.
    pub(crate) base_delay: Duration,
}

impl RetryPolicy {
    /// The pause before the next try; none when this was the last.
    ///
    /// Only the component itself knows whether doing something again is harmless, so only an error
    /// that says so is tried again, and only the call that failed.
    pub(super) fn pause_after(
        &self,
        attempt: u32,
        error: &CallError,
        seed: impl Hash,
    ) -> Option<Duration> {
        if !error.is_retryable() || attempt >= self.max_attempts.max(1) {
            return None;
        }
        let doubled = self.base_delay.saturating_mul(1 << attempt.saturating_sub(1).min(16));
        let pause = error.backoff().unwrap_or(doubled).min(LONGEST);
        Some((pause + jitter(pause, attempt, seed)).clamp(SHORTEST, LONGEST))
    }
}

/// Up to a quarter of the pause, so that many that failed together do not come back together.
fn jitter(pause: Duration, attempt: u32, seed: impl Hash) -> Duration {
    let mut hasher = DefaultHasher::new();
    (seed, attempt).hash(&mut hasher);
    let share = u32::try_from(hasher.finish() % 256).unwrap_or_default();
    pause / 4 / 256 * share
}
