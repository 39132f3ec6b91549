//! The endless sequence of requests that a process which is going to be killed carries out. It follows
//! from a seed, so that whoever comes after it knows each request and its key.

use greentic_deploy_spec::IdempotencyKey;
use greentic_deploy_spec::engine::Command;
use serde_json::Value;

use crate::random::Random;
use crate::verbs::{Verb, command, verbs, whole};

/// The sequence.
#[derive(Debug)]
pub(crate) struct Script {
    seed: u64,
    verbs: Vec<Verb>,
}

/// Requests that lead from nothing to nothing, with one verb tried among them.
#[derive(Debug)]
pub(crate) struct Run {
    number: u64,
    pub(crate) commands: Vec<Command>,
    pub(crate) upkeep: Upkeep,
}

/// What is done between the requests of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upkeep {
    Nothing,
    Compact,
    Snapshot,
    Export,
    Repair,
}

/// A place in the sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) run: u64,
    pub(crate) step: usize,
}

/// How often the operator key is rotated in a row, to be killed in the middle of it.
const ROTATIONS: usize = 8;

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, verbs: verbs() }
    }

    pub(crate) fn run(&self, number: u64) -> Run {
        let mut random = Random::of(self.seed, number);
        let favourites = ["rotate-operator-key", "restore import", "destroy"];
        let favourite = favourites.get(usize::try_from(random.below(12)).unwrap_or(usize::MAX));
        let any = usize::try_from(random.below(self.verbs.len() as u64)).unwrap_or_default();
        let verb = favourite
            .and_then(|name| self.verbs.iter().find(|verb| verb.name == *name))
            .unwrap_or(&self.verbs[any]);
        let mut commands = verb.before.clone();
        let times = if verb.name == "rotate-operator-key" { ROTATIONS } else { 1 };
        commands.extend(std::iter::repeat_n(verb.command.clone(), times));
        if verb.name != "destroy" {
            // What is in service keeps an environment from being destroyed.
            commands.push(command("replace", whole("the end")));
            commands.push(command("destroy", Value::Null));
        }
        let upkeep = match random.below(8) {
            0 => Upkeep::Compact,
            1 => Upkeep::Snapshot,
            2 => Upkeep::Export,
            3 => Upkeep::Repair,
            _ => Upkeep::Nothing,
        };
        Run { number, commands, upkeep }
    }
}

impl Run {
    pub(crate) fn key(&self, step: usize) -> IdempotencyKey {
        crate::verbs::key(&format!("run-{}-{step}", self.number))
    }

    /// The place after a step.
    pub(crate) fn after(&self, step: usize) -> Position {
        if step + 1 < self.commands.len() {
            Position { run: self.number, step: step + 1 }
        } else {
            Position { run: self.number + 1, step: 0 }
        }
    }
}
