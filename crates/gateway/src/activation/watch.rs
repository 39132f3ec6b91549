use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::{EnvId, with_causes};
use greentic_env_store::{EnvSnapshot, StoreError};
use tokio::sync::watch::{Receiver, Sender, channel};

use crate::GatewayStore;

/// The pause before an environment is watched again that cannot be.
const PAUSE: Duration = Duration::from_secs(1);

/// What is new about an environment. Only the newest counts.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// It is like this now.
    Now(EnvSnapshot),
    /// It cannot be read.
    Failed {
        /// A stable name of the reason.
        code: &'static str,
        /// The whole reason.
        detail: String,
    },
    /// It is not there any more.
    Gone,
}

impl News {
    pub(crate) fn of(read: Result<EnvSnapshot, StoreError>) -> Self {
        match read {
            Ok(snapshot) if snapshot.environment().is_some() => Self::Now(snapshot),
            Ok(_) | Err(StoreError::NotFound { .. }) => Self::Gone,
            Err(error) => Self::Failed { code: error.code(), detail: with_causes(&error) },
        }
    }
}

/// Watches an environment on a thread of its own, which ends with the first news that nobody hears.
/// The first news is what was read already.
///
/// # Errors
/// When the thread cannot be started.
pub(crate) fn watch(
    store: Arc<dyn GatewayStore>,
    env_id: EnvId,
    first: EnvSnapshot,
) -> std::io::Result<Receiver<News>> {
    let (tell, news) = channel(News::of(Ok(first)));
    let name = format!("watch-{env_id}");
    // Not one of the runtime's threads: those would keep the runtime from ending.
    std::thread::Builder::new().name(name).spawn(move || watch_on(&*store, &env_id, &tell))?;
    Ok(news)
}

fn watch_on(store: &dyn GatewayStore, env_id: &EnvId, tell: &Sender<News>) {
    while !tell.is_closed() {
        match store.watch(env_id) {
            Ok(generations) => {
                for generation in generations {
                    let read = generation.and_then(|_| store.snapshot(env_id));
                    if tell.send(News::of(read)).is_err() {
                        return;
                    }
                }
            }
            // Then it is asked, below.
            Err(StoreError::Unsupported { .. }) => {}
            Err(error) => drop(tell.send(News::of(Err(error)))),
        }
        std::thread::park_timeout(PAUSE);
        let read = store.snapshot(env_id);
        if tell.send(News::of(read)).is_err() {
            return;
        }
    }
}
