use async_trait::async_trait;
use greentic_deploy_spec::{Environment, PackId};
use greentic_deployer::Deployer;
use greentic_deployer::conformance::{
    self, Fault, Injected, Provider, Subject, SubjectError, Verdict,
};
use greentic_env_pack::ProbeError;
use serde_json::{Value, json};

use crate::lab::Lab;

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
        Ok(Some(json!(self.files())))
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

#[tokio::test]
async fn the_local_deployer_keeps_the_contract_over_files_that_are_staged() {
    let report = conformance::run(&OnThisMachine).await;
    assert!(report.passed(), "{report}");
    let not_run = report.clauses.iter().filter(|one| matches!(one.verdict, Verdict::NotRun { .. }));
    let not_run: Vec<_> = not_run.map(|one| one.clause).collect();
    // Loading a revision leaves nothing behind, so that no answer about it can be lost.
    assert_eq!(not_run, ["deployer.resumption.after-a-lost-answer"], "{report}");
}
