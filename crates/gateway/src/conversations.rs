//! The messages of conversations, kept for clients that come and ask for them.

use std::collections::VecDeque;
use std::mem;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use greentic_env_store::ports::Clock;
use lru::LruCache;
use tokio::time::Instant;

use crate::Limits;

/// Keeps the newest messages of the newest conversations, within bounds.
#[derive(Debug)]
pub(crate) struct Conversations {
    kept: Mutex<Kept>,
    clock: Arc<dyn Clock>,
    most: usize,
    most_bytes: usize,
    most_bytes_of_one: usize,
    idle: Duration,
}

#[derive(Debug)]
struct Kept {
    /// Those in which nothing was said yet, and when somebody last asked for them.
    begun: LruCache<String, Instant>,
    used: LruCache<String, Conversation>,
    bytes: usize,
}

#[derive(Debug)]
struct Conversation {
    /// The number of the oldest message that is kept.
    first: u64,
    /// Those that were taken out are empty.
    messages: VecDeque<String>,
    bytes: usize,
    touched: Instant,
}

/// Messages as JSON, and where the next ones begin.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) messages: Vec<String>,
    pub(crate) watermark: u64,
}

/// What a message costs beside its text.
const OVERHEAD: usize = 64;
/// Bytes of a page; its watermark leads to the rest.
const MOST_BYTES_OF_A_PAGE: usize = 256 * 1024;

impl Conversations {
    pub(crate) fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        let most = NonZeroUsize::new(limits.conversations).unwrap_or(NonZeroUsize::MIN);
        let kept = Kept { begun: LruCache::new(most), used: LruCache::new(most), bytes: 0 };
        Self {
            kept: Mutex::new(kept),
            clock,
            most: most.get(),
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
        kept.begun.push(id.to_owned(), now);
        self.forget(&mut kept, now);
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
        kept.begun.pop(id);
        if !kept.touch(id, now) {
            kept.insert(id, now, self.first_number());
        }
        let Kept { used, bytes, .. } = &mut *kept;
        if let Some(conversation) = used.get_mut(id) {
            *bytes -= conversation.bytes;
            for message in messages {
                let text = text(conversation.next(), message);
                conversation.add(text, self.most_bytes_of_one);
            }
            *bytes += conversation.bytes;
        }
        self.forget(&mut kept, now);
    }

    /// Takes a message out again. The others keep their numbers.
    pub(crate) fn take_out(&self, id: &str, number: u64) {
        let mut kept = self.kept();
        let Kept { used, bytes, .. } = &mut *kept;
        if let Some(conversation) = used.peek_mut(id) {
            *bytes -= conversation.take_out(number);
        }
    }

    /// The messages from a watermark on, as many as a page has room for. A watermark that was not
    /// given out since the conversation was begun anew begins with its first message.
    pub(crate) fn since(&self, id: &str, now: Instant, watermark: Option<u64>) -> Page {
        let mut kept = self.kept();
        if !kept.touch(id, now) {
            return Page::default();
        }
        kept.used.get(id).map_or_else(Page::default, |one| one.since(watermark))
    }

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        self.kept().len()
    }

    /// Conversations count their messages from the microsecond on in which they begin, so that one
    /// that was forgotten and begun anew has other numbers than before. Clients count on exactly, for
    /// two more centuries.
    fn first_number(&self) -> u64 {
        u64::try_from(self.clock.now().timestamp_micros()).unwrap_or_default()
    }

    /// Forgets what rested too long, and what there is no room for: first that in which nothing was
    /// said.
    fn forget(&self, kept: &mut Kept, now: Instant) {
        let rested = |touched: Instant| now.saturating_duration_since(touched) > self.idle;
        while let Some((_, touched)) = kept.begun.peek_lru() {
            if !rested(*touched) && kept.len() <= self.most {
                break;
            }
            kept.begun.pop_lru();
        }
        while let Some((_, oldest)) = kept.used.peek_lru() {
            let crowded = kept.bytes > self.most_bytes && kept.used.len() > 1;
            if !rested(oldest.touched) && !crowded {
                break;
            }
            if let Some((_, gone)) = kept.used.pop_lru() {
                kept.bytes -= gone.bytes;
            }
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn len(&self) -> usize {
        self.begun.len() + self.used.len()
    }

    /// Tells whether the conversation is there, and notes that somebody asked for it.
    fn touch(&mut self, id: &str, now: Instant) -> bool {
        let used = self.used.get_mut(id).map(|one| one.touched = now);
        used.or_else(|| self.begun.get_mut(id).map(|touched| *touched = now)).is_some()
    }

    fn insert(&mut self, id: &str, now: Instant, first: u64) {
        let empty =
            Conversation { first, messages: VecDeque::new(), bytes: OVERHEAD, touched: now };
        self.bytes += empty.bytes;
        if let Some((_, gone)) = self.used.push(id.to_owned(), empty) {
            self.bytes -= gone.bytes;
        }
    }
}

impl Conversation {
    fn next(&self) -> u64 {
        self.first + self.messages.len() as u64
    }

    fn since(&self, watermark: Option<u64>) -> Page {
        let from = watermark.filter(|from| *from <= self.next()).unwrap_or(0).max(self.first);
        let mut page = Page { messages: Vec::new(), watermark: from };
        let mut bytes = 0;
        let skipped = usize::try_from(from - self.first).unwrap_or(usize::MAX);
        for message in self.messages.iter().skip(skipped) {
            bytes += message.len();
            // One message is a page at least.
            if bytes > MOST_BYTES_OF_A_PAGE && !page.messages.is_empty() {
                break;
            }
            if !message.is_empty() {
                page.messages.push(message.clone());
            }
            page.watermark += 1;
        }
        page
    }

    /// Gives how many bytes are kept less.
    fn take_out(&mut self, number: u64) -> usize {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        let message = place.and_then(|place| self.messages.get_mut(place)).map(mem::take);
        let bytes = message.map_or(0, |message| message.len());
        self.bytes -= bytes;
        bytes
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
    use std::sync::atomic::{AtomicI64, Ordering};

    use chrono::{DateTime, Utc};

    use super::*;

    /// A clock whose microseconds a test sets.
    #[derive(Debug, Default)]
    struct Micros(AtomicI64);

    impl Clock for Micros {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed)).expect("a time")
        }
    }

    fn kept(limits: &Limits) -> Conversations {
        Conversations::new(limits, Arc::<Micros>::default())
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
    fn a_message_is_taken_out_and_the_others_keep_their_numbers() {
        let kept = kept(&Limits { conversation: 4 * (2 + OVERHEAD), ..Limits::default() });
        say(&kept, "c", &["a", "b", "c"]);
        kept.take_out("c", 1);
        assert_eq!(read(&kept, "c", None), ("0a 2c".to_owned(), 3));
        assert_eq!(read(&kept, "c", Some(1)), ("2c".to_owned(), 3));
        let bytes = kept.kept().bytes;
        for (id, number) in [("c", 1), ("c", 9), ("other", 0)] {
            kept.take_out(id, number);
        }
        assert_eq!(kept.kept().bytes, bytes, "it is taken out once");
        say(&kept, "c", &["d", "e"]);
        kept.take_out("c", 0);
        assert_eq!(read(&kept, "c", None), ("2c 3d 4e".to_owned(), 5));
        let only = kept.kept().used.iter().map(|(_, one)| one.bytes).sum::<usize>();
        assert_eq!(kept.kept().bytes, only, "the sum is right");
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
        let only = kept.kept().used.iter().map(|(_, one)| one.bytes).sum::<usize>();
        assert_eq!(kept.kept().bytes, only, "the sum is right");
    }

    #[test]
    fn a_conversation_that_was_forgotten_and_begun_anew_loses_nothing() {
        let clock = Arc::new(Micros::default());
        let limits = Limits { conversations: 1, ..Limits::default() };
        let kept = Conversations::new(&limits, Arc::clone(&clock) as Arc<dyn Clock>);
        say(&kept, "c", &["a"]);
        let (_, before) = read(&kept, "c", None);
        say(&kept, "d", &["a"]);
        clock.0.store(1_000, Ordering::Relaxed);
        say(&kept, "c", &["b", "c"]);
        assert_eq!(read(&kept, "c", Some(before)).0, "1000b 1001c");
        assert_eq!(read(&kept, "c", Some(1_001)).0, "1001c");
    }

    #[test]
    fn those_in_which_nothing_was_said_go_first() {
        let kept = kept(&Limits { conversations: 3, ..Limits::default() });
        say(&kept, "used", &["a"]);
        for number in 0..10 {
            assert!(kept.begin(&number.to_string(), Instant::now()));
        }
        assert_eq!((kept.len(), read(&kept, "used", None).1), (3, 1));
    }

    #[test]
    fn a_long_conversation_is_read_page_by_page() {
        let kept = kept(&Limits::default());
        let long = "x".repeat(100 * 1024);
        say(&kept, "c", &[long.as_str(); 5]);
        let (mut watermark, mut pages) = (None, Vec::new());
        while pages.last() != Some(&0) {
            let page = kept.since("c", Instant::now(), watermark);
            watermark = Some(page.watermark);
            pages.push(page.messages.len());
        }
        assert_eq!((pages, watermark), (vec![2, 2, 1, 0], Some(5)));
        say(&kept, "huge", &[&"x".repeat(MOST_BYTES_OF_A_PAGE * 2), "b"]);
        assert_eq!(kept.since("huge", Instant::now(), None).messages.len(), 1);
    }
}
