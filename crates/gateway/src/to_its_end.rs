//! Work that goes on when nobody waits for it any more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::sync::watch;

/// Work that is done where it is waited for, and by itself from when nobody waits any more: as a task
/// of its own, which it would otherwise be for nothing.
pub(crate) struct ToItsEnd<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    /// None when it is over.
    work: Option<Pin<Box<F>>>,
    end: End,
}

/// When work that nobody waits for is dropped, wherever it is.
#[derive(Clone, Debug)]
pub(crate) struct End(watch::Receiver<bool>);

/// Ends such work.
#[derive(Debug)]
pub(crate) struct Ender(watch::Sender<bool>);

impl Ender {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) fn end(&self) -> End {
        End(self.0.subscribe())
    }

    /// Nothing goes on from now on.
    pub(crate) fn now(&self) {
        self.0.send_replace(true);
    }
}

impl End {
    /// Waits for it. What ends the work may be gone itself.
    async fn come(&mut self) {
        let _ = self.0.wait_for(|is_over| *is_over).await;
    }
}

/// The work panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

impl<F> ToItsEnd<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    pub(crate) fn new(work: F, end: End) -> Self {
        Self { work: Some(Box::pin(work)), end }
    }
}

impl<F> Future for ToItsEnd<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Whoever waits for something that is over waits for ever.
        let Some(work) = &mut self.work else { return Poll::Pending };
        // As a task would: a panic ends the work, and nothing else.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        let done = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(done)) => Ok(done),
            Err(_) => Err(Panicked),
        };
        self.work = None;
        Poll::Ready(done)
    }
}

impl<F> Drop for ToItsEnd<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        // Without a runtime nothing can go on.
        let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) else { return };
        let mut end = self.end.clone();
        drop(runtime.spawn(async move {
            tokio::select! {
                biased;
                () = end.come() => {}
                _ = work => {}
            }
        }));
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
        assert_eq!(
            ToItsEnd::new(async { tokio::task::try_id() }, Ender::new().end()).await,
            Ok(here)
        );
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_goes_on() {
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let ender = Ender::new();
        let work = async move {
            let _ = gone.await;
            let _ = tell.send("done");
        };
        let work = ToItsEnd::new(work, ender.end());
        tokio::select! {
            biased;
            _ = work => panic!("it waits"),
            () = async {} => {}
        }
        go.send(()).expect("it waits still");
        assert_eq!(told.await, Ok("done"));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_ends_when_it_is_told_to() {
        for told_before in [true, false] {
            let (tell, told) = oneshot::channel::<()>();
            let ender = Ender::new();
            let work = async move {
                let _tell = tell;
                std::future::pending::<()>().await;
            };
            let work = ToItsEnd::new(work, ender.end());
            if told_before {
                ender.now();
            }
            drop(work);
            if !told_before {
                ender.now();
            }
            assert!(told.await.is_err(), "it was dropped");
        }
    }

    #[tokio::test]
    async fn a_panic_ends_the_work_and_nothing_else() {
        let work = ToItsEnd::new(async { panic!("on purpose") }, Ender::new().end());
        assert_eq!(work.await, Err::<(), _>(Panicked));
    }
}
