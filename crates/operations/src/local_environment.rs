//! The bootstrap of the environment of this machine.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::{
    CapabilitySlot, EnvId, Environment, EnvironmentRuntime, PackDescriptor, SchemaVersion,
};
use greentic_env_store::defaults::{LOCAL_DEPLOYER_PACK, LOCAL_ENV_ID};
use greentic_env_store::{
    EnsureLocalEnvironmentPayload, EnvironmentMutations, EnvironmentReads, EnvironmentStore,
    LocalEnvOutcome, LocalEnvironmentPlan, LocalFsStore, StoreError, plan_local_environment,
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
    let bootstrap = Bootstrap::of(store, public_base_url)?;
    // Most calls change nothing and need not wait for those who do.
    let planned = bootstrap.plan_on(store)?;
    if planned.changes_nothing() {
        return Ok((planned.environment, planned.outcome));
    }
    store.transact(&bootstrap.env_id, |locked| {
        let planned = bootstrap.plan(locked.find()?.as_ref(), locked.load_runtime()?)?;
        if planned.writes_environment() {
            locked.save(&planned.environment)?;
        }
        if let Some(runtime) = &planned.runtime {
            locked.save_runtime(runtime)?;
        }
        Ok((planned.environment, planned.outcome))
    })
}

/// Does on another store, such as a rehearsal of `store`, what [`ensure_local_environment`] would do on
/// this one now, as one change.
///
/// # Errors
/// As [`ensure_local_environment`].
pub fn rehearse_local_environment(
    store: &LocalFsStore,
    public_base_url: Option<String>,
    rehearsal: &dyn EnvironmentMutations,
) -> Result<LocalEnvOutcome, OpError> {
    let bootstrap = Bootstrap::of(store, public_base_url)?;
    let planned = bootstrap.plan_on(store)?;
    if planned.writes_environment() {
        rehearsal.save(&planned.environment)?;
    }
    if let Some(runtime) = &planned.runtime {
        rehearsal.save_runtime(runtime)?;
    }
    Ok(planned.outcome)
}

fn wrong_default(error: impl std::error::Error) -> StoreError {
    StoreError::Contract { detail: format!("a default is not valid: {error}") }
}

/// What the bootstrap is told.
struct Bootstrap {
    env_id: EnvId,
    local_deployer: PackDescriptor,
    payload: EnsureLocalEnvironmentPayload,
    now: DateTime<Utc>,
}

/// What the bootstrap comes to.
struct Planned {
    environment: Environment,
    outcome: LocalEnvOutcome,
    /// The stub, when it is to be written.
    runtime: Option<EnvironmentRuntime>,
}

impl Planned {
    fn writes_environment(&self) -> bool {
        self.outcome != LocalEnvOutcome::AlreadyExists
    }

    fn changes_nothing(&self) -> bool {
        !self.writes_environment() && self.runtime.is_none()
    }
}

impl Bootstrap {
    fn of(store: &LocalFsStore, public_base_url: Option<String>) -> Result<Self, StoreError> {
        Ok(Self {
            env_id: LOCAL_ENV_ID.parse().map_err(wrong_default)?,
            local_deployer: PackDescriptor::try_new(LOCAL_DEPLOYER_PACK).map_err(wrong_default)?,
            payload: EnsureLocalEnvironmentPayload { public_base_url },
            now: store.ports().clock.now(),
        })
    }

    /// The plan on what a store shows now.
    fn plan_on(&self, store: &LocalFsStore) -> Result<Planned, StoreError> {
        let snapshot = match store.snapshot(&self.env_id) {
            Err(StoreError::NotFound { .. }) => return self.plan(None, None),
            other => other?,
        };
        let runtime = snapshot.runtime().map(|document| document.typed().clone());
        self.plan(Some(snapshot.require()?.typed()), runtime)
    }

    fn plan(
        &self,
        environment: Option<&Environment>,
        runtime: Option<EnvironmentRuntime>,
    ) -> Result<Planned, StoreError> {
        let plan = plan_local_environment(&self.env_id, environment, &self.payload)?;
        let runtime = self.stub(&plan, runtime);
        let LocalEnvironmentPlan { environment, outcome } = plan;
        Ok(Planned { environment, outcome, runtime })
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
