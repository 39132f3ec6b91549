//! What a conformance bench is, whatever it judges: [clauses](Clause) with stable ids, a [`Suite`] of
//! them, and a [`Report`] that says of every one whether it holds.
//!
//! A crate of its own because the benches of stores and of deployers, which may not know each other,
//! both stand on it, and those who read their reports meet one layout.
//!
//! A [`Contract`] names what its clauses speak of. Its bench gives each clause a place of its own, and
//! runs it so that a panic or a hang is a failure of that clause: with [`Suite::on_thread`] where calls
//! block, with [`unless_it_panics`] and the time limit of an async runtime where they do not.
//!
//! ```
//! use greentic_conformance::{Capability, Check, Clause, Contract, Report, Suite, same};
//!
//! /// The contract of whoever adds numbers.
//! struct Adding;
//!
//! /// What only some adders can.
//! #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
//! enum More {
//!     Saturate,
//! }
//! # impl std::fmt::Display for More {
//! #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
//! #         f.write_str("saturate")
//! #     }
//! # }
//!
//! impl Capability for More {
//!     const ALL: &'static [Self] = &[Self::Saturate];
//! }
//!
//! impl Contract for Adding {
//!     const KEEPER: &'static str = "adder";
//!     type Capability = More;
//!     type Check = fn(fn(u8, u8) -> u8) -> Check;
//!
//!     fn clauses() -> impl Iterator<Item = &'static Clause<Self>> {
//!         SUMS.iter()
//!     }
//! }
//!
//! const SUMS: &[Clause<Adding>] = greentic_conformance::clauses! { Adding, "adder", "sums";
//!     /// One and one are two.
//!     "of-ones" => |add| same("1 + 1", &2, &add(1, 1));
//!     /// A sum that is too large is the largest number.
//!     "too-large" with [Saturate] => |add| same("200 + 100", &255, &add(200, 100));
//! };
//!
//! let suite = Suite::<Adding>::new();
//! let adder: fn(u8, u8) -> u8 = |one, other| one + other;
//! let verdicts = suite.clauses().map(|clause| {
//!     let check = clause.check;
//!     (clause, suite.on_thread(clause, move |_| check(adder)).into())
//! });
//! let report = Report::new("overflowing", verdicts);
//! let failed: Vec<_> = report.failed().map(|clause| clause.clause).collect();
//! assert_eq!(failed, ["adder.sums.too-large"]);
//! ```

mod broken;
mod capabilities;
mod clause;
mod report;
mod run;
mod suite;
mod threads;

pub use broken::{Broken, Check, check, same};
pub use capabilities::{Capabilities, Capability};
pub use clause::{Clause, Condition, Contract};
pub use report::{ClauseReport, Report, Summary, Verdict};
pub use run::{Progress, unless_it_panics};
pub use suite::{DEFAULT_TIME_LIMIT, Suite, UnknownClause};
pub use threads::{at_once, read_while};

/// Why a subject, which is what a bench is run against, could not do what the bench asked for.
pub type SubjectError = Box<dyn std::error::Error + Send + Sync>;
