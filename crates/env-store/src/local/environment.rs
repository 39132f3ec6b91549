//! One environment of a local store: who may do what at which time.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use greentic_deploy_spec::engine::Command;

use super::folder::{Folder, Held};
use super::head::Head;
use super::journal::{Access, Log};
use super::layout;
use super::locked::Locked;
use super::reader::Reader;
use super::turns::{Turn, Turns};
use super::writer::{Work, Writer};
use crate::executor::Pending;
use crate::ports::Ports;
use crate::{CommitInfo, Committed, EnvSnapshot, HistoryPage, Request, StoreError};

/// One environment of a local store.
#[derive(Debug)]
pub(super) struct LocalEnvironment {
    pub(super) folder: Folder,
    pub(super) ports: Ports,
    pub(super) patience: Duration,
    reader: Mutex<Reader>,
    writer: Mutex<Writer>,
    turns: Turns,
}

thread_local! {
    /// The environments that this thread has a transaction on.
    static TRANSACTIONS: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
}

/// After so many commits, files and journal are made safe on the disk and the journal's log is
/// folded back, so that neither a power cut nor a reader has to deal with more.
const SETTLE_AFTER: u64 = 256;

impl LocalEnvironment {
    pub(super) fn new(folder: Folder, ports: Ports, patience: Duration) -> Self {
        let turns = Turns::default();
        Self { folder, ports, patience, reader: Mutex::default(), writer: Mutex::default(), turns }
    }

    pub(super) fn reader(&self) -> MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn snapshot(&self) -> Result<EnvSnapshot, StoreError> {
        self.reader().snapshot(&self.folder, &self.ports, self.patience)
    }

    pub(super) fn exists(&self) -> Result<bool, StoreError> {
        match self.snapshot() {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound { .. }) => Ok(false),
            // It is there, whatever is wrong with it.
            Err(_) => Ok(self.folder.stat(layout::ENVIRONMENT)?.is_some()
                || self.folder.stat(layout::JOURNAL)?.is_some()),
        }
    }

    pub(super) fn execute(&self, request: Request) -> Result<Committed, StoreError> {
        let pending = Pending::new(&self.folder.env_id, request, &self.ports)?;
        self.check_not_in_transaction()?;
        if !self.folder.is_there()? {
            pending.check_on_nothing()?;
        }
        let _entered = self.enter()?;
        self.run(&pending)
    }

    /// Carries out a request while the lock is held.
    fn run(&self, pending: &Pending) -> Result<Committed, StoreError> {
        self.work(|work| work.run(pending), Self::settle_if_due)
    }

    /// Works on the environment while the lock is held.
    pub(super) fn work<T>(
        &self,
        work: impl FnOnce(Work<'_>) -> Result<T, StoreError>,
        then: impl FnOnce(&Self, &mut Writer),
    ) -> Result<T, StoreError> {
        let mut writer = self.writer();
        if writer.mirror.journal().is_none() {
            let mut reader = self.reader();
            // What was read once is not read again from its beginning.
            if writer.mirror.head.is_none() {
                writer.mirror.head.clone_from(&reader.mirror.head);
            }
            // Connections of one process share what SQLite keeps in memory for a journal. It stays
            // read-only for as long as one has it that was made while nothing could be written.
            reader.mirror.disconnect();
        }
        let done = work(Work {
            writer: &mut writer,
            folder: &self.folder,
            ports: &self.ports,
            patience: self.patience,
            accepts_trust: false,
        });
        then(self, &mut writer);
        done
    }

    fn settle_if_due(&self, writer: &mut Writer) {
        let head = writer.mirror.head.as_ref();
        let due = head.is_some_and(|head| {
            head.generation().saturating_sub(head.settled.generation) >= SETTLE_AFTER
        });
        if due {
            // What cannot be done now is done later; nothing depends on it.
            drop(super::upkeep::settle(&self.folder, writer, self.patience, Log::Reused));
        }
    }

    /// Takes the lock, for which the folder is made when it is not there.
    pub(super) fn enter(&self) -> Result<Entered<'_>, StoreError> {
        self.folder.check_placement()?;
        let turn = self.turns.take(self.patience).ok_or_else(|| StoreError::Lock {
            path: self.folder.at(layout::LOCK),
            source: ErrorKind::TimedOut.into(),
        })?;
        let mut entered =
            Entered { held: None, folder: &self.folder, made: Vec::new(), _turn: turn };
        loop {
            entered.make_folder()?;
            match self.folder.lock(self.patience) {
                // Somebody whose change was refused just removed the folder.
                Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                held => {
                    entered.held = Some(held?);
                    return Ok(entered);
                }
            }
        }
    }

    pub(super) fn check_not_in_transaction(&self) -> Result<(), StoreError> {
        let inside = TRANSACTIONS.with_borrow(|all| all.contains(&self.folder.path));
        if inside {
            Err(StoreError::InTransaction { env_id: self.folder.env_id.clone() })
        } else {
            Ok(())
        }
    }

    pub(super) fn transact<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Locked<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.check_not_in_transaction()?;
        let _entered = self.enter()?;
        let _inside = Inside::enter(self.folder.path.clone());
        let recorded = match self.snapshot() {
            Err(StoreError::NotFound { .. }) => EnvSnapshot::absent(self.folder.env_id.clone()),
            snapshot => snapshot?,
        };
        let locked = Locked::new(&self.folder.env_id, &recorded, &self.ports)?;
        let answer = work(&locked)?;
        if let Some(command) = locked.into_command() {
            let pending = Pending::new(&self.folder.env_id, Request::new(command), &self.ports)?;
            self.run(&pending)?;
        }
        Ok(answer)
    }

    pub(super) fn history(&self, page: HistoryPage) -> Result<Vec<CommitInfo>, StoreError> {
        let before = page.before.unwrap_or(u64::MAX);
        self.read_journal(|transaction| {
            let rows = transaction.before(before, page.limit)?;
            let info = |row: super::journal::CommitRow| {
                Ok(CommitInfo {
                    generation: row.generation,
                    parent: row.parent,
                    etag: row.etag.map(greentic_deploy_spec::StateEtag),
                    event: transaction.parse(&row.event)?,
                })
            };
            rows.into_iter().map(info).collect()
        })
        .map(Option::unwrap_or_default)
    }

    pub(super) fn at(&self, generation: u64) -> Result<EnvSnapshot, StoreError> {
        let env_id = &self.folder.env_id;
        let found = self.read_journal(|transaction| Head::at(env_id, transaction, generation))?;
        found.ok_or(StoreError::GenerationNotKept { generation, oldest: 0, newest: 0 })
    }

    /// Reads the journal; none when the environment has none yet.
    pub(super) fn read_journal<T>(
        &self,
        read: impl FnOnce(&super::journal::Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut reader = self.reader();
        let journal = reader.mirror.open(&self.folder, Access::Read, self.patience)?;
        if let Some(journal) = journal {
            return read(&journal.transaction(Access::Read)?).map(Some);
        }
        drop(reader);
        // Without a journal there is an environment without history, or none.
        self.snapshot().map(|_| None)
    }

    /// Makes files as safe on the disk as the journal is, when this process committed something
    /// and nobody else is at work.
    fn settle_at_end(&self) {
        let head = self.writer().mirror.head.clone();
        let wrote = head.is_some_and(|head| {
            head.generation() > head.settled.generation || self.folder.has_log().unwrap_or(false)
        });
        if wrote && let Ok(_held) = self.folder.lock(Duration::ZERO) {
            let mut writer = self.writer();
            // What cannot be done now is done by the next change.
            drop(super::upkeep::settle(&self.folder, &mut writer, Duration::ZERO, Log::Emptied));
        }
    }
}

impl Drop for LocalEnvironment {
    fn drop(&mut self) {
        self.settle_at_end();
    }
}

/// The lock of an environment is held. When it is dropped, folders that were made for it and that
/// nothing was committed to are removed.
pub(super) struct Entered<'a> {
    held: Option<Held>,
    folder: &'a Folder,
    /// Folders that were made, the outermost first.
    made: Vec<PathBuf>,
    /// Ends after the lock, which is freed by [`Drop`].
    _turn: Turn<'a>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // Without the lock, files there are those of somebody else who is at work.
        let unused = self.held.is_some()
            && !self.made.is_empty()
            && matches!(self.folder.stat(layout::ENVIRONMENT), Ok(None))
            && !self.is_committed();
        if unused {
            // Best effort: an empty folder is no environment.
            for file in [layout::JOURNAL].into_iter().chain(layout::JOURNAL_SIDE_FILES) {
                drop(self.folder.remove(file));
            }
            drop(self.folder.remove(layout::LOCK));
        }
        if unused || self.held.is_none() {
            // Only those that are empty go.
            for folder in self.made.iter().rev() {
                drop(self.folder.files.remove_dir(folder));
            }
        }
        self.held = None;
    }
}

impl Entered<'_> {
    /// Makes the environment's folder and those that lead to it, as far as they are missing. Their
    /// names are safe on the disk before anything is committed in them.
    fn make_folder(&mut self) -> Result<(), StoreError> {
        if self.folder.is_there()? {
            return Ok(());
        }
        let ancestors = self.folder.path.ancestors();
        let missing: Vec<_> =
            ancestors.take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
        for path in missing.into_iter().rev() {
            // It may be there although the answer is an error.
            self.made.push(path.to_owned());
            self.folder.io("make", path, self.folder.files.create_dir(path))?;
            let above = path.parent().filter(|above| !above.as_os_str().is_empty());
            self.folder.sync(above.unwrap_or(Path::new(".")))?;
        }
        Ok(())
    }

    /// Whether the journal has tables: they come with the first commit.
    fn is_committed(&self) -> bool {
        let path = self.folder.journal();
        let there = self.folder.stat(layout::JOURNAL).ok().flatten();
        there.is_some_and(|stat| stat.size > 0) && {
            let env_id = &self.folder.env_id;
            let opened = super::journal::Journal::open(&path, env_id, Access::Read, Duration::ZERO);
            // What cannot be read is not removed.
            !matches!(opened, Ok(None))
        }
    }
}

/// A thread is inside of a transaction until this is dropped.
struct Inside {
    path: PathBuf,
}

impl Inside {
    fn enter(path: PathBuf) -> Self {
        TRANSACTIONS.with_borrow_mut(|all| all.push(path.clone()));
        Self { path }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        TRANSACTIONS.with_borrow_mut(|all| all.retain(|path| *path != self.path));
    }
}

/// A command that several are made into.
pub(super) fn batch(mut commands: Vec<Command>) -> Option<Command> {
    match commands.len() {
        0 | 1 => commands.pop(),
        _ => Some(Command::Batch(commands)),
    }
}
