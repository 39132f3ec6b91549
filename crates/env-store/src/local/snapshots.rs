//! Snapshots of an environment inside its folder, in the layout of the public tools.

use std::collections::BTreeMap;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    CapabilitySlot, Document, DocumentError, DocumentType, EnvId, RestoreMode, Snapshot, parse_json,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::environment::LocalEnvironment;
use super::folder::Folder;
use super::{LocalFsStore, layout, projection};
use crate::backup::BackupError;
use crate::files::FileKind;
use crate::{Committed, EnvironmentMutations, EnvironmentReads, Request, StoreError};

const MANIFEST_SCHEMA: &str = "greentic.snapshot-manifest.v1";
const MANIFEST: &str = "manifest.json";

/// A snapshot that is kept in an environment's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// Its id, a ULID: sorted by it, snapshots are sorted by age.
    pub id: String,
    /// The files that it has, relative to the environment's folder.
    pub files: Vec<String>,
}

/// What a snapshot has, in the public format: absence is meaningful.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Manifest {
    schema: String,
    env_id: EnvId,
    files: BTreeMap<String, bool>,
}

impl DocumentType for Manifest {
    const NAME: &'static str = "SnapshotManifest";
}

impl LocalFsStore {
    /// Keeps the environment, its runtime and its pack answers as they are now in
    /// `snapshots/<id>/`. What is trusted and secrets stay out of it. It is safe on the disk when
    /// this returns.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why it cannot be read or written.
    pub fn take_snapshot(&self, env_id: &EnvId) -> Result<SnapshotInfo, StoreError> {
        let environment = self.environment(env_id)?;
        let mut state =
            greentic_deploy_spec::engine::EnvState::clone(self.snapshot(env_id)?.state());
        state.trust_root = None;
        state.routing = None;
        let mut contents = projection::render(None, &state)?;
        // Not even as absent: whoever restores a snapshot makes absent what it says is absent.
        contents.remove(layout::TRUST_ROOT);
        contents.remove(layout::ROUTING);
        environment.check_not_in_transaction()?;
        // Without the lock, `compact` would take the files for those of one that was interrupted.
        let _entered = environment.enter()?;
        environment.write_snapshot(contents)
    }

    /// The snapshots that are kept, oldest first. One that was interrupted is none.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub fn snapshots(&self, env_id: &EnvId) -> Result<Vec<SnapshotInfo>, StoreError> {
        let environment = self.environment(env_id)?;
        let mut ids = environment.folder.names(layout::SNAPSHOTS)?;
        ids.sort();
        let mut all = Vec::new();
        for id in ids {
            match environment.manifest(&id) {
                Ok(Some(manifest)) => {
                    let there = manifest.files.into_iter().filter(|(_, there)| *there);
                    all.push(SnapshotInfo { id, files: there.map(|(file, _)| file).collect() });
                }
                // One that is broken does not hide the others; restoring it tells why.
                Ok(None) | Err(StoreError::Backup(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// Brings the environment back to a snapshot, as one commit. The request's command is not
    /// looked at.
    ///
    /// # Errors
    /// [`StoreError::Backup`] when it is not whole, [`StoreError::NotFound`]; else as
    /// [`EnvironmentMutations::execute`].
    pub fn restore_snapshot(
        &self,
        env_id: &EnvId,
        id: &str,
        request: Request,
    ) -> Result<Committed, StoreError> {
        let snapshot = Box::new(self.environment(env_id)?.read_snapshot(id)?);
        let command = Command::Restore { mode: RestoreMode::Backup, snapshot };
        self.execute(env_id, Request { command, ..request })
    }
}

impl LocalEnvironment {
    fn write_snapshot(&self, contents: projection::Contents) -> Result<SnapshotInfo, StoreError> {
        let folder = &self.folder;
        let id = folder.ids.ulid().to_string();
        let place = |file: &str| format!("{}/{id}/{file}", layout::SNAPSHOTS);
        let mut files = BTreeMap::new();
        for slot in CapabilitySlot::ALL {
            files.insert(layout::answers(*slot), false);
        }
        for (file, bytes) in &contents {
            files.insert(file.clone(), bytes.is_some());
            if let Some(bytes) = bytes {
                self.write_kept(&place(file), bytes)?;
            }
        }
        let there = files.iter().filter(|(_, there)| **there).map(|(file, _)| file.clone());
        let info = SnapshotInfo { id: id.clone(), files: there.collect() };
        let env_id = folder.env_id.clone();
        let manifest = Manifest { schema: MANIFEST_SCHEMA.to_owned(), env_id, files };
        let text = Document::new(manifest).and_then(|manifest| manifest.to_pretty());
        let text = text.map_err(|error| StoreError::from_rejection(error.into()))?;
        // A snapshot is one once it has its manifest.
        self.write_kept(&place(MANIFEST), text.as_bytes())?;
        Ok(info)
    }

    fn write_kept(&self, file: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.folder.at(file);
        self.folder.make_parents(file)?;
        // A manifest that a crash cut would stand for a snapshot that is none.
        self.folder.io("write", &path, self.folder.replace(file, bytes))?;
        self.folder.settle_all(file)
    }

    fn manifest(&self, id: &str) -> Result<Option<Manifest>, StoreError> {
        if ulid::Ulid::from_string(id).is_err() {
            return Ok(None);
        }
        let file = format!("{}/{id}/{MANIFEST}", layout::SNAPSHOTS);
        let Some(bytes) = self.folder.read(&file)? else { return Ok(None) };
        let manifest = Document::<Manifest>::from_json(&bytes).map_err(BackupError::from)?;
        let manifest = manifest.into_typed();
        if manifest.schema != MANIFEST_SCHEMA {
            let (expected, actual) = (MANIFEST_SCHEMA, manifest.schema);
            let error = greentic_deploy_spec::SpecError::SchemaMismatch { expected, actual };
            return Err(BackupError::Schema(error).into());
        }
        if manifest.env_id != self.folder.env_id {
            let (expected, found) = (self.folder.env_id.clone(), manifest.env_id);
            return Err(BackupError::OtherEnvironment { expected, found }.into());
        }
        Ok(Some(manifest))
    }

    fn read_snapshot(&self, id: &str) -> Result<Snapshot, StoreError> {
        let missing = |what: &str| {
            let message = format!(
                "snapshot `{id}` is not there or not whole; list the snapshots and choose another"
            );
            let path = self.folder.at(&format!("{}/{id}/{what}", layout::SNAPSHOTS));
            StoreError::Io {
                operation: "read",
                path,
                source: std::io::Error::new(std::io::ErrorKind::NotFound, message),
            }
        };
        let manifest = self.manifest(id)?.ok_or_else(|| missing(MANIFEST))?;
        let read = |file: &str| -> Result<Option<Vec<u8>>, StoreError> {
            if manifest.files.get(file) != Some(&true) {
                return Ok(None);
            }
            let bytes = self.folder.read(&format!("{}/{id}/{file}", layout::SNAPSHOTS))?;
            bytes.map(Some).ok_or_else(|| missing(file))
        };
        let environment = read(layout::ENVIRONMENT)?;
        let environment = environment.ok_or_else(|| missing(layout::ENVIRONMENT))?;
        let mut pack_answers = BTreeMap::new();
        for slot in CapabilitySlot::ALL {
            if let Some(bytes) = read(&layout::answers(*slot))? {
                pack_answers.insert(*slot, parse(&bytes)?);
            }
        }
        let runtime = read(layout::RUNTIME)?.map(|bytes| Document::from_json(&bytes)).transpose();
        Ok(Snapshot {
            environment: Document::from_json(&environment).map_err(BackupError::from)?,
            runtime: runtime.map_err(BackupError::from)?,
            pack_answers,
            trusted_key_ids: None,
        })
    }
}

/// Removes what interrupted snapshots left: they have no manifest, which is written last. To be called
/// while the lock is held.
pub(super) fn remove_interrupted(
    folder: &Folder,
    removed: &mut Vec<String>,
) -> Result<(), StoreError> {
    for id in folder.names(layout::SNAPSHOTS)? {
        let place = format!("{}/{id}", layout::SNAPSHOTS);
        let manifest = folder.stat(&format!("{place}/{MANIFEST}"))?;
        if manifest.is_none() && ulid::Ulid::from_string(&id).is_ok() {
            remove_tree(folder, &place, removed)?;
        }
    }
    Ok(())
}

/// Removes a file, or a folder with all that is in it. A link is removed, not what it leads to.
pub(super) fn remove_tree(
    folder: &Folder,
    place: &str,
    removed: &mut Vec<String>,
) -> Result<(), StoreError> {
    let path = folder.at(place);
    if folder.stat(place)?.is_none_or(|stat| stat.kind != FileKind::Folder) {
        folder.io("remove", &path, folder.remove(place))?;
        removed.push(place.to_owned());
        return Ok(());
    }
    for name in folder.all_names(place)? {
        remove_tree(folder, &format!("{place}/{name}"), removed)?;
    }
    // A folder with something that has no name in text stays; it is in nobody's way.
    drop(folder.files.remove_dir(&path));
    Ok(())
}

fn parse(bytes: &[u8]) -> Result<Value, BackupError> {
    parse_json(bytes).map_err(|error| BackupError::Document(DocumentError::from(error)))
}
