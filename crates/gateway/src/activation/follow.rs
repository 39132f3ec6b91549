use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use greentic_env_store::EnvSnapshot;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::load::{LoadFailure, Loader};
use super::plan::{Held, plan};
use super::quarantine::{Fingerprint, Quarantined};
use super::wanted::{LoadKey, Wanted};
use super::watch::News;
use crate::GatewayStore;
use crate::gate::Gate;
use crate::serving::{Loaded, Serving};

/// How often quarantined revisions are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Brings what serves to what the environment wants, step by step.
pub(crate) struct Follower {
    gate: Arc<Gate>,
    loader: Loader,
    store: Arc<dyn GatewayStore>,
    news: watch::Receiver<News>,
    wanted: Option<Arc<Wanted>>,
    loaded: BTreeMap<LoadKey, Arc<Loaded>>,
    loading: BTreeSet<LoadKey>,
    loads: JoinSet<Load>,
    turns: Arc<Semaphore>,
    quarantined: BTreeMap<LoadKey, Quarantined>,
}

/// A load that is over.
struct Load {
    key: LoadKey,
    result: Result<Arc<Loaded>, LoadFailure>,
    generation: u64,
    files: Fingerprint,
}

impl Follower {
    pub(crate) fn new(
        gate: Arc<Gate>,
        loader: Loader,
        store: Arc<dyn GatewayStore>,
        news: watch::Receiver<News>,
    ) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(gate.limits.loads.max(1))),
            gate,
            loader,
            store,
            news,
            wanted: None,
            loaded: BTreeMap::new(),
            loading: BTreeSet::new(),
            loads: JoinSet::new(),
            quarantined: BTreeMap::new(),
        }
    }

    /// Follows until it is dropped.
    pub(crate) async fn run(mut self) {
        self.hear();
        self.step();
        loop {
            tokio::select! {
                changed = self.news.changed() => match changed {
                    Ok(()) => self.hear(),
                    // The watching thread is gone: what serves goes on as it is.
                    Err(_) => return std::future::pending().await,
                },
                Some(load) = self.loads.join_next() => self.finish(load),
                () = self.gate.reload.notified() => self.reload().await,
                () = tokio::time::sleep(LOOK), if !self.quarantined.is_empty() => {
                    self.release_due().await;
                }
            }
            self.step();
        }
    }

    /// Takes in the newest news.
    fn hear(&mut self) {
        let news = self.news.borrow_and_update().clone();
        self.learn(news);
    }

    fn learn(&mut self, news: News) {
        match news {
            News::Now(snapshot) => {
                self.gate.news.tell(None);
                self.want(&snapshot);
            }
            News::Failed { code, detail } => {
                tracing::warn!(code, detail, "the environment cannot be read; what serves goes on");
                self.gate.news.tell(Some(LoadFailure { code, detail }));
            }
            News::Gone => {
                self.gate.news.tell(Some(LoadFailure {
                    code: "environment-not-found",
                    detail: "the environment is not there any more".to_owned(),
                }));
                let absent = EnvSnapshot::absent(self.gate.env_id.clone());
                self.want(&absent);
            }
        }
    }

    fn want(&mut self, snapshot: &EnvSnapshot) {
        let before = self.wanted.as_deref();
        let wanted = Wanted::of(snapshot, before);
        self.gate.news.see(wanted.generation);
        self.loader.follow(&wanted);
        self.wanted = Some(Arc::new(wanted));
    }

    /// Carries out the plan, as far as it goes without waiting.
    fn step(&mut self) {
        let Some(wanted) = self.wanted.clone() else { return };
        let plan = plan(&wanted, &self.held());
        for key in &plan.drop {
            self.loaded.remove(key);
            self.quarantined.remove(key);
        }
        for key in plan.load {
            self.load(&wanted, key);
        }
        let before = self.gate.serving.load_full();
        let mut serving =
            Serving::new(wanted, &plan.splits, &self.loaded, self.quarantined.clone(), &before);
        serving.is_complete = plan.is_complete;
        self.gate.serve(serving);
    }

    fn held(&self) -> Held {
        let is_idle = |key: &&LoadKey| !self.loading.contains(*key);
        Held {
            loaded: self.loaded.keys().cloned().collect(),
            loading: self.loading.clone(),
            broken: self.quarantined.keys().filter(is_idle).cloned().collect(),
        }
    }

    fn load(&mut self, wanted: &Arc<Wanted>, key: LoadKey) {
        let Some(revision) = wanted.revision(&key).cloned() else { return };
        let Some(deployment) = wanted.deployments.get(&key.deployment_id).cloned() else { return };
        self.loading.insert(key.clone());
        let (loader, turns) = (self.loader.clone(), Arc::clone(&self.turns));
        let (trust, generation) = (wanted.trust.clone(), wanted.generation);
        let patience = self.gate.limits.load_time;
        self.loads.spawn(async move {
            let _turn = turns.acquire().await;
            let (root, of) = (loader.env_root.clone(), revision.revision.clone());
            // Before the load: a change while it goes on is worth another try.
            let files = look(move || Fingerprint::of(&root, &of)).await;
            let result =
                within(patience, async move { loader.load(revision, &deployment, trust).await });
            let result = result.await;
            Load { key, result, generation, files }
        });
    }

    fn finish(&mut self, load: Result<Load, tokio::task::JoinError>) {
        let Ok(load) = load else {
            // A load tells of its own panic: none comes here.
            return;
        };
        self.loading.remove(&load.key);
        let revision_id = load.key.revision_id;
        match load.result {
            Ok(loaded) => {
                tracing::info!(%revision_id, "a revision is loaded");
                self.gate.metrics.loads.inc();
                self.quarantined.remove(&load.key);
                self.loaded.insert(load.key, loaded);
            }
            Err(failure) => {
                let LoadFailure { code, detail } = &failure;
                tracing::warn!(%revision_id, code, detail, "a revision cannot be loaded");
                self.gate.metrics.failed_loads.inc();
                let before = self.quarantined.get(&load.key);
                let now = Instant::now();
                let quarantined =
                    Quarantined::new(before, failure, load.generation, load.files, now);
                self.quarantined.insert(load.key, quarantined);
            }
        }
    }

    /// Reads the environment now, and tries everything again.
    async fn reload(&mut self) {
        // What was told before is older than what is read now.
        drop(self.news.borrow_and_update());
        let (store, env_id) = (Arc::clone(&self.store), self.gate.env_id.clone());
        let read = tokio::task::spawn_blocking(move || store.snapshot(&env_id)).await;
        if let Ok(read) = read {
            self.learn(News::of(read));
        }
        if let Some(wanted) = self.wanted.clone() {
            self.retry(&wanted, |_, _| true).await;
        }
    }

    async fn release_due(&mut self) {
        let Some(wanted) = self.wanted.clone() else { return };
        let (now, generation) = (Instant::now(), wanted.generation);
        self.retry(&wanted, move |one, files| one.is_due(now, generation, files)).await;
    }

    /// Tries the quarantined revisions again whose time has come.
    async fn retry(
        &mut self,
        wanted: &Arc<Wanted>,
        is_due: impl Fn(&Quarantined, &Fingerprint) -> bool,
    ) {
        let keys: Vec<_> = self.quarantined.keys().cloned().collect();
        for key in keys {
            let Some(revision) = wanted.revision(&key).map(|wanted| wanted.revision.clone()) else {
                continue;
            };
            let root = self.loader.env_root.clone();
            let files = look(move || Fingerprint::of(&root, &revision)).await;
            let due = self.quarantined.get(&key).is_some_and(|one| is_due(one, &files));
            if due && !self.loading.contains(&key) {
                self.load(wanted, key);
            }
        }
    }
}

async fn look(look: impl FnOnce() -> Fingerprint + Send + 'static) -> Fingerprint {
    tokio::task::spawn_blocking(look).await.unwrap_or_default()
}

/// Loads on a task of its own, whose panic or endless wait is a failure like any other.
async fn within(
    patience: Duration,
    load: impl Future<Output = Result<Arc<Loaded>, LoadFailure>> + Send + 'static,
) -> Result<Arc<Loaded>, LoadFailure> {
    // The task ends when this is dropped.
    let mut task = JoinSet::new();
    task.spawn(load);
    match tokio::time::timeout(patience, task.join_next()).await {
        Ok(Some(Ok(result))) => result,
        Ok(_) => Err(LoadFailure {
            code: "load-panicked",
            detail: "loading it panicked; the log says where".to_owned(),
        }),
        Err(_) => Err(LoadFailure {
            code: "load-timeout",
            detail: format!("loading it took more than {} seconds", patience.as_secs()),
        }),
    }
}
