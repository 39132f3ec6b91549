use std::pin::Pin;

use greentic_conformance::{Contract, Verdict};

use super::failure::ConformanceFailure;
use super::trial::Trial;
use crate::Capability;

/// The contract of deployers.
#[derive(Clone, Copy, Debug)]
pub struct DeployerContract;

impl Contract for DeployerContract {
    const KEEPER: &'static str = "deployer";
    type Capability = Capability;
    type Check = for<'a> fn(&'a Trial<'a>) -> Checking<'a>;

    fn clauses() -> impl Iterator<Item = &'static Clause> {
        super::clauses()
    }
}

/// One thing that holds of every deployer, or of every deployer with a capability.
pub type Clause = greentic_conformance::Clause<DeployerContract>;

/// Clauses, and how long each may take.
pub type Suite = greentic_conformance::Suite<DeployerContract>;

type Checking<'a> = Pin<Box<dyn Future<Output = Check> + Send + 'a>>;

/// Whether a clause held.
pub(super) type Check = Result<(), Stop>;

/// Why a clause did not pass.
#[derive(Debug)]
pub enum Stop {
    /// It does not hold.
    Failed(ConformanceFailure),
    /// The subject lacks what the clause needs.
    NotRun(&'static str),
}

impl From<ConformanceFailure> for Stop {
    fn from(failure: ConformanceFailure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Stop> for Verdict {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(failure) => Self::Failed(failure.into()),
            Stop::NotRun(why) => Self::NotRun { why: why.to_owned() },
        }
    }
}

/// The clauses of one area, as in the macro of [`greentic_conformance`]. The function that checks a
/// clause takes the trial, then what stands in parentheses behind its name.
macro_rules! clauses {
    ($area:literal; $(
        $(#[doc = $text:literal])+
        $id:literal $(with [$($with:ident),+])? $(without [$without:ident])?
            => $check:ident $(($($more:expr),+))?;
    )+) => {
        pub(super) const CLAUSES: &[$crate::conformance::Clause] = ::greentic_conformance::clauses! {
            $crate::conformance::DeployerContract, "deployer", $area; $(
                $(#[doc = $text])+
                $id $(with [$($with),+])? $(without [$without])?
                    => |trial| Box::pin($check(trial $($(, $more)+)?));
            )+
        };
    };
}

pub(super) use clauses;
