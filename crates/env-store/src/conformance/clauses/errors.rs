use greentic_conformance::{Broken, Check, check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;
use greentic_deploy_spec::{AddTrustedKeyPayload, CapabilitySlot, RevisionLifecycle};

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, fails, told};
use crate::{Request, StoreError};

clauses! { "errors";
    /// A verb on an environment that is absent is `NotFound`, and names the environment.
    "not-found" => not_found;
    /// What is there already is `AlreadyExists` (`already-exists`), with the code of what it is.
    "already-exists" => already_exists;
    /// What is not there in an environment is `DependentNotFound` (`dependent-not-found`), with the code of
    /// what it is.
    "dependent-not-found" => dependent_not_found;
    /// What contradicts the record is `Conflict` (`conflict`), with the code of the contradiction.
    "conflict" => conflict;
    /// What is wrong in itself is `InvalidArgument` (`invalid-request`), with the code of the mistake.
    "invalid-request" => invalid_request;
    /// A failed health gate is committed as a failed revision; the typed verb answers it as an error
    /// that says that it may be committed.
    "gate-failure-is-committed" with [OperatorKey] => gate_failure_is_committed;
}

fn not_found(trial: Trial) -> Check {
    let env_id = &trial.env_id;
    let commands = [
        samples::rename("Nobody"),
        samples::add_pack(),
        samples::stage(1, 1),
        samples::add_bundle(1, "bundle"),
        samples::save_runtime(env_id, 1),
        samples::trust_key(),
        Ok(Command::BootstrapTrustRoot),
        Ok(Command::RotateOperatorKey),
        Ok(Command::Destroy),
    ];
    for command in commands {
        let command = command?;
        let what = format!("{} to find no environment", command.name());
        match fails(&what, trial.store().execute(env_id, Request::new(command)))? {
            StoreError::NotFound { env_id: named } => same("the environment", env_id, &named)?,
            error => return Err(Broken::new(what, told(&error))),
        }
    }
    Ok(())
}

fn already_exists(trial: Trial) -> Check {
    trial.create()?;
    trial.run_all([samples::add_pack(), samples::add_extension("one")])?;
    trial.run(samples::add_endpoint(&trial.env_id, 1))?;
    let kind = ErrorKind::AlreadyExists;
    trial.refuse(samples::create(&trial.env_id, "Again"), kind, "environment-exists")?;
    trial.refuse(samples::add_pack(), kind, "binding-exists")?;
    trial.refuse(samples::add_extension("one"), kind, "binding-exists")?;
    trial.refuse(samples::add_endpoint(&trial.env_id, 1), kind, "endpoint-exists")
}

fn dependent_not_found(trial: Trial) -> Check {
    trial.create()?;
    let kind = ErrorKind::DependentNotFound;
    trial.refuse(samples::drain(1), kind, "revision-not-found")?;
    trial.refuse(samples::stage(1, 1), kind, "deployment-not-found")?;
    trial.refuse(samples::remove_bundle(1), kind, "deployment-not-found")?;
    trial.refuse(samples::clear_split(1), kind, "split-not-found")?;
    trial.refuse(samples::remove_pack(), kind, "binding-not-found")?;
    trial.refuse(samples::remove_extension("one"), kind, "binding-not-found")?;
    trial.refuse(samples::link(1, "bundle"), kind, "endpoint-not-found")
}

fn conflict(trial: Trial) -> Check {
    trial.create()?;
    trial.run_all([samples::add_pack(), samples::add_extension("one")])?;
    let kind = ErrorKind::Conflict;
    trial.refuse(samples::roll_back_pack(), kind, "no-previous-binding")?;
    trial.refuse(samples::roll_back_extension("one"), kind, "no-previous-binding")?;
    trial.refuse(samples::add_bundle(1, "bundle"), kind, "trust-root-empty")?;
    trial.refuse(Ok(Command::RotateOperatorKey), kind, "trust-root-empty")
}

fn invalid_request(trial: Trial) -> Check {
    trial.create()?;
    let kind = ErrorKind::InvalidRequest;
    let nested = samples::batch([samples::batch([samples::no_change()])]);
    trial.refuse(nested, kind, "nested-batch")?;
    let wrong = AddTrustedKeyPayload {
        key_id: "00".repeat(16),
        public_key_pem: samples::PUBLIC_KEY_PEM.to_owned(),
    };
    trial.refuse(Ok(Command::AddTrustedKey(wrong)), kind, "key-not-trustable")?;
    let slot = samples::pack(CapabilitySlot::Messaging, "greentic.messaging.sample@1.0.0")?;
    let slot = Ok(Command::AddPackBinding(samples::document(slot)?));
    trial.refuse(slot, kind, "not-a-pack-slot")
}

fn gate_failure_is_committed(trial: Trial) -> Check {
    trial.deploy(&[])?;
    let staged = trial.run(samples::stage(1, 1))?.after.generation();
    let key = samples::key("warm")?;
    let answer = trial.store().warm_revision(&trial.env_id, samples::failing_gate(1), key);
    let error = fails("a failed gate to be an error", answer)?;
    let kind = ErrorKind::HealthGateFailed;
    check(error.kind() == kind && error.may_be_committed(), "a committed gate failure", || {
        told(&error)
    })?;
    same("the generation", &(staged + 1), &trial.snapshot()?.generation())?;
    let environment = trial.environment()?;
    let lifecycle = environment.revision(samples::revision(1)).map(|revision| revision.lifecycle);
    same("the revision", &Some(RevisionLifecycle::Failed), &lifecycle)
}
