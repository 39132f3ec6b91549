use std::sync::Arc;

use async_trait::async_trait;
use greentic_deploy_spec::{Environment, PackId};
use greentic_deployer::Deployer;
use greentic_deployer::conformance::{
    self, Fault, Injected, Provider, Report, Subject, SubjectError, Verdict,
};
use greentic_env_pack::ProbeError;
use greentic_env_pack_local::LocalSubject;
use serde_json::Value;

use crate::lab::{Lab, ToldProbe};

struct OnThisMachine;

#[async_trait]
impl Subject for OnThisMachine {
    fn name(&self) -> String {
        "greentic.deployer.local-process".to_owned()
    }

    async fn fresh(&self) -> Result<Box<dyn Provider>, SubjectError> {
        Ok(Box::new(Lab::new()))
    }
}

#[async_trait]
impl Provider for Lab {
    fn deployer(&self) -> &dyn Deployer {
        &self.deployer
    }

    fn environment(&self) -> Environment {
        self.env.clone()
    }

    async fn state(&self) -> Result<Option<Value>, SubjectError> {
        Provider::state(&**self).await
    }

    async fn inject(&self, fault: Fault) -> Result<Injected, SubjectError> {
        if fault != Fault::NextChangeFails {
            return Ok(Injected::NotPossible);
        }
        let source = "no memory".into();
        self.probe.will(Err(ProbeError::Pack { pack_id: PackId::from("hello"), source }));
        Ok(Injected::Done)
    }
}

fn not_run(report: &Report) -> Vec<&'static str> {
    let clauses = report.clauses.iter();
    let clauses = clauses.filter(|one| matches!(one.verdict, Verdict::NotRun { .. }));
    clauses.map(|one| one.clause).collect()
}

#[tokio::test]
async fn the_local_deployer_keeps_the_contract_over_files_that_are_staged() {
    let report = conformance::run(&OnThisMachine).await;
    assert!(report.passed(), "{report}");
    // Loading a revision leaves nothing behind, so that no answer about it can be lost.
    assert_eq!(not_run(&report), ["deployer.resumption.after-a-lost-answer"], "{report}");
}

#[tokio::test]
async fn programs_can_judge_it_with_their_own_probe() {
    let subject = LocalSubject::new(Arc::new(ToldProbe::default()));
    let report = conformance::run(&subject).await;
    assert!(report.passed(), "{report}");
    assert_eq!(not_run(&report).len(), 2, "{report}");
}
