use greentic_deploy_spec::StateEtag;

use crate::conformance::contract::{Check, clauses};
use crate::conformance::failure::ConformanceFailure;
use crate::conformance::trial::Trial;
use crate::{Capabilities, Capability, DeployerError, Fence};

clauses! { "capabilities";
    /// A verb beyond the five that is not declared answers `unsupported`.
    "undeclared" => undeclared;
    /// A verb beyond the five that is declared does not answer `unsupported`.
    "declared" => declared;
}

async fn undeclared(trial: &Trial<'_>) -> Check {
    let declared = trial.deployer.capabilities();
    for capability in Capabilities::all().iter().filter(|one| !declared.has(*one)) {
        let seen = match call(trial, capability).await {
            Err(DeployerError::Unsupported { .. }) => continue,
            Ok(()) => "it was done".to_owned(),
            Err(error) => error.to_string(),
        };
        return Err(misdeclared(capability, "not declared", seen));
    }
    Ok(())
}

async fn declared(trial: &Trial<'_>) -> Check {
    for capability in trial.deployer.capabilities().iter() {
        if let Err(error @ DeployerError::Unsupported { .. }) = call(trial, capability).await {
            return Err(misdeclared(capability, "declared", error.to_string()));
        }
    }
    Ok(())
}

async fn call(trial: &Trial<'_>, capability: Capability) -> Result<(), DeployerError> {
    let (deployer, env, answers) = (trial.deployer, &trial.env, trial.answers());
    match capability {
        Capability::Observe => deployer.observe(env, answers).await.map(drop),
        Capability::Plan => deployer.plan(env, answers).await.map(drop),
        Capability::Reconcile => deployer.reconcile(env, answers).await.map(drop),
        Capability::Destroy => deployer.destroy(env, answers).await.map(drop),
        Capability::Fence => {
            let fence = Fence { generation: 1, etag: StateEtag("0".repeat(64)) };
            deployer.with_fence(fence).map(drop)
        }
    }
}

fn misdeclared(
    capability: Capability,
    declared: &'static str,
    seen: String,
) -> crate::conformance::contract::Stop {
    let verb = capability.as_str();
    ConformanceFailure::CapabilityMisdeclared { verb, declared, seen }.into()
}
