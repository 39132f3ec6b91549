//! A contract of doors, for the tests.

use std::fmt;

use greentic_conformance::{Capability, Check, Clause, Contract, Progress, check, clauses};

#[derive(Debug)]
pub(crate) struct Doors;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extra {
    Lock,
    Bell,
}

impl Capability for Extra {
    const ALL: &'static [Self] = &[Self::Lock, Self::Bell];
}

impl fmt::Display for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lock => "lock",
            Self::Bell => "bell",
        })
    }
}

impl Contract for Doors {
    const KEEPER: &'static str = "door";
    type Capability = Extra;
    type Check = fn(Progress) -> Check;

    fn clauses() -> impl Iterator<Item = &'static Clause<Self>> {
        [MOVING, LOCKED].into_iter().flatten()
    }
}

const MOVING: &[Clause<Doors>] = clauses! { Doors, "door", "moving";
    /// A door that is closed opens.
    "opens" => |_| Ok(());
    /// A door that is open closes, and
    /// stays closed.
    "closes" => |_| check(false, "closed", || "ajar".to_owned());
};

const LOCKED: &[Clause<Doors>] = clauses! { Doors, "door", "lock";
    /// A door with a lock and a bell opens after ringing.
    "rings" with [Lock, Bell] => |_| Ok(());
    /// A door without a lock says so.
    "without-lock" without [Lock] => |_| Ok(());
};
