use std::collections::BTreeSet;

use greentic_conformance::{Check, check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{Actor, AuditDecision, AuditEvent, AuditResult};

use super::verbs;
use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, commit, done};
use crate::{EnvironmentMutations, MutationsExt, Request};

clauses! { "audit";
    /// The audit event of a change names verb, target, key and both generations, and that it was
    /// allowed.
    "names-the-change" => names_the_change;
    /// The audit event names the actor of the request, else the store's own.
    "names-the-actor" => names_the_actor;
    /// No two audit events have the same id.
    "has-an-id-for-each" => has_an_id_for_each;
    /// A failed health gate is recorded as an error of its kind.
    "tells-a-failed-gate" with [OperatorKey] => tells_a_failed_gate;
}

fn names_the_change(trial: Trial) -> Check {
    for (number, command) in verbs::whole_life(&trial).into_iter().enumerate() {
        let command = command?;
        let key = format!("life-{number}");
        let audit = trial.run_keyed(Ok(command.clone()), &key)?.audit;
        let name = command.name();
        same("the verb", &(name.noun, name.verb), &(audit.noun.as_str(), audit.verb.as_str()))?;
        same("the target", &command.audit_target(&trial.env_id), &audit.target)?;
        same("the environment", trial.env_id.as_str(), &audit.env_id)?;
        same("the key", &Some(key), &audit.idempotency_key)?;
        let number = number as u64;
        same("the generation before", &Some(number), &audit.previous_generation)?;
        same("the generation after", &Some(number + 1), &audit.new_generation)?;
        same("the schema", AuditEvent::schema_str(), audit.schema.as_str())?;
        let allowed = matches!(audit.authorization, AuditDecision::Allow { .. });
        check(allowed, "an authorization", || format!("{:?}", audit.authorization))?;
    }
    Ok(())
}

fn actor(kind: &str, user: &str) -> Actor {
    Actor { kind: kind.to_owned(), user: Some(user.to_owned()), uid: None }
}

fn names_the_actor(trial: Trial) -> Check {
    let own = trial.create()?.audit.actor;
    check(!own.kind.is_empty(), "an actor of the store's own", || format!("{own:?}"))?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let mut request = Request::new(samples::rename("Alice's")?);
    request.actor = Some(actor("service", "alice"));
    let audit = commit(store, env_id, request.clone())?.audit;
    same("the actor of the request", &actor("service", "alice"), &audit.actor)?;
    let bob = store.acting_as(actor("operator", "bob"));
    let unnamed = Request::new(samples::rename("Bob's")?);
    let audit = done("a change of bob's", bob.execute(env_id, unnamed))?.audit;
    same("the actor of the decorator", &actor("operator", "bob"), &audit.actor)?;
    let audit = done("a change of alice's", bob.execute(env_id, request))?.audit;
    same("the actor of the request", &actor("service", "alice"), &audit.actor)?;
    same("the store's own actor", &own, &trial.run(samples::rename("Own"))?.audit.actor)
}

fn has_an_id_for_each(trial: Trial) -> Check {
    let mut seen = BTreeSet::new();
    for command in [samples::create(&trial.env_id, "Conformance"), samples::no_change()] {
        seen.insert(trial.run(command)?.audit.event_id);
    }
    for _ in 0..8 {
        seen.insert(trial.run(samples::no_change())?.audit.event_id);
    }
    seen.insert(trial.run(Ok(Command::Destroy))?.audit.event_id);
    same("ids of 11 events", &11, &seen.len())?;
    check(!seen.contains(""), "an id", || "an empty one".to_owned())
}

fn tells_a_failed_gate(trial: Trial) -> Check {
    trial.deploy(&[])?;
    trial.run(samples::stage(1, 1))?;
    match trial.run(samples::failing_warm(1))?.audit.result {
        AuditResult::Error { kind, .. } => same("the kind of error", "health-gate-failed", &kind),
        result => check(false, "a failed gate", || format!("{result:?}")),
    }?;
    let result = trial.run(samples::retry(1))?.audit.result;
    same("the result of a verb that went well", &AuditResult::Ok, &result)
}
