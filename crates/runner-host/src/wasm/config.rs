use std::path::PathBuf;
use std::time::Duration;

/// What the calls of one process share, and how much of it there is.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where compiled components are kept between runs of the process; none: they are not kept.
    pub cache: Option<PathBuf>,
    /// Calls at a time. Each costs address space for its memory and its stack.
    pub max_calls: u32,
    /// How long a call waits for its turn when `max_calls` are running.
    pub max_wait: Duration,
    /// Bytes of memory that a guest can have at most, whatever its own limit is.
    pub max_memory: usize,
    /// How often running guests are interrupted: they let others run, and end when their time is
    /// over.
    pub tick: Duration,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            cache: None,
            max_calls: 128,
            max_wait: Duration::from_secs(5),
            max_memory: 512 * 1024 * 1024,
            tick: Duration::from_millis(10),
        }
    }
}
