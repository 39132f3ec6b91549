//! The newest generation, kept in memory between calls and brought up to date from the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::{EnvId, StateEtag};

use super::journal::{CommitRow, Files, Rebuild, RebuildError, Settled, Transaction};
use crate::{EnvSnapshot, StoreError};

/// The newest generation of an environment.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) snapshot: EnvSnapshot,
    /// The digest that each file has once it shows this generation.
    pub(super) files: Arc<BTreeMap<String, String>>,
    pub(super) settled: Settled,
    /// The key of the newest commit: another one at the same generation means another journal.
    pub(super) key: String,
    /// Bytes of documents in the last commit that stands on its own, and in those after it.
    pub(super) whole_bytes: usize,
    pub(super) patch_bytes: usize,
}

impl Head {
    /// Nothing was ever committed.
    pub(super) fn nothing(env_id: &EnvId) -> Self {
        Self {
            snapshot: EnvSnapshot::absent(env_id.clone()),
            files: Arc::default(),
            settled: Settled::default(),
            key: String::new(),
            whole_bytes: 0,
            patch_bytes: 0,
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.snapshot.generation()
    }

    pub(super) fn state(&self) -> &Arc<EnvState> {
        self.snapshot.state()
    }

    /// Whether the next commit should stand on its own: reading back must not cost much more than
    /// reading the documents, and small changes must not cost a whole document each.
    pub(super) fn wants_whole(&self) -> bool {
        self.generation() == 0 || self.patch_bytes > (self.whole_bytes / 4).max(SMALL)
    }

    /// The head that the journal has now. `known` saves reading what it already covers.
    pub(super) fn read(
        env_id: &EnvId,
        transaction: &Transaction<'_>,
        known: Option<&Arc<Self>>,
    ) -> Result<Arc<Self>, StoreError> {
        let Some(newest) = transaction.newest()? else {
            return Ok(Arc::new(Self::nothing(env_id)));
        };
        let settled = transaction.settled()?;
        let known = known.filter(|known| known.generation() > 0 && known.generation() <= newest);
        if let Some(known) = known
            && let Some(head) = Self::catch_up(env_id, transaction, known, newest, settled)?
        {
            return Ok(head);
        }
        let base = transaction.base_of(newest)?;
        let base = base.ok_or_else(|| transaction.journal().damaged("no commit is whole"))?;
        let mut reader = Reader::new(transaction, Self::nothing(env_id));
        transaction.each(base, newest, |row| reader.add(row))?;
        reader.finish(env_id, settled).map(Arc::new)
    }

    /// None when what is known is of another journal.
    fn catch_up(
        env_id: &EnvId,
        transaction: &Transaction<'_>,
        known: &Arc<Self>,
        newest: u64,
        settled: Settled,
    ) -> Result<Option<Arc<Self>>, StoreError> {
        if transaction.key_of(known.generation())?.as_ref() != Some(&known.key) {
            return Ok(None);
        }
        if known.generation() == newest {
            let same = known.settled == settled;
            let head = || Arc::new(Self { settled, ..Self::clone(known) });
            return Ok(Some(if same { Arc::clone(known) } else { head() }));
        }
        let mut reader = Reader::new(transaction, Self::clone(known));
        transaction.each(known.generation() + 1, newest, |row| reader.add(row))?;
        reader.finish(env_id, settled).map(|head| Some(Arc::new(head)))
    }

    /// Everything as it was right after a commit that is kept.
    pub(super) fn at(
        env_id: &EnvId,
        transaction: &Transaction<'_>,
        generation: u64,
    ) -> Result<EnvSnapshot, StoreError> {
        let oldest = transaction.oldest()?.unwrap_or_default();
        let newest = transaction.newest()?.unwrap_or_default();
        let base = transaction.base_of(generation)?;
        let Some(base) = base.filter(|_| (oldest.max(1)..=newest).contains(&generation)) else {
            return Err(StoreError::GenerationNotKept { generation, oldest, newest });
        };
        let mut reader = Reader::new(transaction, Self::nothing(env_id));
        transaction.each(base, generation, |row| reader.add(row))?;
        Ok(reader.finish(env_id, Settled::default())?.snapshot)
    }
}

/// Below so many bytes, documents are not worth writing anew.
pub(super) const SMALL: usize = 64 * 1024;

/// Reads commits onto a head.
struct Reader<'t> {
    transaction: &'t Transaction<'t>,
    head: Head,
    rebuild: Rebuild,
    last: Option<(u64, Option<String>)>,
}

impl<'t> Reader<'t> {
    fn new(transaction: &'t Transaction<'t>, head: Head) -> Self {
        let rebuild = Rebuild::from(EnvState::clone(head.state()));
        Self { transaction, head, rebuild, last: None }
    }

    fn add(&mut self, row: CommitRow) -> Result<(), StoreError> {
        let changes = self.transaction.parse_changes(&row.documents)?;
        let files: Files = self.transaction.parse(&row.files)?;
        if row.whole {
            self.rebuild.restart();
            self.head.files = Arc::default();
            (self.head.whole_bytes, self.head.patch_bytes) = (row.documents.len(), 0);
        } else {
            self.head.patch_bytes += row.documents.len();
        }
        self.rebuild.apply(changes).map_err(|error| self.broken(row.generation, &error))?;
        merge(Arc::make_mut(&mut self.head.files), files);
        self.head.key = row.key;
        self.last = Some((row.generation, row.etag));
        Ok(())
    }

    fn broken(&self, generation: u64, error: &RebuildError) -> StoreError {
        self.transaction.journal().damaged(format!("generation {generation}: {error}"))
    }

    fn finish(self, env_id: &EnvId, settled: Settled) -> Result<Head, StoreError> {
        let Self { transaction, mut head, rebuild, last } = self;
        head.settled = settled;
        let Some((generation, etag)) = last else { return Ok(head) };
        let state = rebuild.finish().map_err(|error| {
            transaction.journal().damaged(format!("generation {generation}: {error}"))
        })?;
        let etag = etag.map(StateEtag);
        head.snapshot = EnvSnapshot::new(env_id.clone(), generation, etag, Arc::new(state));
        Ok(head)
    }
}

/// Brings the digests of files up to date.
pub(super) fn merge(known: &mut BTreeMap<String, String>, changed: Files) {
    for (file, digest) in changed {
        match digest {
            Some(digest) => drop(known.insert(file, digest)),
            None => drop(known.remove(&file)),
        }
    }
}
