//! What a clause works with: a store of its own, and short ways to say what must come of a call.

use std::fmt;
use std::sync::Arc;

use greentic_conformance::{Broken, Check, Progress, check, same};
use greentic_deploy_spec::engine::{Command, EnvState};
use greentic_deploy_spec::remote::ErrorKind;
use greentic_deploy_spec::{Document, EnvId, Environment, IdempotencyKey};

use super::samples::{self, Made};
use super::subject::{Capabilities, Capability, Opened, Subject};
use crate::history::diff_of;
use crate::{Committed, EnvSnapshot, EnvironmentMutations, Request, StoreError, StoreWithHistory};

/// One trial: a store of its own, and the environment that its clause works with.
pub struct Trial {
    subject: Arc<dyn Subject>,
    opened: Box<dyn Opened>,
    progress: Progress,
    pub(super) env_id: EnvId,
}

impl Trial {
    pub(super) fn new(subject: Arc<dyn Subject>, progress: Progress) -> Result<Self, Broken> {
        let env_id = samples::env_id("conformance")?;
        let opened = subject
            .fresh()
            .map_err(|error| Broken::new("an empty store", format!("there is none: {error}")))?;
        Ok(Self { subject, opened, progress, env_id })
    }

    pub(super) fn capabilities(&self) -> Capabilities {
        self.subject.capabilities()
    }

    pub(super) fn has(&self, capability: Capability) -> bool {
        self.capabilities().has(capability)
    }

    pub(super) fn waits_for(&self, what: &'static str) {
        self.progress.waits_for(what);
    }

    pub(super) fn store(&self) -> &dyn EnvironmentMutations {
        self.opened.store()
    }

    pub(super) fn opened(&self) -> &dyn Opened {
        &*self.opened
    }

    pub(super) fn into_opened(self) -> Box<dyn Opened> {
        self.opened
    }

    pub(super) fn history(&self) -> Result<&dyn StoreWithHistory, Broken> {
        let none = || Broken::new("a store with history", "the handle has none");
        self.opened.history().ok_or_else(none)
    }

    pub(super) fn second_handle(&self) -> Result<Box<dyn Opened>, Broken> {
        done("a second handle", self.opened.second_handle())
    }

    pub(super) fn reopen(self) -> Result<Self, Broken> {
        let opened = done("the same data opened again", self.opened.reopen())?;
        Ok(Self { opened, ..self })
    }

    /// Runs a command that must be committed.
    pub(super) fn run(&self, command: Made) -> Result<Committed, Broken> {
        commit(self.store(), &self.env_id, Request::new(command?))
    }

    pub(super) fn run_all(&self, commands: impl IntoIterator<Item = Made>) -> Check {
        commands.into_iter().try_for_each(|command| self.run(command).map(drop))
    }

    /// Runs a command that must be committed, under a key.
    pub(super) fn run_keyed(&self, command: Made, key: &str) -> Result<Committed, Broken> {
        commit(self.store(), &self.env_id, Request::keyed(command?, samples::key(key)?))
    }

    /// What the store answers to a command.
    pub(super) fn answer(&self, command: Made) -> Result<Result<Committed, StoreError>, Broken> {
        Ok(self.store().execute(&self.env_id, Request::new(command?)))
    }

    pub(super) fn answer_keyed(
        &self,
        command: Made,
        key: &IdempotencyKey,
    ) -> Result<Result<Committed, StoreError>, Broken> {
        Ok(self.store().execute(&self.env_id, Request::keyed(command?, key.clone())))
    }

    /// Runs a command that must be refused, with this kind of error and this code.
    pub(super) fn refuse(&self, command: Made, kind: ErrorKind, code: &str) -> Check {
        let command = command?;
        let what = format!("{} to be refused", command.name());
        refused(&what, self.store().execute(&self.env_id, Request::new(command)), kind, code)
    }

    pub(super) fn create(&self) -> Result<Committed, Broken> {
        self.run(samples::create(&self.env_id, "Conformance"))
    }

    /// The environment, and a trust root with the operator key.
    pub(super) fn seed(&self) -> Check {
        self.create()?;
        self.run(Ok(Command::BootstrapTrustRoot)).map(drop)
    }

    /// The environment with deployment 1 of bundle `bundle-1` and these revisions of it, ready.
    pub(super) fn deploy(&self, revisions: &[u128]) -> Check {
        self.seed()?;
        self.run(samples::add_bundle(1, "bundle-1"))?;
        for revision in revisions {
            self.run_all([samples::stage(1, *revision), samples::warm(*revision)])?;
        }
        Ok(())
    }

    pub(super) fn snapshot(&self) -> Result<EnvSnapshot, Broken> {
        snapshot(self.store(), &self.env_id)
    }

    /// What is recorded; nothing when there is no environment.
    pub(super) fn state(&self) -> Result<EnvState, Broken> {
        match self.store().snapshot(&self.env_id) {
            Ok(snapshot) => Ok(snapshot.state().as_ref().clone()),
            Err(StoreError::NotFound { .. }) => Ok(EnvState::default()),
            Err(error) => Err(Broken::new("a snapshot", told(&error))),
        }
    }

    pub(super) fn environment(&self) -> Result<Document<Environment>, Broken> {
        let snapshot = self.snapshot()?;
        done("a snapshot with an environment", snapshot.require().cloned())
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial").field("env_id", &self.env_id).finish_non_exhaustive()
    }
}

pub(super) fn commit(
    store: &dyn EnvironmentMutations,
    env_id: &EnvId,
    request: Request,
) -> Result<Committed, Broken> {
    let what = format!("{} to be committed", request.command.name());
    done(&what, store.execute(env_id, request))
}

pub(super) fn snapshot(
    store: &dyn EnvironmentMutations,
    env_id: &EnvId,
) -> Result<EnvSnapshot, Broken> {
    done("a snapshot of the environment", store.snapshot(env_id))
}

/// What a call gives that must not fail.
pub(super) fn done<T>(what: &str, result: Result<T, StoreError>) -> Result<T, Broken> {
    result.map_err(|error| Broken::new(what, told(&error)))
}

/// The error of a call that must fail.
pub(super) fn fails<T>(what: &str, result: Result<T, StoreError>) -> Result<StoreError, Broken> {
    match result {
        Ok(_) => Err(Broken::new(what, "it was done")),
        Err(error) => Ok(error),
    }
}

/// A refusal has its kind everywhere. Its code is the engine's own, or that of the kind when the
/// refusal came over a wire that carries no more.
pub(super) fn refused<T>(
    what: &str,
    result: Result<T, StoreError>,
    kind: ErrorKind,
    code: &str,
) -> Check {
    let error = fails(what, result)?;
    let expected = format!("{what} with kind `{}` and code `{code}`", kind.as_str());
    let named = error.code() == code || error.code() == kind.as_str();
    check(error.kind() == kind && named, &expected, || told(&error))?;
    check(!error.may_be_committed(), "a refusal to say that nothing changed", || told(&error))
}

/// The refusal of what a store says that it cannot do.
pub(super) fn unsupported<T>(what: &str, result: Result<T, StoreError>) -> Check {
    match result {
        Err(StoreError::Unsupported { .. }) => Ok(()),
        Err(error) => Err(Broken::new(format!("{what} to be unsupported"), told(&error))),
        Ok(_) => Err(Broken::new(
            format!("{what} to be unsupported, since the store does not say that it can"),
            "it was done; declare the capability",
        )),
    }
}

pub(super) fn told(error: &StoreError) -> String {
    format!("{} ({}): {error}", error.code(), error.kind().as_str())
}

/// Holds when both states are the same; tells which documents differ, and how.
pub(super) fn same_state(what: &str, expected: &EnvState, seen: &EnvState) -> Check {
    if expected == seen {
        return Ok(());
    }
    let diffs = diff_of(expected, seen);
    let differences: Vec<_> =
        diffs.iter().map(|diff| format!("{}: {}", diff.document, diff.patch)).collect();
    let told = match differences.as_slice() {
        [] => "a difference that no document shows".to_owned(),
        all => format!("differences in {}", all.join("; ")),
    };
    Err(Broken::new(what, told))
}

/// Holds when two snapshots are of the same moment.
pub(super) fn same_snapshot(what: &str, expected: &EnvSnapshot, seen: &EnvSnapshot) -> Check {
    let of = |snapshot: &EnvSnapshot| (snapshot.generation(), snapshot.etag().cloned());
    same(&format!("{what}, at generation and etag"), &of(expected), &of(seen))?;
    same_state(what, expected.state(), seen.state())
}
