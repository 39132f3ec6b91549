//! Tells new generations, woken by the file system.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use greentic_deploy_spec::StateEtag;
use notify::{Event, EventKind, RecursiveMode, Watcher};

use super::environment::LocalEnvironment;
use super::layout;
use crate::{StoreError, Watch};

/// A commit is visible a moment after the first write that wakes a watch, and after the last write of
/// a process that is killed nothing else wakes it. So a wake-up that showed nothing is looked at once
/// more after this long.
const SECOND_LOOK: Duration = Duration::from_millis(100);

/// Where the platform does not tell, or the environment cannot be read, it is asked this often.
const POLL: Duration = Duration::from_secs(1);

pub(super) fn watch(environment: Arc<LocalEnvironment>) -> Result<Watch, StoreError> {
    environment.snapshot()?;
    let (wake, woken) = channel();
    let watcher = Folders::watch(&environment, wake);
    Ok(Box::new(Generations { environment, watcher, woken, seen: None, failed: false }))
}

struct Generations {
    environment: Arc<LocalEnvironment>,
    /// None where the platform does not tell.
    watcher: Option<Folders>,
    woken: Receiver<()>,
    seen: Option<(u64, Option<StateEtag>)>,
    /// The last look saw nothing, or perhaps not the newest: nothing may ever wake it for what it missed.
    failed: bool,
}

impl Iterator for Generations {
    type Item = Result<u64, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.environment.snapshot() {
                Ok(now) => {
                    self.failed = now.is_lagging();
                    let shown = (now.generation(), now.etag().cloned());
                    if self.seen.as_ref() != Some(&shown) {
                        let generation = shown.0;
                        self.seen = Some(shown);
                        return Some(Ok(generation));
                    }
                }
                // Destroyed: there is nothing more to tell.
                Err(StoreError::NotFound { .. }) => return None,
                Err(error) => {
                    self.failed = true;
                    if self.seen.take().is_some() {
                        return Some(Err(error));
                    }
                }
            }
            self.wait();
        }
    }
}

impl Generations {
    fn wait(&mut self) {
        if let Some(watcher) = &mut self.watcher {
            if watcher.renew(&self.environment) {
                // What came before the new watch is seen by another look.
                return;
            }
            if self.failed {
                self.pause();
                return;
            }
            if self.woken.recv().is_err() {
                self.watcher = None;
            }
            // What came meanwhile is covered by the same look.
            while self.woken.try_recv().is_ok() {}
            self.look_twice();
        } else {
            self.pause();
        }
    }

    fn pause(&self) {
        if self.woken.recv_timeout(POLL) == Err(RecvTimeoutError::Disconnected) {
            std::thread::park_timeout(POLL);
        }
        while self.woken.try_recv().is_ok() {}
    }

    fn look_twice(&self) {
        let newest = |environment: &LocalEnvironment| {
            environment.snapshot().ok().map(|now| (now.generation(), now.etag().cloned()))
        };
        if newest(&self.environment) == self.seen {
            // Whatever wakes it earlier only brings the second look forward.
            let _ = self.woken.recv_timeout(SECOND_LOOK);
        }
    }
}

/// The folders of an environment that change with it.
struct Folders {
    watcher: notify::RecommendedWatcher,
    /// Which folder is watched: another one may be put in its place.
    identity: Option<(u64, u64)>,
    missing: Vec<PathBuf>,
}

impl Folders {
    fn watch(environment: &LocalEnvironment, wake: Sender<()>) -> Option<Self> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let reading = |event: &Event| matches!(event.kind, EventKind::Access(_));
            if !event.as_ref().is_ok_and(reading) {
                // A watch that was dropped needs no waking.
                let _ = wake.send(());
            }
        });
        let mut folders = Self { watcher: watcher.ok()?, identity: None, missing: Vec::new() };
        folders.begin(environment).then_some(folders)
    }

    /// Watches the folder that is there now.
    fn begin(&mut self, environment: &LocalEnvironment) -> bool {
        let folder = &environment.folder;
        self.identity = identity(environment);
        let _ = self.watcher.unwatch(&folder.path);
        let watched = self.watcher.watch(&folder.path, RecursiveMode::NonRecursive).is_ok();
        let answers = greentic_deploy_spec::CapabilitySlot::ALL.iter();
        let answers = answers.filter_map(|slot| {
            folder.at(&layout::answers(*slot)).parent().map(std::path::Path::to_owned)
        });
        self.missing = answers.chain([folder.at(layout::AUDIT)]).collect();
        self.missing.iter().for_each(|folder| drop(self.watcher.unwatch(folder)));
        self.add_new();
        watched
    }

    /// Watches what came since. Tells whether that is another folder in the place of the first one.
    fn renew(&mut self, environment: &LocalEnvironment) -> bool {
        let now = identity(environment);
        let another = now.is_some() && now != self.identity;
        if another {
            self.begin(environment);
        } else {
            self.add_new();
        }
        another
    }

    /// Watches folders that were made meanwhile.
    fn add_new(&mut self) {
        let watcher = &mut self.watcher;
        self.missing.retain(|folder| {
            !folder.is_dir() || watcher.watch(folder, RecursiveMode::NonRecursive).is_err()
        });
    }
}

fn identity(environment: &LocalEnvironment) -> Option<(u64, u64)> {
    let folder = &environment.folder;
    folder.files.stat(&folder.path).ok().flatten().map(|stat| stat.version.identity)
}
