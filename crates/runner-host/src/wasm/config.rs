use std::path::PathBuf;
use std::time::Duration;

/// What the calls of one process share, and how much of it there is.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where compiled components are kept between runs of the process; none: they are not kept.
    /// What is in this folder is run: nobody else may write there.
    pub cache: Option<PathBuf>,
    /// Calls at a time. Each costs address space for its memory and its stack, and up to 2 MiB that
    /// are kept for the next one.
    pub max_calls: u32,
    /// Calls of one tenant at a time, so that the others get their turns whatever its guests do.
    pub max_calls_per_tenant: u32,
    /// How long a call waits for its turn when that many are running.
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
            max_calls_per_tenant: 32,
            max_wait: Duration::from_secs(5),
            max_memory: 512 * 1024 * 1024,
            tick: Duration::from_millis(10),
        }
    }
}
