//! What runs a clause so that nothing it does ends the bench.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use crate::{Broken, Clause, Contract, Suite};

/// What a clause waits for, told when it does not end.
#[derive(Clone, Debug)]
pub struct Progress(Arc<Mutex<&'static str>>);

impl Progress {
    /// From here on the clause waits for this.
    pub fn waits_for(&self, what: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    fn told(&self) -> &'static str {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(Mutex::new("an answer")))
    }
}

impl<C: Contract> Suite<C> {
    /// Checks a clause on a thread of its own, within the time limit. A thread that takes longer is
    /// left behind: nothing can end it.
    ///
    /// # Errors
    /// Those of `check`, and that it panicked or did not end.
    pub fn on_thread<T: Send + 'static>(
        &self,
        clause: &Clause<C>,
        check: impl FnOnce(Progress) -> Result<T, Broken> + Send + 'static,
    ) -> Result<T, Broken> {
        let progress = Progress::default();
        let (done, finished) = channel();
        let work = {
            let progress = progress.clone();
            // Nobody listens any more once the time is over.
            move || drop(done.send(check(progress)))
        };
        let thread = std::thread::Builder::new().name(clause.id.to_owned()).spawn(work);
        let thread = thread.map_err(|error| {
            Broken::new("a thread for the clause", format!("the machine gives none: {error}"))
        })?;
        match finished.recv_timeout(self.limit()) {
            Ok(checked) => checked,
            Err(RecvTimeoutError::Timeout) => Err(Broken::timed_out(self.limit(), progress.told())),
            Err(RecvTimeoutError::Disconnected) => {
                let panic = thread.join().err();
                Err(Broken::panicked(panic.as_deref().unwrap_or(&())))
            }
        }
    }
}

/// What `work` comes to; that it panicked when it does.
///
/// # Errors
/// The panic.
pub async fn unless_it_panics<T>(work: impl Future<Output = T>) -> Result<T, Broken> {
    let mut work = Box::pin(work);
    std::future::poll_fn(|context| {
        // What a panic leaves half done is dropped with the clause's place.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(Broken::panicked(&*panic))),
        }
    })
    .await
}
