//! Verbs that the operator carries out: a change is recorded, and the provider follows.

use greentic_deploy_spec::EnvId;
use greentic_operations::{
    DeploymentSelector, Mode, OpError, Operator, Report as Operated, RevisionSelector,
};

use super::changes::Rehearsed;
use crate::args::Change;
use crate::compose::Machine;
use crate::error::CliError;
use crate::output::{Answer, Report};
use crate::session::Session;

impl Change {
    /// Whether it is made.
    pub(crate) fn mode(&self) -> Mode {
        if self.dry_run { Mode::DryRun } else { Mode::Commit }
    }
}

/// Lets the operator do something to an environment, or rehearse it.
pub(crate) fn operate<T: Report>(
    session: &Session,
    env_id: &EnvId,
    change: &Change,
    work: impl FnOnce(&Operator, Mode) -> Result<Operated<T>, OpError>,
) -> Result<Answer, CliError> {
    let store = session.store()?;
    let machine = Machine::new(session, &store, env_id)?;
    let operated = work(&machine.operator(session, store), change.mode())?;
    session.tell_warnings(&operated.warnings);
    match operated.changes {
        Some(changes) => Answer::of(&Rehearsed::new(env_id.clone(), changes)),
        None => Answer::of(&operated.result),
    }
}

/// The deployment that is named, else the only one that there is.
pub(crate) fn deployment(name: Option<&str>) -> Result<DeploymentSelector, CliError> {
    Ok(name.map_or(Ok(DeploymentSelector::Only), str::parse)?)
}

/// The revision that is named.
pub(crate) fn revision(name: Option<&str>) -> Result<RevisionSelector, CliError> {
    let missing = CliError::Missing {
        what: "the revision",
        how: "name it: @latest, @previous, #NUMBER, or its ULID; gtc op revisions list shows them",
    };
    Ok(name.ok_or(missing)?.parse()?)
}
