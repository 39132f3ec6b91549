//! Turns of one conversation, one after the other, in the order in which they came.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::TurnError;

/// Messages of one conversation that may be here at a time: the one whose turn it is, and those that wait.
const MAX_WAITING: usize = 32;

/// The turns of conversations: messages of one conversation take them in the order in which they came,
/// and those of others do not wait. A conversation is whatever its names `K` tell apart; they are cloned,
/// so it should cost little.
#[derive(Clone, Debug)]
pub struct TurnQueue<K> {
    conversations: Arc<Mutex<HashMap<K, Waiting>>>,
}

#[derive(Debug, Default)]
struct Waiting {
    turn: Arc<Turn<()>>,
    count: usize,
}

/// It is this message's turn until this is dropped.
#[derive(Debug)]
pub struct HeldTurn<K: Eq + Hash> {
    // Given back before the place in the queue is.
    _turn: OwnedMutexGuard<()>,
    _place: Place<K>,
}

#[derive(Debug)]
struct Place<K: Eq + Hash> {
    queue: TurnQueue<K>,
    conversation: K,
}

impl<K> Default for TurnQueue<K> {
    fn default() -> Self {
        Self { conversations: Arc::default() }
    }
}

impl<K: Clone + Eq + Hash> TurnQueue<K> {
    /// The turn of a message that need not wait; none when others of its conversation are before it.
    #[must_use]
    pub fn turn_at_once(&self, conversation: &K) -> Option<HeldTurn<K>> {
        let (turn, place) = self.enter(conversation)?;
        Some(HeldTurn { _turn: turn.try_lock_owned().ok()?, _place: place })
    }

    /// Waits for the turn of a message, at most so long, beside at most 31 others of its conversation.
    ///
    /// # Errors
    /// [`TurnError::Crowded`] when too many wait already, [`TurnError::Late`] when those before it took
    /// too long.
    pub async fn turn(
        &self,
        conversation: &K,
        patience: Duration,
    ) -> Result<HeldTurn<K>, TurnError> {
        let (turn, place) = self.enter(conversation).ok_or(TurnError::Crowded)?;
        // Most conversations say one thing at a time: no timer is made for them.
        if let Ok(turn) = Arc::clone(&turn).try_lock_owned() {
            return Ok(HeldTurn { _turn: turn, _place: place });
        }
        match tokio::time::timeout(patience, turn.lock_owned()).await {
            Ok(turn) => Ok(HeldTurn { _turn: turn, _place: place }),
            Err(_) => Err(TurnError::Late { patience }),
        }
    }

    fn enter(&self, conversation: &K) -> Option<(Arc<Turn<()>>, Place<K>)> {
        let mut all = self.conversations.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.entry(conversation.clone()).or_default();
        if waiting.count >= MAX_WAITING {
            return None;
        }
        waiting.count += 1;
        let place = Place { queue: self.clone(), conversation: conversation.clone() };
        Some((Arc::clone(&waiting.turn), place))
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
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

    fn code(turn: Result<HeldTurn<&str>, TurnError>) -> Option<&'static str> {
        turn.err().map(|error| error.code())
    }

    #[tokio::test(start_paused = true)]
    async fn messages_of_one_conversation_take_turns_and_others_do_not_wait() {
        let queue = TurnQueue::default();
        let first = queue.turn(&"a", PATIENCE).await.ok().unwrap();
        assert!(queue.turn(&"b", PATIENCE).await.is_ok());
        assert!(queue.turn_at_once(&"a").is_none() && queue.turn_at_once(&"b").is_some());
        assert_eq!(code(queue.turn(&"a", PATIENCE).await), Some("conversation-busy"));
        drop(first);
        assert!(queue.turn(&"a", PATIENCE).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_messages_wait_than_there_is_room_for() {
        let queue = TurnQueue::default();
        let _first = queue.turn(&"a", PATIENCE).await.ok().unwrap();
        let waiting = (1..MAX_WAITING).map(|_| Box::pin(queue.turn(&"a", PATIENCE)));
        let mut waiting: Vec<_> = waiting.collect();
        for turn in &mut waiting {
            assert!(futures_poll(turn).await);
        }
        assert_eq!(code(queue.turn(&"a", PATIENCE).await), Some("conversation-crowded"));
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
        let queue = TurnQueue::default();
        drop(queue.turn(&"a", PATIENCE).await);
        assert!(queue.conversations.lock().unwrap().is_empty());
    }
}
