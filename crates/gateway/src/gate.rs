use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption};
use chrono::{DateTime, Utc};
use greentic_deploy_spec::EnvId;
use greentic_env_store::ports::{Clock, Ids};
use tokio::sync::{Notify, Semaphore, watch};

use crate::Limits;
use crate::activation::LoadFailure;
use crate::conversations::Conversations;
use crate::metrics::Metrics;
use crate::readiness::{Readiness, readiness};
use crate::serving::Serving;
use crate::tokens::Tokens;
use crate::turns::Turns;

/// What everything in a gateway shares.
pub(crate) struct Gate {
    pub(crate) env_id: EnvId,
    pub(crate) listen_addr: SocketAddr,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) limits: Limits,
    pub(crate) serving: ArcSwap<Serving>,
    pub(crate) news: Board,
    pub(crate) reload: Notify,
    /// Room for the bodies of all requests, in bytes.
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) turns: Turns,
    pub(crate) conversations: Conversations,
    pub(crate) tokens: Tokens,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) stopping: AtomicBool,
    pub(crate) readiness: watch::Sender<Readiness>,
}

/// What was heard of the environment.
#[derive(Debug, Default)]
pub(crate) struct Board {
    seen: AtomicU64,
    applied: AtomicU64,
    failure: ArcSwapOption<LoadFailure>,
}

impl Board {
    pub(crate) fn see(&self, generation: u64) {
        self.seen.store(generation, Ordering::SeqCst);
    }

    /// Why the environment cannot be read now; none when it can.
    pub(crate) fn tell(&self, failure: Option<LoadFailure>) {
        self.failure.store(failure.map(Arc::new));
    }

    /// The newest generation that was read.
    pub(crate) fn seen(&self) -> u64 {
        self.seen.load(Ordering::SeqCst)
    }

    /// The newest generation that nothing is waited for any more.
    pub(crate) fn applied(&self) -> u64 {
        self.applied.load(Ordering::SeqCst)
    }

    pub(crate) fn failure(&self) -> Option<Arc<LoadFailure>> {
        self.failure.load_full()
    }
}

impl Gate {
    /// Serves with this from now on. Requests that run keep what they began with.
    pub(crate) fn serve(&self, serving: Serving) {
        if let Some(generation) = serving.generation().filter(|_| serving.is_complete) {
            self.news.applied.store(generation, Ordering::SeqCst);
        }
        self.serving.store(Arc::new(serving));
        self.tell_readiness();
    }

    /// Whether only this machine reaches it.
    pub(crate) fn is_local(&self) -> bool {
        self.listen_addr.ip().to_canonical().is_loopback()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.tell_readiness();
    }

    fn tell_readiness(&self) {
        let now = readiness(self);
        self.readiness.send_if_modified(|told| {
            let changed = *told != now;
            *told = now;
            changed
        });
    }
}
