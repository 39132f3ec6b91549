use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use greentic_deploy_spec::Revision;
use tokio::time::Instant;

use super::load::LoadFailure;

/// The pause after the first failure; it doubles with each one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// A revision that could not be loaded.
#[derive(Clone, Debug)]
pub(crate) struct Quarantined {
    pub(crate) failure: LoadFailure,
    /// How often it was tried.
    pub(crate) attempts: u32,
    last_try: Instant,
    /// At which generation it was tried.
    generation: u64,
    /// What its files looked like.
    files: Fingerprint,
}

impl Quarantined {
    pub(crate) fn new(
        before: Option<&Self>,
        failure: LoadFailure,
        generation: u64,
        files: Fingerprint,
        now: Instant,
    ) -> Self {
        let attempts = before.map_or(1, |before| before.attempts.saturating_add(1));
        Self { failure, attempts, last_try: now, generation, files }
    }

    /// When it is tried again by itself.
    pub(crate) fn next_try(&self) -> Instant {
        let doublings = self.attempts.saturating_sub(1).min(16);
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
        self.last_try + pause
    }

    /// Whether it is to be tried: its time has come, or the environment or its files changed and the
    /// last try is not just over.
    pub(crate) fn is_due(&self, now: Instant, generation: u64, files: &Fingerprint) -> bool {
        let changed = generation != self.generation || *files != self.files;
        now >= self.next_try() || (changed && now >= self.last_try + FIRST_PAUSE)
    }
}

/// What the files of a revision look like from outside: a change of it is worth another try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fingerprint(Vec<(PathBuf, Seen)>);

/// Size and time of a file; none when it is not there.
type Seen = Option<(u64, Option<SystemTime>)>;

/// Files that are looked at.
const MOST_FILES: usize = 256;

impl Fingerprint {
    /// Looks at the lock, the configurations and the unpacked packs of a revision. Blocks.
    pub(crate) fn of(env_root: &Path, revision: &Revision) -> Self {
        let folder = revision.pack_list_lock_ref.parent().map(Path::to_owned).unwrap_or_default();
        let mut files = vec![env_root.join(&revision.pack_list_lock_ref)];
        files.extend(revision.pack_config_refs.iter().map(|file| env_root.join(file)));
        let packs = env_root.join(folder).join("bundle/packs");
        let found = std::fs::read_dir(packs).into_iter().flatten().flatten();
        files.extend(found.map(|entry| entry.path()));
        files.truncate(MOST_FILES);
        files.sort();
        Self(files.into_iter().map(|file| (file.clone(), look(&file))).collect())
    }
}

fn look(file: &Path) -> Seen {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}
