use crate::conformance::contract::{Check, clauses};
use crate::conformance::failure::ConformanceFailure;
use crate::conformance::fixture::fence;
use crate::conformance::trial::Trial;
use crate::{Capability, DeployerError};

clauses! { "capabilities";
    /// A deployer that says that it observes does not answer `unsupported`.
    "observe" with [Observe] => declared(Capability::Observe);
    /// A deployer that says that it plans does not answer `unsupported`.
    "plan" with [Plan] => declared(Capability::Plan);
    /// A deployer that says that it reconciles does not answer `unsupported`.
    "reconcile" with [Reconcile] => declared(Capability::Reconcile);
    /// A deployer that says that it destroys does not answer `unsupported`.
    "destroy" with [Destroy] => declared(Capability::Destroy);
    /// A deployer that says that it fences does not answer `unsupported`.
    "fence" with [Fence] => declared(Capability::Fence);
    /// A deployer that does not say that it observes answers `unsupported`.
    "without-observe" without [Observe] => undeclared(Capability::Observe);
    /// A deployer that does not say that it plans answers `unsupported`.
    "without-plan" without [Plan] => undeclared(Capability::Plan);
    /// A deployer that does not say that it reconciles answers `unsupported`.
    "without-reconcile" without [Reconcile] => undeclared(Capability::Reconcile);
    /// A deployer that does not say that it destroys answers `unsupported`.
    "without-destroy" without [Destroy] => undeclared(Capability::Destroy);
    /// A deployer that does not say that it fences answers `unsupported`.
    "without-fence" without [Fence] => undeclared(Capability::Fence);
}

async fn declared(trial: &Trial<'_>, capability: Capability) -> Check {
    match call(trial, capability).await {
        // Whether it succeeds is another clause's matter.
        Err(error @ DeployerError::Unsupported { .. }) => {
            misdeclared(capability, "declared", error.to_string())
        }
        _ => Ok(()),
    }
}

async fn undeclared(trial: &Trial<'_>, capability: Capability) -> Check {
    match call(trial, capability).await {
        Err(DeployerError::Unsupported { .. }) => Ok(()),
        Ok(()) => misdeclared(capability, "not declared", "it was done".to_owned()),
        Err(error) => misdeclared(capability, "not declared", error.to_string()),
    }
}

async fn call(trial: &Trial<'_>, capability: Capability) -> Result<(), DeployerError> {
    let (deployer, env, answers) = (trial.deployer, &trial.env, trial.answers());
    match capability {
        Capability::Observe => deployer.observe(env, answers).await.map(drop),
        Capability::Plan => deployer.plan(env, answers).await.map(drop),
        Capability::Reconcile => deployer.reconcile(env, answers).await.map(drop),
        Capability::Destroy => deployer.destroy(env, answers).await.map(drop),
        Capability::Fence => deployer.with_fence(fence(1)).map(drop),
    }
}

fn misdeclared(capability: Capability, declared: &'static str, seen: String) -> Check {
    let verb = capability.as_str();
    Err(ConformanceFailure::CapabilityMisdeclared { verb, declared, seen }.into())
}
