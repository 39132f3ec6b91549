//! The bootstrap of the environment of this machine.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::{
    CapabilitySlot, EnvId, Environment, EnvironmentRuntime, PackDescriptor, SchemaVersion,
};
use greentic_env_store::defaults::{LOCAL_DEPLOYER_PACK, LOCAL_ENV_ID};
use greentic_env_store::{
    EnsureLocalEnvironmentPayload, EnvironmentReads, LocalEnvOutcome, LocalEnvironmentPlan,
    LocalFsStore, StoreError, plan_local_environment,
};

use crate::OpError;

/// The name under which `discovered` has the address that the environment listens on.
const LISTEN_ADDR: &str = "listen_addr";

/// Makes sure that the environment `local` is there, has the default bindings, and that its
/// `runtime.json` tells the address it listens on. All of it is one commit; nothing to do is none.
///
/// `public_base_url` is stored only when the environment is created; one that is there keeps what
/// it has.
///
/// `runtime.json` is left alone when the deployer slot is bound to another env-pack than the local
/// one, or another producer wrote the file. Otherwise it is written when the environment was created
/// or healed, when it is absent, and when its address is stale. Other values in it stay; its
/// generation counts on, from 1 where there is no file.
///
/// # Errors
/// [`OpError::Store`]: [`StoreError::InvalidArgument`] for an address that an environment cannot
/// have, or why the environment cannot be read or written.
pub fn ensure_local_environment(
    store: &LocalFsStore,
    public_base_url: Option<String>,
) -> Result<(Environment, LocalEnvOutcome), OpError> {
    let env_id: EnvId = LOCAL_ENV_ID.parse().map_err(wrong_default)?;
    let bootstrap = Bootstrap {
        env_id: &env_id,
        local_deployer: PackDescriptor::try_new(LOCAL_DEPLOYER_PACK).map_err(wrong_default)?,
        payload: EnsureLocalEnvironmentPayload { public_base_url },
        now: store.ports().clock.now(),
    };
    let recorded = match store.snapshot(&env_id) {
        Ok(snapshot) => Some(snapshot),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    // Most calls change nothing and need not wait for those who do.
    if let Some(snapshot) = recorded {
        let runtime = snapshot.runtime().map(|document| document.typed().clone());
        let step = bootstrap.plan(Some(snapshot.require()?.typed()), runtime)?;
        if step.changes_nothing() {
            return Ok(step.answer());
        }
    }
    store.transact(&env_id, |locked| {
        let step = bootstrap.plan(locked.find()?.as_ref(), locked.load_runtime()?)?;
        if step.plan.outcome != LocalEnvOutcome::AlreadyExists {
            locked.save(&step.plan.environment)?;
        }
        if let Some(runtime) = &step.runtime {
            locked.save_runtime(runtime)?;
        }
        Ok(step.answer())
    })
}

fn wrong_default(error: impl std::error::Error) -> StoreError {
    StoreError::Contract { detail: format!("a default is not valid: {error}") }
}

/// What the bootstrap is told.
struct Bootstrap<'a> {
    env_id: &'a EnvId,
    local_deployer: PackDescriptor,
    payload: EnsureLocalEnvironmentPayload,
    now: DateTime<Utc>,
}

/// What the bootstrap comes to.
struct Step {
    plan: LocalEnvironmentPlan,
    /// The stub, when it is to be written.
    runtime: Option<EnvironmentRuntime>,
}

impl Step {
    fn changes_nothing(&self) -> bool {
        self.plan.outcome == LocalEnvOutcome::AlreadyExists && self.runtime.is_none()
    }

    fn answer(self) -> (Environment, LocalEnvOutcome) {
        (self.plan.environment, self.plan.outcome)
    }
}

impl Bootstrap<'_> {
    fn plan(
        &self,
        environment: Option<&Environment>,
        runtime: Option<EnvironmentRuntime>,
    ) -> Result<Step, StoreError> {
        let plan = plan_local_environment(self.env_id, environment, &self.payload)?;
        let runtime = self.stub(&plan, runtime);
        Ok(Step { plan, runtime })
    }

    /// The stub to write; none when the one that is there stays.
    fn stub(
        &self,
        plan: &LocalEnvironmentPlan,
        recorded: Option<EnvironmentRuntime>,
    ) -> Option<EnvironmentRuntime> {
        let deployer = plan.environment.pack_for_slot(CapabilitySlot::Deployer)?;
        let ours = |producer: &PackDescriptor| producer.path() == self.local_deployer.path();
        if !ours(&deployer.kind) {
            return None;
        }
        let address = plan.environment.host_config.resolved_listen_addr().to_string().into();
        let (mut discovered, generation) = match recorded {
            None => (BTreeMap::new(), 1),
            Some(runtime) if !ours(&runtime.generated_by) => return None,
            Some(runtime) => {
                let stale = runtime.discovered.get(LISTEN_ADDR) != Some(&address);
                if plan.outcome == LocalEnvOutcome::AlreadyExists && !stale {
                    return None;
                }
                (runtime.discovered, runtime.generation.saturating_add(1))
            }
        };
        discovered.insert(LISTEN_ADDR.to_owned(), address);
        Some(EnvironmentRuntime {
            schema: SchemaVersion::new(EnvironmentRuntime::schema_str()),
            environment_id: self.env_id.clone(),
            discovered,
            generated_at: self.now,
            generated_by: self.local_deployer.clone(),
            generation,
        })
    }
}
