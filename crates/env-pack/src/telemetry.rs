use std::fmt::Debug;
use std::time::Duration;

/// Takes what workers report while they run.
pub trait TelemetrySink: Debug + Send + Sync {
    /// Takes an event. Called while a message is answered, so it neither blocks nor waits: what there
    /// is no room for is dropped.
    ///
    /// No event holds a secret that the worker was given during the call, in the form in which it was
    /// given.
    fn record(&self, event: &TelemetryEvent<'_>);
}

/// Something that a worker reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TelemetryEvent<'a> {
    /// A turn of a conversation ended.
    Turn {
        /// Whose turn.
        worker: WorkerName<'a>,
        /// The flow.
        flow: &'a str,
        /// How it ended.
        end: TurnEnd<'a>,
        /// From the message to the end, waiting for earlier messages included.
        took: Duration,
    },
    /// A component wrote a line. How much it may write in one call is bounded.
    GuestLine {
        /// Whose component.
        worker: WorkerName<'a>,
        /// How it wrote.
        source: GuestSource,
        /// What it wrote.
        line: &'a str,
    },
}

/// Which worker reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerName<'a> {
    /// The environment.
    pub env: &'a str,
    /// The tenant.
    pub tenant: &'a str,
    /// The deployment; none for a pack that was loaded for a tenant alone.
    pub deployment: Option<&'a str>,
    /// The revision of the deployment.
    pub revision: Option<&'a str>,
    /// The pack.
    pub pack: &'a str,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnEnd<'a> {
    /// With an answer; the conversation may wait for the next message.
    Answered,
    /// With an error.
    Failed {
        /// The stable name of its reason.
        code: &'a str,
    },
}

/// How a component wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestSource {
    /// To its standard output.
    Stdout,
    /// To its standard error.
    Stderr,
    /// As a log entry.
    Logger,
}

/// Drops everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTelemetry;

impl TelemetrySink for NoTelemetry {
    fn record(&self, _event: &TelemetryEvent<'_>) {}
}
