use std::time::Duration;

/// How much a gateway takes on. What goes beyond is refused with an answer that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of the bodies of all requests at a time, as far as they came.
    pub bodies: usize,
    /// JSON values in a request's body.
    pub values: usize,
    /// JSON values of a request's body inside of each other. Flows take 64, of what they make of it.
    pub depth: usize,
    /// Header lines of a request.
    pub headers: usize,
    /// Bytes of a request's head. At least 8 KiB.
    pub head: usize,
    /// Bytes of a request's target: path and query.
    pub target: usize,
    /// How long the head of a request may take, the wait for it included.
    pub head_time: Duration,
    /// How long the body of a request may take.
    pub body_time: Duration,
    /// How long an answer may wait for a client that takes nothing of it.
    pub write_time: Duration,
    /// How long a request may take as a whole.
    pub request_time: Duration,
    /// Turns that run at a time. As many messages may wait for earlier ones of their conversation.
    pub turns: usize,
    /// Connections that are open at a time; more wait to be accepted.
    pub connections: usize,
    /// Conversations whose messages are kept for their clients.
    pub conversations: usize,
    /// Bytes of the messages of one conversation; older ones go first.
    pub conversation: usize,
    /// Bytes of the messages of all conversations; those that rested longest go first.
    pub all_conversations: usize,
    /// How long the messages of a conversation are kept that nobody asks for.
    pub conversation_idle: Duration,
    /// How long a token is good for.
    pub token: Duration,
    /// How long the loading of a revision may take.
    pub load_time: Duration,
    /// Revisions that are loaded at a time.
    pub loads: usize,
    /// How long requests are still taken after the end was asked for, while `/readyz` says so, when
    /// there were any: whoever shares out requests hears of it before they fail. It is a part of
    /// [`Limits::grace`], and at most half of it.
    pub lead: Duration,
    /// How long the end may take, from when it is asked for: connections that are open then, and turns
    /// that still run, are cut off.
    pub grace: Duration,
}

/// Files that are never left to connections: those of the store, of packs and of the log.
const KEPT_FILES: u64 = 64;

impl Limits {
    /// The same for a process that may have so many files open. Connections take three quarters of
    /// them; the rest is for the store, for packs that are loaded, and for what workers ask elsewhere.
    #[must_use]
    pub fn within_open_files(self, most: u64) -> Self {
        let left = most.saturating_sub(KEPT_FILES.max(most / 4)).max(1);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        Self { connections: self.connections.min(left), ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            bodies: 256 * 1024 * 1024,
            values: 20_000,
            depth: 48,
            headers: 64,
            head: 16 * 1024,
            target: 4 * 1024,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(15),
            write_time: Duration::from_secs(30),
            request_time: Duration::from_secs(100),
            turns: 1_024,
            connections: 4_096,
            conversations: 10_000,
            conversation: 1024 * 1024,
            all_conversations: 64 * 1024 * 1024,
            conversation_idle: Duration::from_secs(3_600),
            token: Duration::from_secs(30 * 60),
            load_time: Duration::from_secs(120),
            loads: 2,
            lead: Duration::from_millis(500),
            grace: Duration::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_everything_else() {
        for (files, connections) in
            [(0, 1), (64, 1), (128, 64), (1_024, 768), (8_192, 4_096), (u64::MAX, 4_096)]
        {
            let limits = Limits::default().within_open_files(files);
            assert_eq!(limits.connections, connections, "{files}");
        }
    }
}
