use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use greentic_deploy_spec::{
    BundleId, EnvId, LockedPack, PackConfig, PackId, PackListEntry, PackListLock, RevisionId,
    SchemaVersion, SemVer,
};
use serde::Serialize;

use super::error::RevisionFolderError as Error;
use super::folder::config_digest;
use super::place::packs_below;
use super::{
    BUNDLE_FOLDER, CONFIGS_FOLDER, IMAGE_NAME, LOCK_NAME, REVISIONS, SIGNATURE_NAME, config_input,
    reference,
};
use crate::bundle::{Bundle, BundleImage};
use crate::digest::Digest;
use crate::error::EntryProblem;
use crate::limits::Limits;

/// Folders whose names start with it are not finished, or no longer wanted. Nobody reads them.
const UNFINISHED: &str = ".staging-";
const REPLACED: &str = ".staging-replaced-";
const STAGING_LOCK: &str = ".staging.lock";
/// How often, and how long each time, another process is waited for.
const ATTEMPTS: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

/// What a bundle is staged for.
#[derive(Clone, Copy, Debug)]
pub struct StageTarget<'a> {
    /// The revision that it becomes.
    pub revision_id: RevisionId,
    /// The environment, for which the bundle's configuration must be made.
    pub env_id: &'a EnvId,
    /// The bundle as the environment calls it.
    pub bundle_id: &'a BundleId,
}

/// What was staged, as the environment records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedRevision {
    /// The digest of the bundle.
    pub bundle_digest: Digest,
    /// The packs that run.
    pub pack_list: Vec<PackListEntry>,
    /// The lock of the packs, below the environment's folder.
    pub pack_list_lock_ref: PathBuf,
    /// The configuration of packs, below the environment's folder.
    pub pack_config_refs: Vec<PathBuf>,
    /// The digest of the configuration.
    pub config_digest: String,
    /// Where the bundle's detached signature is, when it has one; below the environment's folder.
    pub signature_sidecar_ref: PathBuf,
}

impl StagedRevision {
    /// What [`StagingArea::stage`] would record. Writes nothing.
    ///
    /// # Errors
    /// [`RevisionFolderError`](Error) with what is wrong with the bundle.
    pub fn of(
        image: &BundleImage,
        target: &StageTarget<'_>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        Ok(Contents::of(image, target, limits)?.staged)
    }
}

/// What a sweep removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sweep {
    /// Revisions that nothing records.
    pub orphaned: Vec<RevisionId>,
    /// Folders that were never finished, by their names.
    pub unfinished: Vec<String>,
}

/// The folders of staged revisions of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StagedFolders {
    /// Revisions that have a folder.
    pub revisions: Vec<RevisionId>,
    /// Folders that are not finished, by their names.
    pub unfinished: Vec<String>,
}

/// The sole right to stage into an environment, as long as this value lives.
///
/// Whoever has it also commits what refers to the folder before letting go of it; then no folder is replaced or swept between
/// being made and being recorded. The right ends with the process at the latest.
#[derive(Debug)]
pub struct StagingArea {
    env_root: PathBuf,
    limits: Limits,
    // Held, not read: the lock ends when the file is closed.
    _lock: File,
}

impl StagingArea {
    /// Waits up to a minute for the right to stage, and removes what an earlier attempt did not finish. `env_root` is the folder
    /// of the environment.
    ///
    /// # Errors
    /// [`RevisionFolderError::Busy`](Error::Busy), or when the folder cannot be written.
    pub fn enter(env_root: &Path, limits: &Limits) -> Result<Self, Error> {
        let folder = env_root.join(REVISIONS);
        let found = fs::symlink_metadata(&folder);
        if found.as_ref().is_ok_and(fs::Metadata::is_symlink) {
            let (file, problem) = (REVISIONS.to_owned(), EntryProblem::Symlink);
            return Err(Error::Unsafe { file, problem });
        }
        let is_new = found.is_err();
        fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        if is_new {
            sync(env_root)?;
        }
        let area = Self {
            env_root: env_root.to_owned(),
            limits: limits.clone(),
            _lock: lock(&folder.join(STAGING_LOCK))?,
        };
        area.remove_unfinished()?;
        Ok(area)
    }

    /// Makes the folder of a revision out of a bundle. It is on the disk when this returns.
    ///
    /// A folder that has exactly this content already stays. One that has not gives way: the caller made sure that nothing
    /// records it with another content.
    ///
    /// # Errors
    /// [`RevisionFolderError`](Error) with what is wrong with the bundle, or when the folder cannot be written; then nothing is
    /// left of it.
    pub fn stage(
        &self,
        image: &BundleImage,
        target: &StageTarget<'_>,
    ) -> Result<StagedRevision, Error> {
        let contents = Contents::of(image, target, &self.limits)?;
        let folder = self.folder(target.revision_id);
        if !contents.is_in(&folder, &self.limits) {
            let unfinished = self.named(UNFINISHED, target.revision_id);
            let made = contents.write(&unfinished).and_then(|()| sync_tree(&unfinished));
            if let Err(error) = made.and_then(|()| self.put(&unfinished, target.revision_id)) {
                drop(remove(&unfinished));
                return Err(error);
            }
        }
        sync(&self.env_root.join(REVISIONS))?;
        Ok(contents.staged)
    }

    /// Removes the folders of revisions that nothing records.
    ///
    /// # Errors
    /// [`RevisionFolderError::Io`](Error::Io).
    pub fn sweep(&self, recorded: &BTreeSet<RevisionId>) -> Result<Sweep, Error> {
        let unfinished = self.remove_unfinished()?;
        let staged = StagedFolders::list(&self.env_root)?.revisions;
        let orphaned: Vec<_> = staged.into_iter().filter(|id| !recorded.contains(id)).collect();
        orphaned.iter().try_for_each(|revision_id| self.discard(*revision_id))?;
        Ok(Sweep { orphaned, unfinished })
    }

    /// Removes the folder of a revision that nothing records, or records any more. One that is not there is removed already.
    ///
    /// # Errors
    /// [`RevisionFolderError::Io`](Error::Io).
    pub fn discard(&self, revision_id: RevisionId) -> Result<(), Error> {
        let (folder, replaced) = (self.folder(revision_id), self.named(REPLACED, revision_id));
        if fs::symlink_metadata(&folder).is_err() {
            return Ok(());
        }
        // Under another name first, so that half a folder never has the name of a whole one.
        rename(&folder, &replaced)?;
        remove(&replaced)
    }

    fn folder(&self, revision_id: RevisionId) -> PathBuf {
        self.env_root.join(REVISIONS).join(revision_id.to_string())
    }

    fn named(&self, prefix: &str, revision_id: RevisionId) -> PathBuf {
        self.env_root.join(REVISIONS).join(format!("{prefix}{revision_id}"))
    }

    /// Nobody else is at work here, so that whatever is not finished was given up.
    fn remove_unfinished(&self) -> Result<Vec<String>, Error> {
        let unfinished = StagedFolders::list(&self.env_root)?.unfinished;
        for name in &unfinished {
            remove(&self.env_root.join(REVISIONS).join(name))?;
        }
        Ok(unfinished)
    }

    fn put(&self, unfinished: &Path, revision_id: RevisionId) -> Result<(), Error> {
        let (folder, replaced) = (self.folder(revision_id), self.named(REPLACED, revision_id));
        if fs::symlink_metadata(&folder).is_ok() {
            rename(&folder, &replaced)?;
        }
        rename(unfinished, &folder)?;
        remove(&replaced)
    }
}

impl StagedFolders {
    /// Lists what is there. Takes no lock, so that what another process is staging right now is among it.
    ///
    /// # Errors
    /// [`RevisionFolderError::Io`](Error::Io).
    pub fn list(env_root: &Path) -> Result<Self, Error> {
        let folder = env_root.join(REVISIONS);
        let mut found = Self::default();
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            entries => entries.map_err(Error::io("list", &folder))?,
        };
        for entry in entries {
            let name = entry.map_err(Error::io("list", &folder))?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with(UNFINISHED) {
                found.unfinished.push(name.to_owned());
            } else if let Ok(revision_id) = name.parse() {
                found.revisions.push(revision_id);
            }
        }
        found.revisions.sort();
        found.unfinished.sort();
        Ok(found)
    }
}

/// Everything that a revision's folder has, before it is written.
struct Contents<'a> {
    image: &'a BundleImage,
    lock: Vec<u8>,
    /// The configurations by the names of their files.
    configs: Vec<(String, Vec<u8>)>,
    staged: StagedRevision,
}

impl<'a> Contents<'a> {
    fn of(
        image: &'a BundleImage,
        target: &StageTarget<'_>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let revision_id = target.revision_id;
        let (locked, pack_list) = packs_of(image.bundle(), revision_id)?;
        let known = pack_list.iter().map(|pack| pack.pack_id.to_string()).collect();
        let configs = config_input::read(image.bundle(), &known, target, limits)?;
        let lock = PackListLock {
            schema: SchemaVersion::from(PackListLock::schema_str()),
            revision_id,
            packs: locked,
        };
        let config_files: Vec<_> = configs.iter().map(config_file).collect();
        let config_ref = |(name, _): &(String, Vec<u8>)| {
            PathBuf::from(reference(revision_id, &format!("{CONFIGS_FOLDER}/{name}")))
        };
        let staged = StagedRevision {
            bundle_digest: image.digest().clone(),
            pack_list,
            pack_list_lock_ref: reference(revision_id, LOCK_NAME).into(),
            pack_config_refs: config_files.iter().map(config_ref).collect(),
            config_digest: config_digest(configs.iter()),
            signature_sidecar_ref: reference(revision_id, SIGNATURE_NAME).into(),
        };
        Ok(Self { image, lock: pretty(&lock), configs: config_files, staged })
    }

    /// The files beside the unpacked bundle, in the order in which they are written.
    fn files(&self) -> Vec<(PathBuf, &[u8])> {
        let mut files = vec![(PathBuf::from(IMAGE_NAME), self.image.bytes())];
        files.extend(self.image.signature().map(|bytes| (PathBuf::from(SIGNATURE_NAME), bytes)));
        for (name, bytes) in &self.configs {
            files.push((Path::new(CONFIGS_FOLDER).join(name), bytes));
        }
        files.push((PathBuf::from(LOCK_NAME), &self.lock));
        files
    }

    /// Tells whether a folder has this content. One that cannot be read has not.
    fn is_in(&self, folder: &Path, limits: &Limits) -> bool {
        let is_real = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
        if !is_real(folder) {
            return false;
        }
        let bundle = Path::new(BUNDLE_FOLDER);
        let unpacked = self.image.bundle().files();
        let unpacked = unpacked.map(|(name, bytes)| (bundle.join(name), &**bytes));
        let same = |(name, bytes): (PathBuf, &[u8])| {
            Digest::of_file(&folder.join(name)).is_ok_and(|found| found == Digest::of(bytes))
        };
        let packs = self.staged.pack_list.len();
        self.files().into_iter().chain(unpacked).all(same)
            && packs_below(&folder.join(bundle), limits).is_ok_and(|found| found.len() <= packs)
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        remove(folder)?;
        let configs = folder.join(CONFIGS_FOLDER);
        fs::create_dir_all(&configs).map_err(Error::io("create", &configs))?;
        for (name, bytes) in self.files() {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(Error::io("write", &path))?;
        }
        self.image.bundle().extract(folder.join(BUNDLE_FOLDER)).map_err(Error::pack(None))
    }
}

/// The packs that run, for the lock and for the environment. Each of them is opened, so that one that cannot be read is
/// refused before anything is written.
fn packs_of(
    bundle: &Bundle,
    revision_id: RevisionId,
) -> Result<(Vec<LockedPack>, Vec<PackListEntry>), Error> {
    let mut seen = BTreeSet::new();
    let (mut locked, mut list) = (Vec::new(), Vec::new());
    for pack in bundle.packs().iter().filter(|pack| pack.is_for_runtime()) {
        let fail = Error::pack(Some(pack.path()));
        let pack_id = PackId::from(pack.stem());
        if !seen.insert(pack.stem().to_lowercase()) {
            return Err(Error::DuplicatePack { file: "the bundle".to_owned(), pack_id: pack_id.0 });
        }
        let version = SemVer(bundle.open_pack(pack).map_err(fail)?.manifest().version.clone());
        let digest = pack.digest().to_string();
        locked.push(LockedPack {
            pack_id: pack_id.clone(),
            path: reference(revision_id, &format!("{BUNDLE_FOLDER}/{}", pack.path())).into(),
            digest: digest.clone(),
        });
        list.push(PackListEntry { pack_id, version, digest, source_uri: None });
    }
    if list.is_empty() { Err(Error::NoPacks) } else { Ok((locked, list)) }
}

fn config_file(config: &PackConfig) -> (String, Vec<u8>) {
    (format!("{}.json", config.pack_id), pretty(config))
}

/// Documents of plain values always have a JSON form.
fn pretty(document: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(document).unwrap_or_default();
    text.push(b'\n');
    text
}

fn lock(path: &Path) -> Result<File, Error> {
    let fail = |source| Error::io("lock", path)(source);
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(fail)?;
    for _ in 0..ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
    }
    Err(Error::Busy)
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(Error::io("rename", from))
}

/// Removes a folder, or whatever is in its place; one that is not there is removed already.
fn remove(path: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::io("sync", path))
}

/// Brings a folder that was just written to the disk, the folders after what is in them.
fn sync_tree(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let kind = entry.file_type().map_err(Error::io("list", folder))?;
        if kind.is_dir() { sync_tree(&entry.path())? } else { sync(&entry.path())? }
    }
    sync(folder)
}
