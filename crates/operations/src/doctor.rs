use std::collections::BTreeSet;
use std::fmt::Debug;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::{CapabilitySlot, EnvId, Environment, RevisionId, TrustedKey};
use greentic_env_pack::RegistryError;
use greentic_env_store::{
    EnvSnapshot, LocalFsStore, RepairReport, StoreError, VerifyReport, Warning,
};
use greentic_pack_format::revision::{RevisionFolder, StagedFolders, StagingArea, Sweep};
use serde::Serialize;

use crate::{OpError, Operator, Step};

/// The upkeep that a store offers beside its contract.
pub trait Upkeep: Debug + Send + Sync {
    /// Whether everything that is kept of an environment is sound.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn verify(&self, env_id: &EnvId) -> Result<VerifyReport, StoreError>;

    /// Writes every file as it is recorded.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn repair(&self, env_id: &EnvId) -> Result<RepairReport, StoreError>;
}

impl Upkeep for LocalFsStore {
    fn verify(&self, env_id: &EnvId) -> Result<VerifyReport, StoreError> {
        let mut report = Self::verify(self, env_id)?;
        let lagging = self.lagging_files(env_id)?.into_iter();
        report.problems.extend(lagging.map(|file| {
            format!(
                "`{file}` does not show what is recorded; gtc op env doctor --fix writes it anew"
            )
        }));
        Ok(report)
    }

    fn repair(&self, env_id: &EnvId) -> Result<RepairReport, StoreError> {
        Self::repair(self, env_id)
    }
}

/// What the doctor does about what it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cure {
    /// Nothing.
    #[default]
    None,
    /// Writes files as they are recorded, and removes folders that nothing refers to.
    Fix,
}

/// An environment that is looked at.
#[derive(Clone, Debug)]
pub struct DoctorRequest<'a> {
    /// The environment.
    pub env_id: EnvId,
    /// What is done about what is found.
    pub cure: Cure,
    /// The store's own upkeep, where it has some.
    pub upkeep: Option<&'a dyn Upkeep>,
}

/// How an environment is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DoctorReport {
    /// The environment.
    pub environment_id: EnvId,
    /// Whether nothing was found that needs somebody.
    pub healthy: bool,
    /// Whether the recorded environment keeps the rules of its documents.
    pub validate: Verdict,
    /// Slots that an env-pack fills.
    pub bound_slots: Vec<CapabilitySlot>,
    /// Slots that every environment needs and that none fills.
    pub missing_slots: Vec<CapabilitySlot>,
    /// Env-packs that this program does not have.
    pub unknown_kinds: Vec<BindingProblem>,
    /// Env-packs that fill another slot than the one that they are bound to.
    pub slot_mismatches: Vec<BindingProblem>,
    /// Env-packs that this program has in other versions.
    pub version_skew: Vec<BindingProblem>,
    /// Extensions.
    pub extensions: Extensions,
    /// Revisions whose files are missing or not those that were staged.
    pub stale_revisions: Vec<StaleRevision>,
    /// Folders of revisions that nothing records.
    pub orphaned_folders: Vec<RevisionId>,
    /// Folders that were never finished.
    pub unfinished_folders: Vec<String>,
    /// The keys that are trusted.
    pub trust_root: TrustRootState,
    /// Whether what a deployer discovered is recorded.
    pub has_runtime: bool,
    /// What the store found in what it keeps.
    pub store_problems: Vec<String>,
    /// What was done; none when nothing was to be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Fixed>,
    /// When.
    pub checked_at: DateTime<Utc>,
}

/// Whether something is as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Verdict {
    /// It is.
    Ok,
    /// It is not.
    Invalid {
        /// What is wrong.
        detail: String,
    },
}

/// A binding that this program cannot use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BindingProblem {
    /// The slot.
    pub slot: CapabilitySlot,
    /// The env-pack.
    pub kind: String,
    /// What is wrong, and what to do.
    pub detail: String,
}

/// The extensions of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Extensions {
    /// How many.
    pub count: usize,
}

/// A revision whose files are not as they were staged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StaleRevision {
    /// The revision.
    pub revision_id: RevisionId,
    /// A stable name of the reason.
    pub code: String,
    /// What is wrong, and what to do.
    pub detail: String,
}

/// The keys that an environment trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrustRootState {
    /// Whether there is at least one.
    pub seeded: bool,
    /// Their ids.
    pub key_ids: Vec<String>,
    /// Whether the operator key of this machine is there, can be used and is one of them. Without it no bundle is added from here,
    /// which may be as it should be.
    pub signs: bool,
}

/// What the doctor did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Fixed {
    /// Files that are as they are recorded now.
    pub written: Vec<String>,
    /// Folders that were removed.
    pub removed: Sweep,
    /// What was kept aside, and what is not done yet.
    pub warnings: Vec<Warning>,
}

/// The slots that every environment needs.
const NEEDED: [CapabilitySlot; 5] = [
    CapabilitySlot::Deployer,
    CapabilitySlot::Secrets,
    CapabilitySlot::Telemetry,
    CapabilitySlot::Sessions,
    CapabilitySlot::State,
];

impl Operator {
    /// Looks at an environment: what is recorded, what fills its slots, and the files of its revisions. Changes nothing, unless
    /// it is asked to fix; then it tells how things are afterwards, and what it did.
    ///
    /// # Errors
    /// Why the environment cannot be read, or not be fixed. What is wrong with it is no error.
    pub fn doctor(&self, request: &DoctorRequest<'_>) -> Result<DoctorReport, OpError> {
        let fixed = match request.cure {
            Cure::None => None,
            Cure::Fix => Some(self.fix(request)?),
        };
        let snapshot = self.store.snapshot(&request.env_id)?;
        let environment = snapshot.require()?;
        let mut report = self.blank(&snapshot, environment, fixed);
        self.look_at_bindings(environment, &mut report);
        self.look_at_folders(environment, &mut report)?;
        if let Some(upkeep) = request.upkeep {
            report.store_problems = upkeep.verify(&request.env_id)?.problems;
        }
        report.healthy = report.is_healthy();
        Ok(report)
    }

    fn blank(
        &self,
        snapshot: &EnvSnapshot,
        environment: &Environment,
        fixed: Option<Fixed>,
    ) -> DoctorReport {
        let keys = snapshot.trust_root().map_or(&[][..], |root| &root.keys);
        DoctorReport {
            environment_id: environment.environment_id.clone(),
            healthy: false,
            validate: match environment.validate() {
                Ok(()) => Verdict::Ok,
                Err(error) => Verdict::Invalid { detail: error.to_string() },
            },
            bound_slots: environment.packs.iter().map(|binding| binding.slot).collect(),
            missing_slots: NEEDED
                .into_iter()
                .filter(|slot| environment.pack_for_slot(*slot).is_none())
                .collect(),
            unknown_kinds: Vec::new(),
            slot_mismatches: Vec::new(),
            version_skew: Vec::new(),
            extensions: Extensions { count: environment.extensions.len() },
            stale_revisions: Vec::new(),
            orphaned_folders: Vec::new(),
            unfinished_folders: Vec::new(),
            trust_root: TrustRootState {
                seeded: !keys.is_empty(),
                key_ids: keys.iter().map(|key| key.key_id.clone()).collect(),
                signs: self.signs_for(keys),
            },
            has_runtime: snapshot.runtime().is_some(),
            store_problems: Vec::new(),
            fixed,
            checked_at: self.ports.clock.now(),
        }
    }

    fn signs_for(&self, trusted: &[TrustedKey]) -> bool {
        let key = self.ports.signer.as_ref().and_then(|signer| signer.key().ok().flatten());
        key.is_some_and(|key| trusted.iter().any(|one| one.key_id == key.key_id))
    }

    fn look_at_bindings(&self, environment: &Environment, report: &mut DoctorReport) {
        for binding in &environment.packs {
            let Err(error) = self.registry.resolve_for_slot(binding.slot, &binding.kind) else {
                continue;
            };
            let problems = match &error {
                RegistryError::SlotMismatch { .. } => &mut report.slot_mismatches,
                RegistryError::VersionUnsupported { .. } => &mut report.version_skew,
                _ => &mut report.unknown_kinds,
            };
            problems.push(BindingProblem {
                slot: binding.slot,
                kind: binding.kind.to_string(),
                detail: error.to_string(),
            });
        }
    }

    fn look_at_folders(
        &self,
        environment: &Environment,
        report: &mut DoctorReport,
    ) -> Result<(), OpError> {
        let env_root = self.env_root(&environment.environment_id)?;
        for revision in environment.revisions.iter().filter(|one| !one.lifecycle.is_final()) {
            let opened = RevisionFolder::open(&env_root, revision, &self.limits);
            if let Err(error) = opened.and_then(|folder| folder.verify()) {
                report.stale_revisions.push(StaleRevision {
                    revision_id: revision.revision_id,
                    code: error.code().to_owned(),
                    detail: error.to_string(),
                });
            }
        }
        let folders = StagedFolders::list(&env_root)?;
        let recorded = recorded(environment);
        let orphaned = folders.revisions.into_iter().filter(|id| !recorded.contains(id));
        report.orphaned_folders = orphaned.collect();
        report.unfinished_folders = folders.unfinished;
        Ok(())
    }

    fn fix(&self, request: &DoctorRequest<'_>) -> Result<Fixed, OpError> {
        let mut fixed = Fixed::default();
        if let Some(upkeep) = request.upkeep {
            let repaired = upkeep.repair(&request.env_id)?;
            (fixed.written, fixed.warnings) = (repaired.written, repaired.warnings);
        }
        self.store.snapshot(&request.env_id)?.require()?;
        self.progress.step(&Step::Sweep);
        let area = StagingArea::enter(&self.env_root(&request.env_id)?, &self.limits)?;
        // What is recorded is read while nobody stages, so that nothing is swept that is about to be recorded.
        let snapshot = self.store.snapshot(&request.env_id)?;
        fixed.removed = area.sweep(&recorded(snapshot.require()?))?;
        Ok(fixed)
    }
}

impl DoctorReport {
    fn is_healthy(&self) -> bool {
        let unusable = [&self.unknown_kinds, &self.slot_mismatches, &self.version_skew];
        self.validate == Verdict::Ok
            && self.missing_slots.is_empty()
            && unusable.iter().all(|problems| problems.is_empty())
            && self.stale_revisions.is_empty()
            && self.orphaned_folders.is_empty()
            && self.unfinished_folders.is_empty()
            && self.store_problems.is_empty()
    }
}

fn recorded(environment: &Environment) -> BTreeSet<RevisionId> {
    environment.revisions.iter().map(|revision| revision.revision_id).collect()
}
