use super::policy::first_policy;
use super::verbs;
use super::{
    Command, Context, EnvState, Need, OperatorKeyNeed, Rejection, SignedRevenuePolicy, Supplies,
    WebhookSecretNeed,
};
use crate::documents::{Environment, TrustedKey};
use crate::payloads::{
    AddBundlePayload, AddMessagingEndpointPayload, RotateWebhookSecretPayload, UpdateBundlePayload,
};
use crate::{DeploymentId, EnvId, MessagingEndpointId, SecretRef};

/// What a command needs from outside before [`super::apply`] can judge it.
///
/// A command that is going to be refused needs nothing, so nothing is minted or signed for it.
#[must_use]
pub fn needs(state: &EnvState, command: &Command) -> Vec<Need> {
    let Some(env) = state.environment.as_ref() else {
        return match command {
            Command::Batch(commands) => batch(state, commands),
            _ => Vec::new(),
        };
    };
    let needs = match command {
        Command::AddBundle { deployment_id, bundle } => {
            add_bundle(state, env, *deployment_id, bundle)
        }
        Command::UpdateBundle(payload) => update_bundle(state, env, payload),
        Command::AddMessagingEndpoint { endpoint_id, endpoint } => {
            add_endpoint(env, *endpoint_id, endpoint)
        }
        Command::RotateMessagingWebhookSecret { endpoint_id, rotation } => {
            rotate_secret(env, *endpoint_id, rotation)
        }
        Command::BootstrapTrustRoot => Ok(vec![Need::OperatorKey(OperatorKeyNeed::Current)]),
        Command::SeedTrustRootIfAbsent if state.trust_root.is_none() => {
            Ok(vec![Need::OperatorKey(OperatorKeyNeed::Current)])
        }
        Command::RotateOperatorKey => verbs::check_trust_root_seeded(state, &env.environment_id)
            .map(|()| vec![Need::OperatorKey(OperatorKeyNeed::New)]),
        Command::Batch(commands) => Ok(batch(state, commands)),
        _ => Ok(Vec::new()),
    };
    needs.unwrap_or_default()
}

fn add_bundle(
    state: &EnvState,
    env: &Environment,
    deployment_id: Option<DeploymentId>,
    payload: &AddBundlePayload,
) -> Result<Vec<Need>, Rejection> {
    verbs::check_add_bundle(state, env, deployment_id, payload)?;
    let trust_root = state.trust_root.as_ref().map(crate::Document::typed);
    let policy = first_policy(&env.environment_id, deployment_id, payload, trust_root);
    let id = deployment_id.is_none().then_some(Need::DeploymentId);
    Ok(id.into_iter().chain([Need::RevenuePolicy(policy)]).collect())
}

fn update_bundle(
    state: &EnvState,
    env: &Environment,
    payload: &UpdateBundlePayload,
) -> Result<Vec<Need>, Rejection> {
    let (_, policy) = verbs::check_update_bundle(state, env, payload)?;
    Ok(policy.map(Need::RevenuePolicy).into_iter().collect())
}

fn tenant(env: &Environment) -> String {
    // The tenant becomes a segment of the secret's path; one that cannot is not used there.
    let own = env.host_config.tenant_org_id.as_deref().map(crate::CustomerId::from);
    let plain = own.filter(|tenant| tenant.check_segment().is_ok());
    plain.map_or_else(|| "default".to_owned(), |tenant| tenant.0)
}

fn add_endpoint(
    env: &Environment,
    endpoint_id: Option<MessagingEndpointId>,
    payload: &AddMessagingEndpointPayload,
) -> Result<Vec<Need>, Rejection> {
    let secrets = verbs::check_add_endpoint(env, endpoint_id, payload)?;
    let id = endpoint_id.is_none().then_some(Need::EndpointId);
    let secret = secrets.mints().then(|| {
        let env_id = env.environment_id.clone();
        let tenant = tenant(env);
        Need::WebhookSecret(WebhookSecretNeed { env_id, tenant, endpoint_id, replaces: None })
    });
    Ok(id.into_iter().chain(secret).collect())
}

fn rotate_secret(
    env: &Environment,
    endpoint_id: MessagingEndpointId,
    payload: &RotateWebhookSecretPayload,
) -> Result<Vec<Need>, Rejection> {
    let (endpoint, given) = verbs::check_rotate(env, endpoint_id, payload)?;
    let need = WebhookSecretNeed {
        env_id: env.environment_id.clone(),
        tenant: tenant(env),
        endpoint_id: Some(endpoint_id),
        replaces: endpoint.webhook_secret_ref.clone(),
    };
    Ok(if given.is_some() { Vec::new() } else { vec![Need::WebhookSecret(need)] })
}

/// What each command of a batch needs in the state that the commands before it lead to.
///
/// That state is computed with stand-ins for what is not supplied yet. It is only looked at, never
/// committed; after the first command that is refused, nothing more is needed.
fn batch(state: &EnvState, commands: &[Command]) -> Vec<Need> {
    if super::check_batch(commands).is_err() {
        return Vec::new();
    }
    let mut all = Vec::new();
    let mut state = state.clone();
    let mut trusts_operator_key = false;
    for (index, command) in commands.iter().enumerate() {
        let mut needs = needs(&state, command);
        for need in &mut needs {
            match need {
                Need::OperatorKey(_) => trusts_operator_key = true,
                Need::RevenuePolicy(policy) => policy.trusts_operator_key = trusts_operator_key,
                _ => {}
            }
        }
        let after = rehearsed(&state, command, &needs, index);
        all.extend(needs.into_iter().map(|need| Need::Step { index, need: Box::new(need) }));
        let Some(after) = after else { break };
        state = after;
    }
    all
}

fn rehearsed(
    state: &EnvState,
    command: &Command,
    needs: &[Need],
    index: usize,
) -> Option<EnvState> {
    let context = Context {
        env_id: subject(state, command)?,
        now: chrono::DateTime::<chrono::Utc>::MAX_UTC,
        actor: super::local_user("rehearsal"),
        key: "rehearsal".parse().ok()?,
        supplies: stand_ins(state, needs, index),
    };
    super::apply(state, command, &context).ok().map(|applied| applied.state)
}

/// The environment that a command is about: the recorded one, or the one that it would make.
fn subject(state: &EnvState, command: &Command) -> Option<EnvId> {
    if let Some(env) = &state.environment {
        return Some(env.environment_id.clone());
    }
    match command {
        Command::CreateEnvironment(payload) => Some(payload.env_id.clone()),
        Command::Replace(document) => Some(document.environment_id.clone()),
        Command::Restore { snapshot, .. } => Some(snapshot.environment.environment_id.clone()),
        Command::Adopt(payload) => {
            payload.environment.as_ref().map(|document| document.environment_id.clone())
        }
        Command::MigrateMergeBindings(payload) => {
            payload.seed_if_missing.as_ref().map(|seed| seed.host_config.env_id.clone())
        }
        _ => None,
    }
}

fn stand_ins(state: &EnvState, needs: &[Need], index: usize) -> Supplies {
    let mut supplies = Supplies::default();
    // Ids from the end of the range: none that was minted is there.
    let ulid = ulid::Ulid(u128::MAX - index as u128);
    for need in needs {
        match need {
            Need::DeploymentId => supplies.deployment_id = Some(DeploymentId(ulid)),
            Need::EndpointId => supplies.endpoint_id = Some(MessagingEndpointId(ulid)),
            Need::OperatorKey(_) => supplies.operator_key = Some(stand_in_key()),
            Need::RevenuePolicy(policy) => {
                supplies.revenue_policy = Some(SignedRevenuePolicy {
                    policy_ref: policy.policy_ref(),
                    key_id: any_trusted_key(state),
                });
            }
            Need::WebhookSecret(need) => {
                let reference = format!("{}{}/stand-in", SecretRef::SCHEME, need.env_id);
                supplies.webhook_secret_ref = SecretRef::try_new(reference).ok();
            }
            Need::Step { .. } => {}
        }
    }
    supplies
}

/// The public key of RFC 8410, section 10.1, which nobody trusts by accident.
fn stand_in_key() -> TrustedKey {
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";
    let key_id = crate::key_id_for_public_key_pem(PEM).unwrap_or_default();
    TrustedKey { key_id, public_key_pem: PEM.to_owned() }
}

fn any_trusted_key(state: &EnvState) -> String {
    let keys = state.trust_root.as_ref().map(|root| root.keys.as_slice()).unwrap_or_default();
    keys.first().map(|key| key.key_id.clone()).unwrap_or_default()
}
