//! Reads an environment: what the journal has, and what somebody edited since.

use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::engine::{self, Command, Context, EnvState, Supplies};
use greentic_deploy_spec::{AdoptPayload, EnvId, IdempotencyKey, StateEtag};

use super::edits::{self, Depth, Odd, Verdict};
use super::folder::Folder;
use super::head::Head;
use super::journal::Access;
use super::layout;
use super::mirror::Mirror;
use super::observe::Seen;
use crate::ports::Ports;
use crate::{EditProblem, EnvSnapshot, StoreError};

/// Reads an environment.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) mirror: Mirror,
    shown: Option<Shown>,
    /// There is a journal, and it cannot be opened.
    lagging: bool,
}

/// What was last shown, and for what.
#[derive(Debug)]
struct Shown {
    head: Arc<Head>,
    odd: Vec<Odd>,
    snapshot: EnvSnapshot,
}

/// How often a look is repeated when writers get in between. Each repetition needs a commit in
/// exactly the wrong moment.
const LOOKS: usize = 1_000;

impl Reader {
    /// Everything of one moment.
    pub(super) fn snapshot(
        &mut self,
        folder: &Folder,
        ports: &Ports,
        patience: Duration,
    ) -> Result<EnvSnapshot, StoreError> {
        let mut before = None;
        for _ in 0..LOOKS {
            let (head, odd) = self.look(folder, patience)?;
            let somebody = |odd: &Odd| matches!(odd.verdict, Verdict::Edited | Verdict::Trust);
            let edits: Vec<Odd> = odd.into_iter().filter(somebody).collect();
            let now = (head, edits);
            // A commit between the look at the files and the look at the journal can make a file
            // seem edited. What is seen twice was edited.
            if now.1.is_empty() || before.as_ref() == Some(&(now.0.key.clone(), now.1.clone())) {
                return self.show(folder, ports, now.0, now.1);
            }
            before = Some((now.0.key.clone(), now.1));
        }
        let source = std::io::ErrorKind::WouldBlock.into();
        Err(StoreError::Lock { path: folder.journal(), source })
    }

    fn look(
        &mut self,
        folder: &Folder,
        patience: Duration,
    ) -> Result<(Arc<Head>, Vec<Odd>), StoreError> {
        let seen = edits::look(folder, &mut self.mirror.observations, Depth::Sources)?;
        self.lagging = false;
        let opened = match self.mirror.open(folder, Access::Read, patience) {
            Ok(journal) => journal.is_some(),
            // The files are all that can be read; they are whole, and perhaps a little older.
            Err(StoreError::Io { .. }) => {
                self.lagging = true;
                false
            }
            Err(error) => return Err(error),
        };
        let Some(journal) = self.mirror.journal().filter(|_| opened) else {
            let head = Head::nothing(&folder.env_id);
            let odd = edits::judge(folder, &seen, &head, None, Depth::Sources)?;
            return Ok((Arc::new(head), odd));
        };
        let transaction = journal.transaction(Access::Read)?;
        let head = self.mirror.head(folder, &transaction)?;
        let odd = edits::judge(folder, &seen, &head, Some(&transaction), Depth::Sources)?;
        drop(transaction);
        self.mirror.head = Some(Arc::clone(&head));
        Ok((head, odd))
    }

    fn show(
        &mut self,
        folder: &Folder,
        ports: &Ports,
        head: Arc<Head>,
        odd: Vec<Odd>,
    ) -> Result<EnvSnapshot, StoreError> {
        if let Some(shown) = &self.shown
            && Arc::ptr_eq(&shown.head, &head)
            && shown.odd == odd
        {
            return Ok(shown.snapshot.clone());
        }
        let snapshot = if odd.is_empty() {
            head.snapshot.clone()
        } else {
            with_edits(folder, ports, &head, &odd).map_err(|error| {
                let recorded = head.generation() > 0 || self.lagging;
                if recorded { error } else { error.without_record() }
            })?
        };
        snapshot.require()?;
        let snapshot = if self.lagging { snapshot.into_lagging() } else { snapshot };
        self.shown = Some(Shown { head, odd, snapshot: snapshot.clone() });
        Ok(snapshot)
    }
}

/// What is recorded before any journal is there: the keys that the public tools trust.
pub(super) fn before_journal(folder: &Folder, odd: &[Odd]) -> Result<EnvState, StoreError> {
    let trust = odd.iter().find(|odd| odd.file == layout::TRUST_ROOT);
    let seen = trust.map_or(Seen::Absent, |odd| odd.seen.clone());
    Ok(EnvState { trust_root: edits::read_trust_root(folder, &seen)?, ..EnvState::default() })
}

/// The environment with the edits that the next change takes over.
fn with_edits(
    folder: &Folder,
    ports: &Ports,
    head: &Head,
    odd: &[Odd],
) -> Result<EnvSnapshot, StoreError> {
    let recorded = if head.generation() == 0 {
        Arc::new(before_journal(folder, odd)?)
    } else {
        Arc::clone(head.state())
    };
    let mut state = match edits::adoption(folder, odd)? {
        Some(payload) if recorded.environment.is_some() || payload.environment.is_some() => {
            adopted(folder, ports, &recorded, payload)?
        }
        _ => EnvState::clone(&recorded),
    };
    if head.generation() > 0
        && let Some(difference) = edits::trust_difference(folder, odd, &recorded)
    {
        difference.narrow(&mut state);
    }
    let etag = state.environment.as_ref().map(|environment| StateEtag(environment.etag()));
    let env_id = folder.env_id.clone();
    Ok(EnvSnapshot::new(env_id, head.generation(), etag, Arc::new(state)))
}

fn adopted(
    folder: &Folder,
    ports: &Ports,
    recorded: &EnvState,
    payload: AdoptPayload,
) -> Result<EnvState, StoreError> {
    let context = Context {
        env_id: folder.env_id.clone(),
        now: ports.clock.now(),
        actor: ports.actor.clone(),
        key: looking()?,
        supplies: Supplies::default(),
    };
    let applied = engine::apply(recorded, &Command::Adopt(Box::new(payload)), &context);
    applied.map(|applied| applied.state).map_err(|rejection| StoreError::ExternalEdit {
        path: folder.at(layout::ENVIRONMENT),
        problem: Box::new(EditProblem::Refused(Box::new(rejection))),
    })
}

fn looking() -> Result<IdempotencyKey, StoreError> {
    IdempotencyKey::new("look").map_err(|error| StoreError::Contract { detail: error.to_string() })
}

/// The environments in a folder: those whose name is an id and whose documents can be read.
pub(super) fn ids_in(names: Vec<std::ffi::OsString>) -> Vec<EnvId> {
    let ids = names.into_iter().filter_map(|name| EnvId::new(name.into_string().ok()?).ok());
    ids.filter(EnvId::is_safe_path_segment).collect()
}
