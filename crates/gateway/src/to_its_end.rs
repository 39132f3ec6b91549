//! Work that goes on when nobody waits for it any more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// Work that is done where it is waited for, and by itself from when nobody waits any more: as a task
/// of its own, which it would otherwise be for nothing.
pub(crate) struct ToItsEnd<F>(Option<Pin<Box<F>>>)
where
    F: Future<Output: Send> + Send + 'static;

/// The work panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

impl<F> ToItsEnd<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    pub(crate) fn new(work: F) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<F> Future for ToItsEnd<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Whoever waits for something that is over waits for ever.
        let Some(work) = &mut self.0 else { return Poll::Pending };
        // As a task would: a panic ends the work, and nothing else.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        let done = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(done)) => Ok(done),
            Err(_) => Err(Panicked),
        };
        self.0 = None;
        Poll::Ready(done)
    }
}

impl<F> Drop for ToItsEnd<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        // Without a runtime nothing can go on.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn(async move { drop(work.await) }));
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_is_done_where_it_is_waited_for() {
        let here = tokio::task::try_id();
        assert_eq!(ToItsEnd::new(async { tokio::task::try_id() }).await, Ok(here));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_goes_on() {
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let work = ToItsEnd::new(async move {
            let _ = gone.await;
            let _ = tell.send("done");
        });
        tokio::select! {
            biased;
            _ = work => panic!("it waits"),
            () = async {} => {}
        }
        go.send(()).expect("it waits still");
        assert_eq!(told.await, Ok("done"));
    }

    #[tokio::test]
    async fn a_panic_ends_the_work_and_nothing_else() {
        assert_eq!(ToItsEnd::new(async { panic!("on purpose") }).await, Err::<(), _>(Panicked));
    }
}
