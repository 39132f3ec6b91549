use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use greentic_deploy_spec::{
    PackConfig, PackListLock, Revision, RevisionId, SchemaVersion, canonical_value, sha256_hex,
};
use serde_json::{Value, json};

use super::error::RevisionFolderError as Error;
use super::place::{Place, packs_below};
use super::{BUNDLE_FOLDER, IMAGE_NAME, reference};
use crate::digest::Digest;
use crate::limits::Limits;
use crate::manifest::field;

/// A pack of a staged revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedPack {
    /// Its id in the environment: the name of its file without `.gtpack`.
    pub pack_id: String,
    /// Its file.
    pub path: PathBuf,
    /// The digest that the file must have, `sha256:<hex>`. Who loads the file checks it, as with
    /// [`crate::Pack::open_pinned`].
    pub digest: String,
}

/// The folder of a staged revision, as far as its documents go: no pack is opened.
#[derive(Clone, Debug)]
pub struct RevisionFolder {
    env_root: PathBuf,
    revision_id: RevisionId,
    bundle_digest: String,
    config_digest: String,
    lock_ref: PathBuf,
    limits: Limits,
    packs: Vec<StagedPack>,
    configs: BTreeMap<String, PackConfig>,
}

impl RevisionFolder {
    /// Reads what was staged for a revision. `env_root` is the folder of its environment.
    ///
    /// What is named is there, within the environment's folder, without links; the lock lists the packs and digests that the
    /// environment records. Whether the files are still those that were staged is what [`RevisionFolder::verify`] tells.
    ///
    /// # Errors
    /// [`RevisionFolderError`](super::RevisionFolderError) with the file.
    pub fn open(env_root: &Path, revision: &Revision, limits: &Limits) -> Result<Self, Error> {
        let revision_id = revision.revision_id;
        if revision.pack_list_lock_ref.as_os_str().is_empty() {
            return Err(Error::NoPackList { revision_id });
        }
        let place = Place { env_root, revision_id, limits };
        let lock = read_lock(&place, &revision.pack_list_lock_ref)?;
        check_recorded(&lock, revision)?;
        let mut packs = Vec::new();
        for pack in lock.packs {
            let path = place.file(&pack.path)?;
            packs.push(StagedPack { pack_id: pack.pack_id.0, path, digest: pack.digest });
        }
        Ok(Self {
            env_root: env_root.to_owned(),
            revision_id,
            bundle_digest: revision.bundle_digest.clone(),
            config_digest: revision.config_digest.clone(),
            lock_ref: revision.pack_list_lock_ref.clone(),
            limits: limits.clone(),
            packs,
            configs: read_configs(&place, &revision.pack_config_refs)?,
        })
    }

    /// The revision.
    #[must_use]
    pub fn revision_id(&self) -> RevisionId {
        self.revision_id
    }

    /// The packs that run, in the order of the lock.
    #[must_use]
    pub fn packs(&self) -> &[StagedPack] {
        &self.packs
    }

    /// The configuration of packs by the ids that the bundle gives them.
    #[must_use]
    pub fn configs(&self) -> &BTreeMap<String, PackConfig> {
        &self.configs
    }

    /// The folder with the unpacked bundle.
    #[must_use]
    pub fn bundle_folder(&self) -> PathBuf {
        self.env_root.join(reference(self.revision_id, BUNDLE_FOLDER))
    }

    /// Checks that every pack, the bundle and the configuration are those that were staged, and that the lock lists every pack
    /// of the bundle.
    ///
    /// # Errors
    /// [`RevisionFolderError`](super::RevisionFolderError) with the first file that is not as it was.
    pub fn verify(&self) -> Result<(), Error> {
        for pack in &self.packs {
            check_digest(&pack.path, &self.name_of(pack), &pack.digest)?;
        }
        self.check_complete()?;
        let place =
            Place { env_root: &self.env_root, revision_id: self.revision_id, limits: &self.limits };
        let image = reference(self.revision_id, IMAGE_NAME);
        check_digest(&place.file(Path::new(&image))?, &image, &self.bundle_digest)?;
        self.verify_configs()
    }

    /// The file of a pack below the environment's folder.
    fn name_of(&self, pack: &StagedPack) -> String {
        let below = pack.path.strip_prefix(&self.env_root).unwrap_or(&pack.path);
        below.display().to_string()
    }

    fn check_complete(&self) -> Result<(), Error> {
        let folder = self.bundle_folder();
        if fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_symlink()) {
            let file = reference(self.revision_id, BUNDLE_FOLDER);
            return Err(Error::Unsafe { file, problem: crate::EntryProblem::Symlink });
        }
        let listed: BTreeSet<_> = self.packs.iter().map(|pack| self.name_of(pack)).collect();
        let unlisted: Vec<_> = packs_below(&folder, &self.limits)?
            .iter()
            .map(|name| reference(self.revision_id, &format!("{BUNDLE_FOLDER}/{name}")))
            .filter(|file| !listed.contains(file))
            .collect();
        if unlisted.is_empty() {
            return Ok(());
        }
        Err(Error::Incomplete { file: self.lock_ref.display().to_string(), unlisted })
    }

    /// Checks that the configuration is the one that was staged. It is enough for whoever loads a revision: packs are checked when
    /// they are opened. Older tools record a placeholder instead of a digest; against that nothing can be checked.
    ///
    /// # Errors
    /// [`RevisionFolderError::Changed`](super::RevisionFolderError::Changed).
    pub fn verify_configs(&self) -> Result<(), Error> {
        let Ok(expected) = self.config_digest.parse::<Digest>() else { return Ok(()) };
        let actual = config_digest(self.configs.values());
        if actual == expected.to_string() {
            return Ok(());
        }
        let file = reference(self.revision_id, super::CONFIGS_FOLDER);
        Err(Error::Changed { file, expected: expected.to_string(), actual })
    }
}

fn check_digest(path: &Path, file: &str, expected: &str) -> Result<(), Error> {
    let digest: Digest = expected
        .parse()
        .map_err(|_| Error::NoDigest { file: file.to_owned(), text: expected.to_owned() })?;
    let actual = Digest::of_file(path).map_err(Error::pack(None))?;
    if actual == digest {
        return Ok(());
    }
    let (expected, actual) = (digest.to_string(), actual.to_string());
    Err(Error::Changed { file: file.to_owned(), expected, actual })
}

fn read_lock(place: &Place<'_>, lock_ref: &Path) -> Result<PackListLock, Error> {
    let lock: PackListLock = place.document(lock_ref)?;
    let file = lock_ref.display().to_string();
    check_head(place, &file, (&lock.schema, PackListLock::schema_str()), lock.revision_id)?;
    if lock.packs.is_empty() {
        return Err(Error::NoPackList { revision_id: place.revision_id });
    }
    let mut seen = BTreeSet::new();
    for pack in &lock.packs {
        if !seen.insert(pack.pack_id.as_str()) {
            return Err(Error::DuplicatePack { file, pack_id: pack.pack_id.to_string() });
        }
    }
    Ok(lock)
}

/// Checks what every document of a revision starts with.
fn check_head(
    place: &Place<'_>,
    file: &str,
    (schema, expected): (&SchemaVersion, &'static str),
    found: RevisionId,
) -> Result<(), Error> {
    if schema.as_str() != expected {
        let problem = field("schema", format!("it is `{schema}`; expected `{expected}`"));
        return Err(Error::Document { file: file.to_owned(), problem });
    }
    if found != place.revision_id {
        let expected = place.revision_id;
        return Err(Error::WrongRevision { file: file.to_owned(), expected, found });
    }
    Ok(())
}

/// The lock is a file that anybody could have changed; what the environment records went through the engine.
fn check_recorded(lock: &PackListLock, revision: &Revision) -> Result<(), Error> {
    let listed: BTreeMap<_, _> =
        lock.packs.iter().map(|pack| (pack.pack_id.as_str(), pack.digest.as_str())).collect();
    let recorded: BTreeMap<_, _> = revision
        .pack_list
        .iter()
        .map(|pack| (pack.pack_id.as_str(), pack.digest.as_str()))
        .collect();
    let names: BTreeSet<_> = listed.keys().chain(recorded.keys()).copied().collect();
    let differing: Vec<_> = names
        .into_iter()
        .filter(|name| listed.get(name) != recorded.get(name))
        .map(str::to_owned)
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    Err(Error::LockDiffers { file: revision.pack_list_lock_ref.display().to_string(), differing })
}

fn read_configs(
    place: &Place<'_>,
    references: &[PathBuf],
) -> Result<BTreeMap<String, PackConfig>, Error> {
    let mut configs = BTreeMap::new();
    for config_ref in references {
        let config: PackConfig = place.document(config_ref)?;
        let file = config_ref.display().to_string();
        let schema = (&config.schema, PackConfig::schema_str());
        check_head(place, &file, schema, config.revision_id)?;
        let pack_id = config.pack_id.to_string();
        if configs.insert(pack_id.clone(), config).is_some() {
            return Err(Error::DuplicatePack { file, pack_id });
        }
    }
    Ok(configs)
}

/// A digest of the configuration of all packs. It does not depend on the revision, so that the same configuration always has
/// the same digest.
pub(super) fn config_digest<'c>(configs: impl Iterator<Item = &'c PackConfig>) -> String {
    let content: Value = configs
        .map(|config| {
            let content = json!({
                "non_secret": config.non_secret,
                "runtime_refs": config.runtime_refs,
                "secret_refs": config.secret_refs,
            });
            (config.pack_id.to_string(), content)
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    format!("sha256:{}", sha256_hex(canonical_value(&content).as_bytes()))
}
