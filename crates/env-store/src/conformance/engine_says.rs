//! What the engine makes of a command, with the clock, ids and signatures that a store used for it.

use greentic_conformance::{Broken, Check, same};
use greentic_deploy_spec::engine::{
    self, Applied, Command, Context, EnvState, Outcome, SignedRevenuePolicy, Supplies,
};
use greentic_deploy_spec::{IdempotencyKey, TrustedKey};

use super::samples::Made;
use super::trial::{Trial, same_state};
use crate::{Committed, StoreError};

/// Runs commands one after the other. Each must be committed, and be what the engine makes of it.
pub(super) fn follows(trial: &Trial, commands: Vec<Made>) -> Check {
    commands.into_iter().try_for_each(|command| follow(trial, command?))
}

fn follow(trial: &Trial, command: Command) -> Check {
    let before = trial.state()?;
    let committed = trial.run(Ok(command.clone()))?;
    let applied = applied(trial, &before, &command, &committed)?;
    let what = |of: &str| format!("{} to {of} what the engine says", command.name());
    same(&what("answer"), &applied.outcome, &committed.outcome)?;
    same_state(&what("leave"), &applied.state, committed.after.state())?;
    same_state(&what("store"), &applied.state, &trial.state()?)
}

fn applied(
    trial: &Trial,
    before: &EnvState,
    command: &Command,
    committed: &Committed,
) -> Result<Applied, Broken> {
    let audit = &committed.audit;
    let key = audit.idempotency_key.as_deref().and_then(|key| IdempotencyKey::new(key).ok());
    let context = Context {
        env_id: trial.env_id.clone(),
        now: audit.ts,
        actor: audit.actor.clone(),
        key: key.ok_or_else(|| Broken::new("an audit event with a key", format!("{audit:?}")))?,
        supplies: supplies(before, &committed.outcome),
    };
    engine::apply(before, command, &context).map_err(|rejection| {
        let error = StoreError::from_rejection(rejection);
        let refused = format!("the engine refuses it: {error}");
        Broken::new(format!("{} to be refused", command.name()), refused)
    })
}

/// What the store obtained for a command, as its answer tells.
fn supplies(before: &EnvState, outcome: &Outcome) -> Supplies {
    let mut supplies = Supplies::default();
    match outcome {
        Outcome::Bundle(bundle) => {
            let trusted = before.trust_root.as_ref().and_then(|root| root.keys.first());
            supplies.deployment_id = Some(bundle.deployment_id);
            supplies.revenue_policy = trusted.map(|key| SignedRevenuePolicy {
                policy_ref: bundle.revenue_policy_ref.clone(),
                key_id: key.key_id.clone(),
            });
        }
        Outcome::Endpoint(endpoint) => {
            supplies.endpoint_id = Some(endpoint.endpoint_id);
            supplies.webhook_secret_ref.clone_from(&endpoint.webhook_secret_ref);
        }
        Outcome::TrustRootSeeded(seed) => {
            supplies.operator_key = Some(trusted(&seed.key_id, &seed.public_key_pem));
        }
        Outcome::OperatorKeyRotated(key) => {
            supplies.operator_key = Some(trusted(&key.key_id, &key.public_key_pem));
        }
        Outcome::Batch(steps) => {
            supplies.steps = steps.iter().map(|step| self::supplies(before, step)).collect();
        }
        _ => {}
    }
    supplies
}

fn trusted(key_id: &str, public_key_pem: &str) -> TrustedKey {
    TrustedKey { key_id: key_id.to_owned(), public_key_pem: public_key_pem.to_owned() }
}
