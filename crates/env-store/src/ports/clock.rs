use std::fmt::Debug;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::RevisionId;
use ulid::Ulid;

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
}

/// Makes ids that nobody used before.
pub trait Ids: Debug + Send + Sync {
    /// A fresh ULID.
    fn ulid(&self) -> Ulid;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where a store reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// Ids from the clock and random numbers of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn ulid(&self) -> Ulid {
        RevisionId::new().0
    }
}
