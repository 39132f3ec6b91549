use std::fmt;
use std::time::Duration;

use crate::{Clause, Contract};

/// How long a clause may take, unless [`Suite::time_limit`] says otherwise.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(60);

/// Clauses of a contract, and how long each may take.
pub struct Suite<C: Contract> {
    clauses: Vec<&'static Clause<C>>,
    limit: Duration,
}

/// A clause or area that the contract does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no clause and no area `{name}`; `conformance::clauses()` lists them")]
pub struct UnknownClause {
    /// What was asked for.
    pub name: String,
}

impl<C: Contract> Default for Suite<C> {
    fn default() -> Self {
        Self { clauses: C::clauses().collect(), limit: DEFAULT_TIME_LIMIT }
    }
}

impl<C: Contract> Suite<C> {
    /// All clauses.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of these clauses that are named: by an id (`store.etags.are-strong`), or by an area
    /// (`store.etags`). They stay in their order.
    ///
    /// # Errors
    /// [`UnknownClause`] when a name is neither.
    pub fn only(mut self, names: &[&str]) -> Result<Self, UnknownClause> {
        for name in names {
            if !C::clauses().any(|clause| clause.is_meant_by(name)) {
                return Err(UnknownClause { name: (*name).to_owned() });
            }
        }
        self.clauses.retain(|clause| names.iter().any(|name| clause.is_meant_by(name)));
        Ok(self)
    }

    /// Lets each clause take this long. One that takes longer fails.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// How long each clause may take.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// The clauses, in the order of the report.
    pub fn clauses(&self) -> impl Iterator<Item = &'static Clause<C>> {
        self.clauses.iter().copied()
    }
}

impl<C: Contract> fmt::Debug for Suite<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clauses, limit } = self;
        f.debug_struct("Suite").field("clauses", clauses).field("limit", limit).finish()
    }
}
