//! Turns of one conversation, one after the other, in the order in which they came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Messages of one conversation that may wait at a time.
const MAX_WAITING: usize = 32;

/// The turns of all conversations of a host.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    conversations: Mutex<HashMap<String, Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    turn: Arc<Turn<()>>,
    count: usize,
}

/// It is this message's turn until this is dropped.
pub(crate) struct Now<'q> {
    // Given back before the place in the queue is.
    _turn: OwnedMutexGuard<()>,
    _place: Place<'q>,
}

struct Place<'q> {
    queue: &'q Queue,
    conversation: String,
}

/// A message did not get its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// Too many messages of the conversation wait already.
    Full,
    /// The ones before took too long.
    TooLate,
}

impl Queue {
    /// Waits for the turn of a message, at most so long.
    pub(crate) async fn turn(
        &self,
        conversation: &str,
        patience: Duration,
    ) -> Result<Now<'_>, NoTurn> {
        let (turn, place) = self.enter(conversation).ok_or(NoTurn::Full)?;
        match tokio::time::timeout(patience, turn.lock_owned()).await {
            Ok(turn) => Ok(Now { _turn: turn, _place: place }),
            Err(_) => Err(NoTurn::TooLate),
        }
    }

    fn enter(&self, conversation: &str) -> Option<(Arc<Turn<()>>, Place<'_>)> {
        let mut all = self.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.entry(conversation.to_owned()).or_default();
        if waiting.count >= MAX_WAITING {
            return None;
        }
        waiting.count += 1;
        let place = Place { queue: self, conversation: conversation.to_owned() };
        Some((Arc::clone(&waiting.turn), place))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut all = self.queue.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = all.get_mut(&self.conversation) {
            waiting.count -= 1;
            if waiting.count == 0 {
                all.remove(&self.conversation);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn messages_of_one_conversation_take_turns_and_others_do_not_wait() {
        let queue = Queue::default();
        let first = queue.turn("a", PATIENCE).await.ok().unwrap();
        assert!(queue.turn("b", PATIENCE).await.is_ok());
        assert_eq!(queue.turn("a", PATIENCE).await.err(), Some(NoTurn::TooLate));
        drop(first);
        assert!(queue.turn("a", PATIENCE).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_messages_wait_than_there_is_room_for() {
        let queue = Queue::default();
        let _first = queue.turn("a", PATIENCE).await.ok().unwrap();
        let waiting = (1..MAX_WAITING).map(|_| Box::pin(queue.turn("a", PATIENCE)));
        let mut waiting: Vec<_> = waiting.collect();
        for turn in &mut waiting {
            assert!(futures_poll(turn).await);
        }
        assert_eq!(queue.turn("a", PATIENCE).await.err(), Some(NoTurn::Full));
    }

    /// Polls once; true while it waits.
    async fn futures_poll<F: Future + Unpin>(future: &mut F) -> bool {
        std::future::poll_fn(|context| {
            let waits = std::pin::Pin::new(&mut *future).poll(context).is_pending();
            std::task::Poll::Ready(waits)
        })
        .await
    }

    #[tokio::test]
    async fn a_conversation_that_is_over_leaves_nothing() {
        let queue = Queue::default();
        drop(queue.turn("a", PATIENCE).await);
        assert!(queue.conversations.lock().unwrap().is_empty());
    }
}
