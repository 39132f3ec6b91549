//! An environment with three revisions that are really staged, and a probe that does as it is told.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use greentic_deploy_spec::{DeploymentId, PackId, RevisionId, RevisionLifecycle, SemVer};
use greentic_env_pack::{
    Health, ProbeError, ProbeReport, ProbedPack, ProviderHealth, RevisionProbe, RevisionToProbe,
};
use greentic_env_pack_local::StagedFixture;
use ulid::Ulid;

pub(crate) const A: DeploymentId = DeploymentId(Ulid(1));
pub(crate) const B: DeploymentId = DeploymentId(Ulid(2));
pub(crate) const FIRST: RevisionId = RevisionId(Ulid(0x10));
pub(crate) const SECOND: RevisionId = RevisionId(Ulid(0x20));
pub(crate) const BESIDE: RevisionId = RevisionId(Ulid(0x30));
pub(crate) const UNKNOWN: RevisionId = RevisionId(Ulid(0x99));

#[derive(Debug)]
pub(crate) struct Lab {
    fixture: StagedFixture,
    pub(crate) probe: Arc<ToldProbe>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let probe = Arc::new(ToldProbe::default());
        let fixture = StagedFixture::new(Arc::clone(&probe) as _).unwrap();
        Self { fixture, probe }
    }

    pub(crate) fn folder(&self, id: RevisionId) -> PathBuf {
        self.env_root().join("revisions").join(id.to_string())
    }

    /// The pack file of a revision.
    pub(crate) fn pack(&self, id: RevisionId) -> PathBuf {
        self.folder(id).join("bundle/packs/fixture.gtpack")
    }

    pub(crate) fn archive_in_record(&mut self, id: RevisionId) {
        let mut revisions = self.env.revisions.iter_mut();
        let revision = revisions.find(|revision| revision.revision_id == id).unwrap();
        revision.lifecycle = RevisionLifecycle::Archived;
    }
}

impl Deref for Lab {
    type Target = StagedFixture;

    fn deref(&self) -> &StagedFixture {
        &self.fixture
    }
}

impl DerefMut for Lab {
    fn deref_mut(&mut self) -> &mut StagedFixture {
        &mut self.fixture
    }
}

/// Answers what it was told, once; then that all is well.
#[derive(Debug, Default)]
pub(crate) struct ToldProbe {
    next: Mutex<Option<Result<ProbeReport, ProbeError>>>,
    asked: Mutex<Vec<RevisionToProbe>>,
}

impl ToldProbe {
    pub(crate) fn will(&self, answer: Result<ProbeReport, ProbeError>) {
        *self.next.lock().unwrap() = Some(answer);
    }

    pub(crate) fn asked(&self) -> Vec<RevisionToProbe> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl RevisionProbe for ToldProbe {
    async fn probe(&self, revision: &RevisionToProbe) -> Result<ProbeReport, ProbeError> {
        self.asked.lock().unwrap().push(revision.clone());
        let told = self.next.lock().unwrap().take();
        told.unwrap_or_else(|| Ok(report(Health::Healthy)))
    }
}

/// A report of one pack with one provider.
pub(crate) fn report(health: Health) -> ProbeReport {
    let provider = ProviderHealth {
        provider_type: "messaging.chat".to_owned(),
        component: "chat".to_owned(),
        health,
    };
    let pack = ProbedPack {
        pack_id: PackId::from("hello"),
        version: SemVer::new(1, 0, 0),
        components: 1,
        flows: 0,
        providers: vec![provider],
        signature: "unsigned".to_owned(),
    };
    ProbeReport { packs: vec![pack] }
}
