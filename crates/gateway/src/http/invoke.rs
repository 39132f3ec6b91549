//! `POST /workers/invoke`: a message to a worker, and its answer.

use std::sync::Arc;

use chrono::SecondsFormat;
use greentic_deploy_spec::EnvId;
use greentic_runner_host::Activity;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::only;
use super::reply::{Reply, json_reply};
use super::request::{Asked, cut};
use crate::gate::Gate;
use crate::serving::Deployment;
use crate::turns::{Age, Message};

/// Longer names of sessions are refused.
const LONGEST_NAME: usize = 1_024;

#[derive(Deserialize)]
#[serde(expecting = "a JSON object")]
struct Invocation {
    #[serde(default)]
    version: Option<String>,
    /// What the caller says about itself; it must be what the route says.
    #[serde(default)]
    tenant: Map<String, Value>,
    worker_id: String,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    correlation_id: Option<String>,
    #[serde(default)]
    session_id: Option<String>,
    #[serde(default)]
    thread_id: Option<String>,
}

pub(super) async fn answer(gate: &Arc<Gate>, asked: &Asked) -> Result<Reply, ApiError> {
    only(asked, "POST")?;
    let mut invocation: Invocation = asked.object()?;
    invocation.check_names()?;
    let serving = gate.serving.load_full();
    let is_meant = |one: &Deployment| one.bundle_id.as_str() == invocation.worker_id;
    let found = serving.find_among(asked.host.as_deref(), &asked.path, is_meant);
    let (deployment, _) = found.ok_or_else(|| {
        let message = format!("no worker `{}` is served here", cut(&invocation.worker_id));
        ApiError::not_found("worker-not-found", message)
            .with_hint("`worker_id` is the id of the worker's bundle")
    })?;
    invocation.check_tenant(gate, &deployment)?;
    let (session, age) = match &invocation.session_id {
        Some(session) => (session.clone(), Age::MayBeParked),
        None => (gate.ids.ulid().to_string(), Age::New),
    };
    let message = Message {
        deployment: Arc::clone(&deployment),
        key: session.as_str().into(),
        hint: None,
        age,
        activity: activity(&session, std::mem::take(&mut invocation.payload)),
    };
    let answer = gate.turns.answer(&gate.metrics, message).await?;
    let answered = invocation.answered(gate, &deployment, session, answer.said);
    Ok(json_reply(StatusCode::OK, &answered))
}

/// The session is one of the deployment and tenant: the runner's scope says so, and no name from
/// outside leaves it.
fn activity(session: &str, payload: Value) -> Activity {
    let payload = match payload {
        Value::String(text) => json!({ "text": text }),
        payload => payload,
    };
    Activity::message(payload)
        .with_provider("invoke")
        .in_channel("invoke")
        .in_conversation(session)
        .from_user(session)
}

impl Invocation {
    fn check_names(&self) -> Result<(), ApiError> {
        let names = [&self.session_id, &self.thread_id, &self.correlation_id, &self.version];
        let long =
            |name: &&Option<String>| name.as_ref().is_some_and(|name| name.len() > LONGEST_NAME);
        if names.iter().any(long) {
            let message = format!("a name in the request has more than {LONGEST_NAME} bytes");
            return Err(ApiError::bad_request("name-too-long", message));
        }
        Ok(())
    }

    /// Who asks is anonymous: tenant and team are those of the route, and nothing that the caller
    /// says makes them others. What it says of a user is not looked at.
    fn check_tenant(&self, gate: &Gate, deployment: &Deployment) -> Result<(), ApiError> {
        let served = [
            ("env", gate.env_id.as_str()),
            ("tenant", &deployment.tenant),
            ("tenant_id", &deployment.tenant),
            ("team", &deployment.team),
            ("team_id", &deployment.team),
        ];
        for (name, served) in served {
            let said = self.tenant.get(name).filter(|said| !said.is_null());
            if said.is_some_and(|said| said.as_str() != Some(served)) {
                let message = format!("`tenant.{name}` is not the one that is served here");
                return Err(ApiError::forbidden("tenant-mismatch", message)
                    .with_hint("leave it out, or ask under the host and path of that tenant"));
            }
        }
        Ok(())
    }

    fn answered<'a>(
        &'a self,
        gate: &'a Gate,
        deployment: &'a Deployment,
        session_id: String,
        said: Vec<Activity>,
    ) -> Answered<'a> {
        let message = |one: Activity| Said { kind: "message", payload: one.payload };
        Answered {
            correlation_id: self.correlation_id.as_deref(),
            messages: said.into_iter().map(message).collect(),
            session_id,
            tenant: Tenant {
                env: &gate.env_id,
                team: &deployment.team,
                tenant: &deployment.tenant,
                tenant_id: &deployment.tenant,
            },
            thread_id: self.thread_id.as_deref(),
            timestamp_utc: gate.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true),
            version: self.version.as_deref().unwrap_or("1.0"),
            worker_id: &self.worker_id,
        }
    }
}

/// What is answered.
#[derive(Serialize)]
struct Answered<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
    messages: Vec<Said>,
    session_id: String,
    tenant: Tenant<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<&'a str>,
    timestamp_utc: String,
    version: &'a str,
    worker_id: &'a str,
}

/// For whom the worker answered.
#[derive(Serialize)]
struct Tenant<'a> {
    env: &'a EnvId,
    team: &'a str,
    tenant: &'a str,
    tenant_id: &'a str,
}

/// One message of the worker.
#[derive(Serialize)]
struct Said {
    kind: &'static str,
    payload: Value,
}
