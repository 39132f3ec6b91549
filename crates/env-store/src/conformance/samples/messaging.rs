//! Messaging endpoints.

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    AddMessagingEndpointPayload, BundleId, EnvId, PackId, RotateWebhookSecretPayload,
    SetMessagingWelcomeFlowPayload,
};

use super::{Made, WHO, document, endpoint};

pub(in crate::conformance) fn endpoint_of(
    env_id: &EnvId,
    provider_type: &str,
    provider_id: &str,
) -> AddMessagingEndpointPayload {
    AddMessagingEndpointPayload {
        provider_id: provider_id.to_owned(),
        provider_type: provider_type.to_owned(),
        display_name: "Sample".to_owned(),
        secret_refs: vec![format!("secret://{env_id}/acme/_/pack/bot_token")],
        webhook_secret_ref: None,
        updated_by: WHO.to_owned(),
    }
}

/// An endpoint for which nothing is minted.
pub(in crate::conformance) fn add_endpoint(env_id: &EnvId, number: u128) -> Made {
    let payload = endpoint_of(env_id, "messaging.teams", &format!("teams-{number}"));
    let endpoint_id = Some(endpoint(number));
    Ok(Command::AddMessagingEndpoint { endpoint_id, endpoint: document(payload)? })
}

/// An endpoint with a webhook secret that the store mints.
pub(in crate::conformance) fn add_minting_endpoint(env_id: &EnvId, number: u128) -> Made {
    let payload = endpoint_of(env_id, "messaging.telegram.bot", &format!("telegram-{number}"));
    let endpoint_id = Some(endpoint(number));
    Ok(Command::AddMessagingEndpoint { endpoint_id, endpoint: document(payload)? })
}

pub(in crate::conformance) fn link(number: u128, bundle: &str) -> Made {
    Ok(Command::LinkMessagingBundle {
        endpoint_id: endpoint(number),
        bundle_id: BundleId::from(bundle),
        updated_by: WHO.to_owned(),
    })
}

pub(in crate::conformance) fn unlink(number: u128, bundle: &str) -> Made {
    Ok(Command::UnlinkMessagingBundle {
        endpoint_id: endpoint(number),
        bundle_id: BundleId::from(bundle),
        updated_by: WHO.to_owned(),
    })
}

pub(in crate::conformance) fn greet(number: u128, bundle: &str) -> Made {
    let payload = SetMessagingWelcomeFlowPayload {
        endpoint_id: endpoint(number),
        bundle_id: BundleId::from(bundle),
        pack_id: PackId::new("pack"),
        flow_id: "welcome".to_owned(),
        updated_by: WHO.to_owned(),
    };
    Ok(Command::SetMessagingWelcomeFlow(document(payload)?))
}

pub(in crate::conformance) fn remove_endpoint(number: u128) -> Made {
    Ok(Command::RemoveMessagingEndpoint { endpoint_id: endpoint(number) })
}

pub(in crate::conformance) fn rotate_secret(number: u128) -> Made {
    let payload =
        RotateWebhookSecretPayload { updated_by: WHO.to_owned(), webhook_secret_ref: None };
    let rotation = document(payload)?;
    Ok(Command::RotateMessagingWebhookSecret { endpoint_id: endpoint(number), rotation })
}
