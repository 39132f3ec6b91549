use greentic_deploy_spec::EnvId;
use greentic_deploy_spec::engine::Command;
use serde_json::json;

use super::liar::{HONEST, Lie};
use super::tools::doc;

pub(super) const LIES: &[Lie] = &[
    Lie {
        name: "names one secret for all endpoints",
        caught_by: &["store.secrets.are-references"],
        execute: |liar, env_id, mut request| {
            if let Command::AddMessagingEndpoint { endpoint, .. } = &mut request.command {
                let mut named = endpoint.typed().clone();
                let telegram = named.provider_type.contains("telegram");
                if telegram && named.webhook_secret_ref.is_none() {
                    named.webhook_secret_ref = Some(shared(env_id));
                }
                *endpoint = doc(named);
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "rotates to the same secret",
        caught_by: &["store.secrets.are-rotated"],
        execute: |liar, env_id, mut request| {
            if let Command::RotateMessagingWebhookSecret { rotation, .. } = &mut request.command {
                let mut named = rotation.typed().clone();
                named.webhook_secret_ref = Some(shared(env_id));
                *rotation = doc(named);
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "writes a secret into the audit log",
        caught_by: &["store.secrets.are-never-plain"],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            committed.audit.target = json!({"webhook_secret": "hunter2"});
            Ok(committed)
        },
        ..HONEST
    },
];

fn shared(env_id: &EnvId) -> String {
    format!("secret://{env_id}/default/_/pack/shared")
}
