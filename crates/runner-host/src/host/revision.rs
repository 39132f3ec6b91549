//! What a host is asked of one revision.

use std::collections::HashMap;
use std::sync::Arc;

use greentic_deploy_spec::{BundleId, DeploymentId, RevisionId};
use serde_json::Value;

use super::{HostError, RunnerHost, answer};
use crate::runtime::{RuntimeError, RuntimeKey, TenantRuntime};
use crate::turn::TurnError;
use crate::{Activity, IdentifyInstanceHint, IdentifyOutcome};

impl RunnerHost {
    /// Answers a message with a revision.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn handle_activity_for_revision(
        &self,
        tenant: &str,
        deployment_id: DeploymentId,
        bundle_id: BundleId,
        revision_id: RevisionId,
        activity: Activity,
    ) -> Result<Vec<Activity>, HostError> {
        let runtime = self.revision(tenant, deployment_id, &bundle_id, revision_id)?;
        answer(&runtime, activity).await
    }

    /// Tells whether a revision holds a conversation that an activity would go on with, also while
    /// a turn of it is running. Nothing is taken: it is cheap to ask each revision that serves.
    ///
    /// False when no flow of the revision answers such an activity. A conversation whose first turn
    /// is not over does not wait yet.
    ///
    /// # Errors
    /// [`HostError::Runtime`], [`HostError::Turn`].
    pub async fn is_parked_for_revision(
        &self,
        tenant: &str,
        deployment_id: DeploymentId,
        bundle_id: BundleId,
        revision_id: RevisionId,
        activity: &Activity,
    ) -> Result<bool, HostError> {
        let runtime = self.revision(tenant, deployment_id, &bundle_id, revision_id)?;
        Ok(runtime.is_parked(activity).await.map_err(TurnError::from)?)
    }

    /// How many conversations wait on a revision, those whose turn is running included.
    ///
    /// # Errors
    /// [`HostError::Runtime`], [`HostError::Turn`].
    pub async fn parked_count_for_revision(
        &self,
        tenant: &str,
        deployment_id: DeploymentId,
        bundle_id: BundleId,
        revision_id: RevisionId,
    ) -> Result<usize, HostError> {
        let runtime = self.revision(tenant, deployment_id, &bundle_id, revision_id)?;
        Ok(runtime.parked_conversations().await.map_err(TurnError::from)?)
    }

    /// Asks the providers of a revision which of their instances a request is for. All of them are
    /// shown the same payload. Without types, nobody is asked.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn identify_messaging_endpoints_for_revision(
        &self,
        tenant: &str,
        deployment_id: DeploymentId,
        bundle_id: BundleId,
        revision_id: RevisionId,
        provider_types: &[&str],
        payload: &[u8],
    ) -> Result<HashMap<String, IdentifyOutcome>, HostError> {
        if provider_types.is_empty() {
            return Ok(HashMap::new());
        }
        let runtime = self.revision(tenant, deployment_id, &bundle_id, revision_id)?;
        Ok(runtime.identify_payload(provider_types, payload).await?)
    }

    /// The same, and each provider is shown the headers that it asked for.
    ///
    /// # Errors
    /// [`HostError`].
    #[expect(clippy::too_many_arguments, reason = "the names and order that embedders know")]
    pub async fn identify_messaging_endpoints_for_revision_scoped(
        &self,
        tenant: &str,
        deployment_id: DeploymentId,
        bundle_id: BundleId,
        revision_id: RevisionId,
        provider_types: &[&str],
        headers: &[(String, String)],
        body: &Value,
    ) -> Result<HashMap<String, IdentifyOutcome>, HostError> {
        if provider_types.is_empty() {
            return Ok(HashMap::new());
        }
        let runtime = self.revision(tenant, deployment_id, &bundle_id, revision_id)?;
        Ok(runtime.identify(provider_types, headers, body).await?)
    }

    /// What the providers of a revision say about how they recognise their instances.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn describe_identify_instances_for_revision(
        &self,
        tenant: &str,
        deployment_id: DeploymentId,
        bundle_id: BundleId,
        revision_id: RevisionId,
        provider_types: &[&str],
    ) -> Result<HashMap<String, Option<IdentifyInstanceHint>>, HostError> {
        if provider_types.is_empty() {
            return Ok(HashMap::new());
        }
        let runtime = self.revision(tenant, deployment_id, &bundle_id, revision_id)?;
        Ok(runtime.hints(provider_types).await)
    }

    /// Lets the provider of a type do something, as part of an exchange. The same correlation id
    /// names the same exchange: providers that can, do it once.
    ///
    /// # Errors
    /// [`HostError`].
    #[expect(clippy::too_many_arguments, reason = "the names and order that embedders know")]
    pub async fn invoke_provider_for_revision(
        &self,
        tenant: &str,
        deployment_id: DeploymentId,
        bundle_id: BundleId,
        revision_id: RevisionId,
        provider_type: &str,
        op: &str,
        input_json: Vec<u8>,
        correlation_id: Option<String>,
        trace_id: Option<String>,
    ) -> Result<Value, HostError> {
        let runtime = self.revision(tenant, deployment_id, &bundle_id, revision_id)?;
        runtime.invoke_provider(provider_type, op, &input_json, correlation_id, trace_id).await
    }

    fn revision(
        &self,
        tenant: &str,
        deployment_id: DeploymentId,
        bundle_id: &BundleId,
        revision_id: RevisionId,
    ) -> Result<Arc<TenantRuntime>, HostError> {
        let found = self.active.load_revision(tenant, deployment_id, bundle_id, revision_id);
        found.ok_or_else(|| {
            let key = RuntimeKey::revision(tenant, deployment_id, bundle_id.clone(), revision_id);
            RuntimeError::RevisionNotLoaded { key: Box::new(key) }.into()
        })
    }
}
