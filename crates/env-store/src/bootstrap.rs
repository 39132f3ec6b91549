use greentic_deploy_spec::{
    CapabilitySlot, DEFAULT_LISTEN_ADDR, EnvId, EnvPackBinding, Environment, EnvironmentHostConfig,
};

use crate::defaults::{
    LOCAL_DEPLOYER_PACK, LOCAL_SECRETS_PACK, LOCAL_SESSIONS_PACK, LOCAL_STATE_PACK,
    LOCAL_TELEMETRY_PACK,
};
use crate::{Refusal, StoreError};

/// What the bootstrap of a local environment is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnsureLocalEnvironmentPayload {
    /// The address that others reach the environment by, stored only when the environment is
    /// created. An environment that is there keeps what it has.
    pub public_base_url: Option<String>,
}

/// What the bootstrap of a local environment did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalEnvOutcome {
    /// There was none.
    Created,
    /// It was complete; nothing was written.
    AlreadyExists,
    /// Slots without a binding were bound to the defaults. Bindings that were there stay.
    Healed {
        /// The slots, in the order of binding.
        added_slots: Vec<CapabilitySlot>,
    },
}

/// What the bootstrap of a local environment comes to, before it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalEnvironmentPlan {
    /// The environment as it will be.
    pub environment: Environment,
    /// What is done to get there.
    pub outcome: LocalEnvOutcome,
}

/// The default bindings in the order in which they are made.
const DEFAULTS: [(CapabilitySlot, &str); 5] = [
    (CapabilitySlot::Deployer, LOCAL_DEPLOYER_PACK),
    (CapabilitySlot::Secrets, LOCAL_SECRETS_PACK),
    (CapabilitySlot::Telemetry, LOCAL_TELEMETRY_PACK),
    (CapabilitySlot::Sessions, LOCAL_SESSIONS_PACK),
    (CapabilitySlot::State, LOCAL_STATE_PACK),
];

/// Plans the bootstrap of a local environment from what is there.
///
/// # Errors
/// [`StoreError::InvalidArgument`] when the address is none that an environment can have.
pub fn plan_local_environment(
    env_id: &EnvId,
    recorded: Option<&Environment>,
    payload: &EnsureLocalEnvironmentPayload,
) -> Result<LocalEnvironmentPlan, StoreError> {
    let mut environment = match recorded {
        Some(environment) => environment.clone(),
        None => fresh(env_id, payload)?,
    };
    let mut added_slots = Vec::new();
    for (slot, descriptor) in DEFAULTS {
        if environment.pack_for_slot(slot).is_none() {
            environment.packs.push(binding(slot, descriptor)?);
            added_slots.push(slot);
        }
    }
    let outcome = match recorded {
        None => LocalEnvOutcome::Created,
        Some(_) if added_slots.is_empty() => LocalEnvOutcome::AlreadyExists,
        Some(_) => LocalEnvOutcome::Healed { added_slots },
    };
    Ok(LocalEnvironmentPlan { environment, outcome })
}

fn fresh(
    env_id: &EnvId,
    payload: &EnsureLocalEnvironmentPayload,
) -> Result<Environment, StoreError> {
    let mut host = EnvironmentHostConfig::new(env_id.clone());
    host.listen_addr = Some(DEFAULT_LISTEN_ADDR);
    if let Some(url) = &payload.public_base_url {
        let valid = greentic_deploy_spec::validate_public_base_url(url).map_err(|error| {
            StoreError::InvalidArgument(Refusal { detail: error.to_string(), rejection: None })
        })?;
        host.public_base_url = Some(valid);
    }
    Ok(Environment::fresh(env_id.clone(), env_id.to_string(), host))
}

fn binding(slot: CapabilitySlot, descriptor: &str) -> Result<EnvPackBinding, StoreError> {
    let kind = greentic_deploy_spec::PackDescriptor::try_new(descriptor)
        .map_err(|error| StoreError::Contract { detail: format!("a default pack: {error}") })?;
    Ok(EnvPackBinding {
        slot,
        kind,
        pack_ref: greentic_deploy_spec::PackId::new(descriptor),
        answers_ref: None,
        generation: 0,
        previous_binding_ref: None,
    })
}
