//! Every rule about changes, as pure functions.
//!
//! [`needs`] tells what a command needs from outside, [`apply`] judges it and computes what it
//! makes of the state. Both are functions of their arguments alone: no clock, no random numbers, no
//! files, no key material. The same input gives the same bytes, so a store, a server, a dry run and
//! a simulator that call them agree.
//!
//! An executor that commits commands does it in this order:
//!
//! 1. look the idempotency key up; a key that is known is answered from the record;
//! 2. [`needs`], and obtain what it lists (ids, signatures, references, never secret values);
//! 3. [`apply`]; a [`Rejection`] changes nothing;
//! 4. commit state, outcome and audit event as one.

mod command;
mod context;
mod draft;
mod naming;
mod needs;
mod outcome;
mod policy;
mod rejection;
mod state;
mod supplies;
mod verbs;

pub use command::Command;
pub use context::{Context, local_user};
pub use naming::CommandName;
pub use needs::needs;
pub use outcome::{Applied, Event, Outcome};
pub use policy::PolicyDraft;
pub use rejection::{ActiveSplitRef, BindingKey, Counted, Rejection};
pub use state::EnvState;
pub use supplies::{Need, OperatorKeyNeed, SignedRevenuePolicy, Supplies, WebhookSecretNeed};

use draft::Draft;

/// How many commands a batch may have.
pub const MAX_BATCH_COMMANDS: usize = 256;

/// Judges a command and computes what it makes of the state.
///
/// The result is whole: the state, the answer and the events belong together and are committed
/// together. A warm whose health gate failed is such a result too ([`Outcome::HealthGateFailed`]).
///
/// # Errors
/// [`Rejection`] when the command is not legal in this state. Nothing has changed.
pub fn apply(state: &EnvState, command: &Command, context: &Context) -> Result<Applied, Rejection> {
    let applied = match command {
        Command::Batch(commands) => apply_batch(state, commands, context),
        command => {
            let mut draft = Draft::new(state, context);
            let outcome = verbs::run(&mut draft, command)?;
            draft.finish(outcome)
        }
    };
    applied.map(Applied::keep_named_secrets)
}

fn apply_batch(
    state: &EnvState,
    commands: &[Command],
    context: &Context,
) -> Result<Applied, Rejection> {
    check_batch(commands)?;
    let mut applied = Applied { state: state.clone(), outcome: Outcome::Done, events: Vec::new() };
    let mut outcomes = Vec::with_capacity(commands.len());
    for (index, command) in commands.iter().enumerate() {
        let supplies = context.supplies.steps.get(index).cloned().unwrap_or_default();
        let context = Context { supplies, ..context.clone() };
        let step = apply_step(&applied.state, command, &context).map_err(|rejection| {
            let (verb, rejection) = (command.name().to_string(), Box::new(rejection));
            Rejection::BatchStep { index, verb, rejection }
        })?;
        applied.state = step.state;
        applied.events.extend(step.events);
        outcomes.push(step.outcome);
    }
    applied.outcome = Outcome::Batch(outcomes);
    Ok(applied)
}

fn apply_step(
    state: &EnvState,
    command: &Command,
    context: &Context,
) -> Result<Applied, Rejection> {
    let applied = apply(state, command, context)?;
    match applied.outcome {
        Outcome::HealthGateFailed { revision_id, .. } => {
            Err(Rejection::GateFailureInBatch { revision_id })
        }
        _ => Ok(applied),
    }
}

fn check_batch(commands: &[Command]) -> Result<(), Rejection> {
    let (actual, limit) = (commands.len(), MAX_BATCH_COMMANDS);
    if actual > limit {
        return Err(Rejection::BatchTooLong { actual, limit });
    }
    if commands.iter().any(|command| matches!(command, Command::Batch(_))) {
        return Err(Rejection::NestedBatch);
    }
    Ok(())
}
