//! Keys that later versions of the documents have. The types here stay as they were published, so
//! that struct literals of other tools compile; a [`Document`] keeps the keys and reads them here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Environment;
use crate::document::{Document, DocumentError};
use crate::{BundleId, DeploymentId, IdempotencyKey, RevisionId, StageRevisionPayload};

/// When a revision began to drain; a key of this implementation, on the revision.
pub(crate) const DRAINING_SINCE: &str = "draining_since";
/// The generation of a deployment's next split, while it has none; a key of this implementation, on the deployment.
pub(crate) const NEXT_SPLIT_GENERATION: &str = "next_split_generation";
/// What only verbs write, never a payload.
pub(crate) const NOTES: [&str; 2] = [DRAINING_SINCE, NEXT_SPLIT_GENERATION];
/// Which bundle serves what no route names; on the host configuration.
pub(crate) const DEFAULT_BUNDLE: &str = "default_bundle";

/// What a revision was deployed for; a key of this implementation, on the revision.
const DEPLOYED_FOR: &str = "deployed_for";

/// Which request a revision was staged for, so that the same request run again goes on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployRecord {
    /// The idempotency key of the request.
    pub key: IdempotencyKey,
    /// A digest of everything that was asked for, `sha256:<hex>`.
    pub inputs: String,
}

impl DeployRecord {
    /// The payload of a stage with this record beside it.
    ///
    /// # Errors
    /// [`DocumentError::Unwritable`] when a value has no JSON form.
    pub fn beside(
        &self,
        payload: StageRevisionPayload,
    ) -> Result<Document<StageRevisionPayload>, DocumentError> {
        let mut raw = Document::new(payload)?.into_raw();
        if let (Some(map), Ok(record)) = (raw.as_object_mut(), serde_json::to_value(self)) {
            map.insert(DEPLOYED_FOR.to_owned(), record);
        }
        Document::from_value(raw)
    }
}

/// The later keys that hold a text.
const TEXTS: [&str; 3] = [DEFAULT_BUNDLE, "pack_name", "runtime_image_digest"];

/// Checks that the later keys of a payload are of the type that newer tools read.
pub(crate) fn check_later_keys(
    document: &'static str,
    payload: &Value,
) -> Result<(), DocumentError> {
    let host = payload.get("host_config");
    let is_wrong = |value: &Value| !(value.is_string() || value.is_null());
    for key in TEXTS {
        let mut values = [Some(payload), host].into_iter().flatten().filter_map(|v| v.get(key));
        if values.any(is_wrong) {
            let (path, message) = (key.to_owned(), "the value is not a text".to_owned());
            return Err(DocumentError::Field { document, path, message });
        }
    }
    Ok(())
}

fn text<'a>(element: Option<&'a Value>, key: &str) -> Option<&'a str> {
    element?.get(key)?.as_str()
}

impl Document<Environment> {
    fn raw_revision(&self, id: RevisionId) -> Option<&Value> {
        let at = self.revisions.iter().position(|revision| revision.revision_id == id)?;
        self.raw().get("revisions")?.get(at)
    }

    fn raw_deployment(&self, id: DeploymentId) -> Option<&Value> {
        let at = self.bundles.iter().position(|bundle| bundle.deployment_id == id)?;
        self.raw().get("bundles")?.get(at)
    }

    /// The bundle that serves what no route names (documents of version 0.2.5 and later).
    #[must_use]
    pub fn default_bundle(&self) -> Option<BundleId> {
        text(self.raw().get("host_config"), DEFAULT_BUNDLE).map(BundleId::from)
    }

    /// When a revision began to drain. None for one that does not drain, or whose drain another
    /// tool began.
    #[must_use]
    pub fn draining_since(&self, id: RevisionId) -> Option<DateTime<Utc>> {
        text(self.raw_revision(id), DRAINING_SINCE)?.parse().ok()
    }

    /// The generation that the next traffic split of a deployment gets, so that none stands for two
    /// splits. None while it has one, and when it never had one.
    #[must_use]
    pub fn next_split_generation(&self, id: DeploymentId) -> Option<u64> {
        self.raw_deployment(id)?.get(NEXT_SPLIT_GENERATION)?.as_u64()
    }

    /// Which request a revision was staged for. None for one that was staged alone, or by another tool.
    #[must_use]
    pub fn deploy_record(&self, id: RevisionId) -> Option<DeployRecord> {
        DeployRecord::deserialize(self.raw_revision(id)?.get(DEPLOYED_FOR)?).ok()
    }

    /// The digest of the image that runs a revision (documents of version 1.2.0 and later).
    #[must_use]
    pub fn runtime_image_digest(&self, id: RevisionId) -> Option<&str> {
        text(self.raw_revision(id), "runtime_image_digest")
    }

    /// What the pack of a deployment is called (documents of version 1.2.0 and later).
    #[must_use]
    pub fn pack_name(&self, id: DeploymentId) -> Option<&str> {
        text(self.raw_deployment(id), "pack_name")
    }
}
