//! What a guest writes, by any of its ways: bounded, without the secrets that it was given.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use greentic_env_pack::{GuestSource, TelemetryEvent, TelemetrySink};

use super::guest::{Guest, Identity};

/// Stands where a secret was.
const HIDDEN: &str = "[secret]";
/// A line of a secret of several lines is hidden by itself from this many bytes on.
const MIN_LINE: usize = 8;

/// The log of one call. All ways to write share it.
#[derive(Clone, Debug)]
pub(super) struct GuestLog(Arc<Shared>);

struct Shared {
    left: AtomicUsize,
    secrets: Mutex<Vec<String>>,
    identity: Arc<Identity>,
    sink: Arc<dyn TelemetrySink>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("left", &self.left).finish_non_exhaustive()
    }
}

impl GuestLog {
    pub(super) fn new(guest: &Guest) -> Self {
        let left = if guest.grants.telemetry { guest.limits.log } else { 0 };
        Self(Arc::new(Shared {
            left: AtomicUsize::new(left),
            secrets: Mutex::default(),
            identity: Arc::clone(&guest.identity),
            sink: Arc::clone(&guest.ports.telemetry),
        }))
    }

    /// Takes from what may still be written; tells how much of it was there.
    pub(super) fn take(&self, wanted: usize) -> usize {
        let take = |left: usize| Some(left.saturating_sub(wanted));
        let left = self.0.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        left.unwrap_or_else(|left| left).min(wanted)
    }

    /// Notes a secret that the guest was given: it stays out of what is written from now on.
    pub(super) fn hide(&self, secret: &[u8]) {
        let text = String::from_utf8_lossy(secret);
        let lines = text.lines().filter(|line| line.len() >= MIN_LINE);
        let mut secrets = self.0.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        for part in std::iter::once(&*text).chain(lines).map(str::trim) {
            if !part.is_empty() && !secrets.iter().any(|known| known == part) {
                secrets.push(part.to_owned());
            }
        }
        // The longest first: a secret may be a part of another one.
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// Hands a line on, and gives it back as it may be seen.
    pub(super) fn line(&self, source: GuestSource, line: &str) -> String {
        let secrets = self.0.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let line =
            secrets.iter().fold(line.to_owned(), |line, secret| line.replace(secret, HIDDEN));
        drop(secrets);
        let worker = self.0.identity.worker();
        self.0.sink.record(&TelemetryEvent::GuestLine { worker, source, line: &line });
        line
    }
}

#[cfg(test)]
mod tests {
    use greentic_env_pack::NoTelemetry;

    use super::*;
    use crate::wasm::Limits;

    /// Keeps the lines.
    #[derive(Debug, Default)]
    struct Lines(Mutex<Vec<String>>);

    impl TelemetrySink for Lines {
        fn record(&self, event: &TelemetryEvent<'_>) {
            let TelemetryEvent::GuestLine { line, .. } = event else { return };
            self.0.lock().unwrap().push((*line).to_owned());
        }
    }

    #[test]
    fn no_secret_that_a_guest_was_given_is_in_what_it_writes() {
        let lines = Arc::new(Lines::default());
        let mut guest = Guest::denied(Arc::default(), Limits::default());
        guest.ports.telemetry = lines.clone();
        let log = GuestLog::new(&guest);
        log.hide(b"tok");
        log.hide(b"token-1");
        log.hide(b"-----BEGIN\nfirst-line\n}\n");
        assert_eq!(log.line(GuestSource::Stdout, "is token-1, tok}"), "is [secret], [secret]}");
        assert_eq!(log.clone().line(GuestSource::Logger, "a first-line"), "a [secret]");
        assert_eq!(*lines.0.lock().unwrap(), ["is [secret], [secret]}", "a [secret]"]);
        guest.ports.telemetry = Arc::new(NoTelemetry);
        assert_eq!(GuestLog::new(&guest).take(10), 0, "nothing is granted");
    }
}
