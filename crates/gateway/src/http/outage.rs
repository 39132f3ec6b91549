//! Times in which no connection can be accepted, each told when it begins and when it is over.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// It is over after so long without a failure: where files are scarce, one connection that ends lets one
/// in, and then none again.
const CALM: Duration = Duration::from_secs(5);

/// The one that lasts, if any.
#[derive(Debug, Default)]
pub(super) struct Outage(Option<Lasting>);

/// From the first failure to the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lasting {
    began: Instant,
    last: Instant,
    failures: u64,
}

impl Outage {
    /// A connection could not be accepted.
    pub(super) fn failed(&mut self, error: &io::Error) {
        if self.begins() {
            tracing::warn!(%error, "no connections can be accepted; callers wait");
        }
    }

    /// Waits until it is over; for ever when there is none.
    pub(super) async fn over(&mut self) {
        let Some(over) = self.ends().await else { return std::future::pending().await };
        let seconds = over.last.duration_since(over.began).as_secs_f32();
        let failures = over.failures;
        tracing::warn!(seconds, failures, "connections can be accepted again");
    }

    /// Counts a failure. True for the first one.
    fn begins(&mut self) -> bool {
        let now = Instant::now();
        let lasting = self.0.get_or_insert(Lasting { began: now, last: now, failures: 0 });
        lasting.last = now;
        lasting.failures += 1;
        lasting.failures == 1
    }

    async fn ends(&mut self) -> Option<Lasting> {
        sleep_until(self.0?.last + CALM).await;
        self.0.take()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_told_once_when_it_begins_and_once_when_it_is_over() {
        let mut outage = Outage::default();
        let pause = Duration::from_millis(100);
        let mut told = 0;
        for _ in 0..50 {
            told += u32::from(outage.begins());
            tokio::time::advance(pause).await;
            assert!(tokio::time::timeout(pause, outage.ends()).await.is_err(), "it may go on");
        }
        let over = outage.ends().await.expect("it is over");
        assert_eq!((told, over.failures, over.last - over.began), (1, 50, pause * 2 * 49));
        assert_eq!(outage.ends().await, None);
        assert!(outage.begins(), "that is another one");
    }
}
