//! One environment whose writers are killed again and again, and what has to hold after each kill.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use greentic_deploy_spec::IdempotencyOutcome;
use greentic_env_store::ports::PolicySigner as _;
use greentic_env_store::{
    CommitInfo, Committed, EnvironmentHistory, EnvironmentReads, HistoryPage, HistoryRetention,
    LocalFsStore, StoreError,
};
use serde_json::Value;

use crate::outside::Place;
use crate::random::Random;
use crate::script::{Position, Script};
use crate::work::{self, Receipt, Said};
use crate::{Arguments, Failure};

/// What is counted over all kills.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) acknowledged: u64,
    /// Kills between the beginning of a verb and its answer.
    pub(crate) in_a_verb: u64,
    /// Kills in the middle of `compact`, `repair`, a snapshot or an export.
    pub(crate) in_upkeep: u64,
    /// Kills before the process had begun anything.
    pub(crate) at_start: u64,
    /// Verbs that were committed and whose answer a kill took: the retry got it.
    pub(crate) answered_by_retry: u64,
    pub(crate) replayed: u64,
    pub(crate) commits: u64,
    /// How often each kind of warning came.
    pub(crate) warnings: BTreeMap<String, u64>,
    /// Files that a kill left and that `compact` removed.
    pub(crate) leftovers: u64,
    pub(crate) slowest_recovery: Duration,
}

/// The environment.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) arguments: Arguments,
    place: Place,
    script: Script,
    /// What is to be done next.
    at: Position,
    receipts: Vec<(Position, Receipt)>,
    /// How many receipts were compared with history.
    compared: usize,
    /// The event of each generation.
    events: Vec<String>,
    audit: Audit,
    pub(crate) problems: Vec<String>,
}

/// What was read of the audit log.
#[derive(Debug, Default)]
struct Audit {
    bytes: usize,
    events: HashSet<String>,
}

impl Trial {
    pub(crate) fn new(arguments: Arguments) -> Self {
        Self {
            place: Place::new(&arguments.root),
            script: Script::new(arguments.seed),
            arguments,
            at: Position::default(),
            receipts: Vec::new(),
            compared: 0,
            events: Vec::new(),
            audit: Audit::default(),
            problems: Vec::new(),
        }
    }

    pub(crate) fn position(&self) -> Position {
        self.at
    }

    fn folder(&self) -> PathBuf {
        self.place.environments().join(self.arguments.env_id.as_str())
    }

    fn problem(&mut self, text: impl std::fmt::Display) {
        let Position { run, step } = self.at;
        let place = self.arguments.root.display();
        self.problems.push(format!("before step {step} of run {run} in {place}: {text}"));
    }

    /// Takes what the process said before it was killed, and checks what it left.
    pub(crate) fn after_kill(
        &mut self,
        said: &[Said],
        random: &mut Random,
        figures: &mut Figures,
    ) -> Result<(), Failure> {
        self.take(said, figures);
        let begun = matches!(said.last(), Some(Said::Begins(_)));
        let store = self.place.store()?;
        self.next_verb(&store, begun, figures)?;
        self.check_history(&store)?;
        self.check_audit()?;
        self.check_files(&store)?;
        self.check_outside(&store)?;
        for _ in 0..3 {
            self.check_replay(&store, random, figures)?;
        }
        Ok(())
    }

    fn take(&mut self, said: &[Said], figures: &mut Figures) {
        for one in said {
            figures.acknowledged += u64::from(matches!(one, Said::Did(..)));
            self.note(one, figures);
        }
        match said.last() {
            Some(Said::Begins(_)) => figures.in_a_verb += 1,
            Some(Said::Upkeep) => figures.in_upkeep += 1,
            None => figures.at_start += 1,
            Some(Said::Did(..) | Said::Idle | Said::Warned(_)) => {}
        }
    }

    fn note(&mut self, said: &Said, figures: &mut Figures) {
        match said {
            Said::Did(at, receipt) => self.did(*at, receipt.clone()),
            Said::Warned(what) => {
                *figures.warnings.entry(what.clone()).or_default() += 1;
                if what == "adopted" {
                    self.problem("what a crash left was taken for an edit");
                }
            }
            Said::Begins(_) | Said::Upkeep | Said::Idle => {}
        }
    }

    fn did(&mut self, at: Position, receipt: Receipt) {
        self.receipts.push((at, receipt));
        self.at = self.script.run(at.run).after(at.step);
    }

    /// The verb that was under way, or that comes next, works at once.
    fn next_verb(
        &mut self,
        store: &LocalFsStore,
        begun: bool,
        figures: &mut Figures,
    ) -> Result<(), Failure> {
        let (at, started) = (self.at, Instant::now());
        let committed = self.send(store, at)?;
        figures.slowest_recovery = figures.slowest_recovery.max(started.elapsed());
        let replayed = committed.idempotency == IdempotencyOutcome::Replayed;
        if replayed {
            figures.answered_by_retry += 1;
        }
        if replayed && !begun {
            self.problem("a verb was committed before it was begun");
        }
        self.did(at, Receipt::of(&committed));
        for warning in &committed.warnings {
            self.note(&work::warned(warning), figures);
        }
        Ok(())
    }

    fn send(&self, store: &LocalFsStore, at: Position) -> Result<Committed, Failure> {
        work::send(store, &self.arguments, &self.script.run(at.run), at.step)
    }

    /// One chain of generations, in which every acknowledged verb is.
    fn check_history(&mut self, store: &LocalFsStore) -> Result<(), Failure> {
        for info in self.new_commits(store)? {
            let expected = self.events.len() as u64 + 1;
            if info.generation != expected || info.parent + 1 != expected {
                let (generation, parent) = (info.generation, info.parent);
                self.problem(format!("{generation} follows {parent} where {expected} was to come"));
            }
            self.events.push(info.event.event_id);
        }
        for (at, receipt) in self.receipts.split_off(self.compared) {
            let index = usize::try_from(receipt.generation)?.saturating_sub(1);
            if self.events.get(index) != Some(&receipt.event_id) {
                let generation = receipt.generation;
                self.problem(format!("{at:?} was acknowledged as {generation} and is missing"));
            }
            self.receipts.push((at, receipt));
        }
        self.compared = self.receipts.len();
        Ok(())
    }

    fn new_commits(&self, store: &LocalFsStore) -> Result<Vec<CommitInfo>, Failure> {
        let known = self.events.len() as u64;
        let mut page = HistoryPage { before: None, limit: 256 };
        let mut fresh: Vec<CommitInfo> = Vec::new();
        loop {
            let commits = store.history(&self.arguments.env_id, page)?;
            page.before = commits.last().map(|info| info.generation);
            let is_last = commits.last().is_none_or(|info| info.generation <= known + 1);
            fresh.extend(commits.into_iter().filter(|info| info.generation > known));
            if is_last {
                fresh.reverse();
                return Ok(fresh);
            }
        }
    }

    /// The audit log has each event exactly once.
    fn check_audit(&mut self) -> Result<(), Failure> {
        let log = fs::read(self.folder().join("audit/events.jsonl"))?;
        let new = log.get(self.audit.bytes..).unwrap_or_default();
        if new.last().is_some_and(|byte| *byte != b'\n') {
            self.problem("the audit log ends in the middle of a line");
        }
        self.audit.bytes = log.len();
        for line in new.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let event: Value = serde_json::from_slice(line)?;
            let id = event["event_id"].as_str().unwrap_or_default().to_owned();
            if event["new_generation"].is_null() {
                self.problem(format!("the audit log has a refusal: {event}"));
            } else if !self.audit.events.insert(id.clone()) {
                self.problem(format!("event {id} is twice in the audit log"));
            }
        }
        let missing = self.events.iter().filter(|id| !self.audit.events.contains(*id)).count();
        if missing > 0 || self.audit.events.len() != self.events.len() {
            let (lines, commits) = (self.audit.events.len(), self.events.len());
            self.problem(format!("{missing} of {commits} events miss in the log of {lines} lines"));
        }
        Ok(())
    }

    /// Files show what is recorded.
    fn check_files(&mut self, store: &LocalFsStore) -> Result<(), Failure> {
        let file = self.folder().join("environment.json");
        let shown = fs::read(&file).ok().map(|bytes| serde_json::from_slice::<Value>(&bytes));
        let recorded = match store.snapshot(&self.arguments.env_id) {
            Ok(snapshot) => snapshot.environment().map(|environment| environment.raw().clone()),
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        if shown.transpose()? != recorded {
            self.problem("environment.json does not show the newest generation");
        }
        let written = store.repair(&self.arguments.env_id)?.written;
        if !written.is_empty() {
            self.problem(format!("these files lagged after a verb: {written:?}"));
        }
        Ok(())
    }

    /// Every secret that is named is there, and the key in use is trusted.
    fn check_outside(&mut self, store: &LocalFsStore) -> Result<(), Failure> {
        let Ok(snapshot) = store.snapshot(&self.arguments.env_id) else { return Ok(()) };
        let secrets = self.place.secrets()?;
        let environment = snapshot.require()?;
        for endpoint in &environment.messaging_endpoints {
            let named = endpoint.webhook_secret_ref.iter().map(ToString::to_string);
            for missing in named.filter(|reference| !secrets.has(reference)) {
                self.problem(format!("the secret {missing} is named and not there"));
            }
        }
        let in_use = self.place.operator_key().key()?.map(|key| key.key_id).unwrap_or_default();
        let keys = snapshot.trust_root().map(|root| root.keys.as_slice()).unwrap_or_default();
        let is_in_use = |key: &greentic_deploy_spec::TrustedKey| key.key_id == in_use;
        // A run may trust another key beside it; nobody trusts without the key in use.
        if !keys.is_empty() && !keys.iter().any(is_in_use) {
            self.problem("the operator key in use is not trusted");
        }
        Ok(())
    }

    /// A verb that was acknowledged answers the same again.
    fn check_replay(
        &mut self,
        store: &LocalFsStore,
        random: &mut Random,
        figures: &mut Figures,
    ) -> Result<(), Failure> {
        let index = usize::try_from(random.below(self.receipts.len() as u64))?;
        let Some((at, receipt)) = self.receipts.get(index).cloned() else { return Ok(()) };
        let again = self.send(store, at)?;
        figures.replayed += 1;
        let replayed = again.idempotency == IdempotencyOutcome::Replayed;
        if !replayed || Receipt::of(&again) != receipt {
            self.problem(format!("{at:?} answers otherwise when it is sent again"));
        }
        Ok(())
    }

    /// What has to hold in the end: a sound journal, and nothing left over once it is compacted.
    pub(crate) fn conclude(
        &mut self,
        random: &mut Random,
        figures: &mut Figures,
    ) -> Result<(), Failure> {
        let (store, env_id) = (self.place.store()?, self.arguments.env_id.clone());
        for _ in 0..200 {
            self.check_replay(&store, random, figures)?;
        }
        for problem in store.verify(&env_id)?.problems {
            self.problem(problem);
        }
        let report = store.compact(&env_id, &HistoryRetention::default())?;
        figures.leftovers += report.removed_files.len() as u64;
        figures.commits += self.events.len() as u64;
        for snapshot in store.snapshots(&env_id)? {
            let folder = self.folder().join("snapshots").join(&snapshot.id);
            for missing in snapshot.files.iter().filter(|file| !folder.join(file).is_file()) {
                self.problem(format!("snapshot {} has no {missing}", snapshot.id));
            }
        }
        let folder = self.folder();
        for left in leftovers(&folder)? {
            self.problem(format!("left over after compact: {}", left.display()));
        }
        self.check_history(&store)?;
        self.check_audit()
    }
}

/// Files that nothing needs, parts of a snapshot that is none, and a log of the journal that was not
/// folded back.
fn leftovers(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_snapshot = folder.parent().is_some_and(|parent| parent.ends_with("snapshots"));
    if is_snapshot && !folder.join("manifest.json").is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            all.extend(leftovers(&path)?);
        } else if name.ends_with(".unfinished")
            || (name == "journal.db-wal" && path.metadata()?.len() > 0)
        {
            all.push(path);
        }
    }
    Ok(all)
}
