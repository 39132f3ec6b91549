//! The messages of conversations, kept for clients that come and ask for them.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;

use crate::Limits;

/// Keeps the newest messages of the newest conversations, within bounds.
#[derive(Debug)]
pub(crate) struct Conversations {
    kept: Mutex<Kept>,
    most_bytes: usize,
    most_bytes_of_one: usize,
    idle: Duration,
}

#[derive(Debug)]
struct Kept {
    conversations: LruCache<String, Conversation>,
    bytes: usize,
}

#[derive(Debug)]
struct Conversation {
    /// The number of the oldest message that is kept.
    first: u64,
    messages: VecDeque<String>,
    bytes: usize,
    touched: Instant,
}

/// Messages as JSON, and where the next ones begin.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) messages: Vec<String>,
    pub(crate) watermark: u64,
}

/// What a message costs beside its text.
const OVERHEAD: usize = 64;

impl Conversations {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = NonZeroUsize::new(limits.conversations).unwrap_or(NonZeroUsize::MIN);
        Self {
            kept: Mutex::new(Kept { conversations: LruCache::new(most), bytes: 0 }),
            most_bytes: limits.all_conversations,
            most_bytes_of_one: limits.conversation,
            idle: limits.conversation_idle,
        }
    }

    /// Makes room for a conversation. False when it was there.
    pub(crate) fn begin(&self, id: &str, now: Instant) -> bool {
        let mut kept = self.kept();
        if kept.touch(id, now) {
            return false;
        }
        kept.insert(id, now);
        kept.forget(now, self.idle, self.most_bytes);
        true
    }

    /// Adds messages. `text` makes the text of each, which may hold its number.
    pub(crate) fn add<T>(
        &self,
        id: &str,
        now: Instant,
        messages: Vec<T>,
        mut text: impl FnMut(u64, T) -> String,
    ) {
        let mut kept = self.kept();
        if !kept.touch(id, now) {
            kept.insert(id, now);
        }
        let Kept { conversations, bytes } = &mut *kept;
        if let Some(conversation) = conversations.get_mut(id) {
            *bytes -= conversation.bytes;
            for message in messages {
                let text = text(conversation.next(), message);
                conversation.add(text, self.most_bytes_of_one);
            }
            *bytes += conversation.bytes;
        }
        kept.forget(now, self.idle, self.most_bytes);
    }

    /// The messages from a watermark on. A watermark that was never given out begins anew: the
    /// conversation was forgotten meanwhile.
    pub(crate) fn since(&self, id: &str, now: Instant, watermark: Option<u64>) -> Page {
        let mut kept = self.kept();
        if !kept.touch(id, now) {
            return Page { messages: Vec::new(), watermark: 0 };
        }
        kept.conversations.get(id).map_or(Page { messages: Vec::new(), watermark: 0 }, |one| {
            let next = one.next();
            let from = watermark.filter(|from| *from <= next).unwrap_or(0).max(one.first);
            let skip = usize::try_from(from - one.first).unwrap_or(usize::MAX);
            let messages = one.messages.iter().skip(skip).cloned().collect();
            Page { messages, watermark: next }
        })
    }

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        self.kept().conversations.len()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Tells whether the conversation is there, and notes that somebody asked for it.
    fn touch(&mut self, id: &str, now: Instant) -> bool {
        self.conversations.get_mut(id).map(|one| one.touched = now).is_some()
    }

    fn insert(&mut self, id: &str, now: Instant) {
        let empty =
            Conversation { first: 0, messages: VecDeque::new(), bytes: OVERHEAD, touched: now };
        self.bytes += empty.bytes;
        if let Some((_, gone)) = self.conversations.push(id.to_owned(), empty) {
            self.bytes -= gone.bytes;
        }
    }

    /// Forgets what rested too long, and what there is no room for.
    fn forget(&mut self, now: Instant, idle: Duration, most_bytes: usize) {
        while let Some((_, oldest)) = self.conversations.peek_lru() {
            let rested = now.saturating_duration_since(oldest.touched) > idle;
            let crowded = self.bytes > most_bytes && self.conversations.len() > 1;
            if !rested && !crowded {
                return;
            }
            if let Some((_, gone)) = self.conversations.pop_lru() {
                self.bytes -= gone.bytes;
            }
        }
    }
}

impl Conversation {
    fn next(&self) -> u64 {
        self.first + self.messages.len() as u64
    }

    fn add(&mut self, message: String, most_bytes: usize) {
        self.bytes += message.len() + OVERHEAD;
        self.messages.push_back(message);
        // The newest one stays, however large it is: requests bound it.
        while self.bytes > most_bytes && self.messages.len() > 1 {
            if let Some(oldest) = self.messages.pop_front() {
                self.bytes -= oldest.len() + OVERHEAD;
                self.first += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(limits: &Limits) -> Conversations {
        Conversations::new(limits)
    }

    fn say(kept: &Conversations, id: &str, texts: &[&str]) {
        kept.add(id, Instant::now(), texts.to_vec(), |number, text| format!("{number}{text}"));
    }

    fn read(kept: &Conversations, id: &str, watermark: Option<u64>) -> (String, u64) {
        let page = kept.since(id, Instant::now(), watermark);
        (page.messages.join(" "), page.watermark)
    }

    #[test]
    fn a_client_reads_from_its_watermark_on() {
        let kept = kept(&Limits::default());
        assert!(kept.begin("c", Instant::now()) && !kept.begin("c", Instant::now()));
        say(&kept, "c", &["a", "b"]);
        assert_eq!(read(&kept, "c", None), ("0a 1b".to_owned(), 2));
        assert_eq!(read(&kept, "c", Some(1)), ("1b".to_owned(), 2));
        assert_eq!(read(&kept, "c", Some(2)), (String::new(), 2));
        assert_eq!(read(&kept, "c", Some(9)), ("0a 1b".to_owned(), 2), "never given out");
        assert_eq!(read(&kept, "other", Some(9)), (String::new(), 0));
    }

    #[test]
    fn the_oldest_messages_and_conversations_give_way() {
        let bytes = 3 * (2 + OVERHEAD);
        let limits = Limits {
            conversation: bytes,
            all_conversations: 2 * bytes,
            conversations: 3,
            ..Limits::default()
        };
        let kept = kept(&limits);
        say(&kept, "c", &["a", "b", "c", "d"]);
        assert_eq!(read(&kept, "c", None), ("2c 3d".to_owned(), 4));
        assert_eq!(read(&kept, "c", Some(1)), ("2c 3d".to_owned(), 4), "what is gone is skipped");
        say(&kept, "d", &["a", "b"]);
        say(&kept, "e", &["a", "b"]);
        assert_eq!(kept.len(), 2, "bytes of all");
        assert_eq!(read(&kept, "c", None).1, 0, "the one that rested longest");
        for id in ["f", "g", "h", "i"] {
            kept.begin(id, Instant::now());
        }
        assert!(kept.len() <= 3, "number");
        kept.begin("j", Instant::now() + limits.conversation_idle * 2);
        assert_eq!(kept.len(), 1, "time");
        let only = kept.kept().conversations.iter().map(|(_, one)| one.bytes).sum::<usize>();
        assert_eq!(kept.kept().bytes, only, "the sum is right");
    }
}
