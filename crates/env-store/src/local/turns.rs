//! Lets the threads of this process have an environment in the order in which they came.
//!
//! The lock of a file knows no order among those who ask again and again. With one thread of each
//! process at a time before it, whoever just had the lock asks again only after the others of its
//! process.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Who waits, in order. The first one has its turn.
#[derive(Debug, Default)]
pub(super) struct Turns {
    queue: Mutex<Queue>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    last: u64,
    waiting: VecDeque<u64>,
}

/// It is this thread's turn until this is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    number: u64,
}

impl Turns {
    /// Waits for its turn; none when it did not come in time.
    pub(super) fn take(&self, patience: Duration) -> Option<Turn<'_>> {
        let mut queue = self.queue();
        queue.last += 1;
        let number = queue.last;
        queue.waiting.push_back(number);
        // Dropped, it leaves the queue, wherever it stands.
        let turn = Turn { turns: self, number };
        let is_behind = |queue: &mut Queue| queue.waiting.front() != Some(&number);
        let waited = self.moved.wait_timeout_while(queue, patience, is_behind);
        let (queue, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(queue);
        (!waited.timed_out()).then_some(turn)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.queue().waiting.retain(|number| *number != self.number);
        self.turns.moved.notify_all();
    }
}
