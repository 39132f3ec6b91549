use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::document::DocumentType;
use crate::{EnvId, SchemaVersion};

/// Whose updates an environment trusts when it names nobody.
pub const DEFAULT_TRUST_DID: &str = "did:web:trust.greentic.cloud";

/// Where update plans come from when an environment names no place.
pub const DEFAULT_PLAN_ENDPOINT: &str = "https://updates.greentic.cloud/v1/environments/_/plan";

const DEFAULT_POLL_INTERVAL_SECS: u64 = 3600;
const MIN_POLL_INTERVAL_SECS: u64 = 60;

/// What an environment does with an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UpdateAction {
    /// Notes it.
    RecordOnly,
    /// Fetches it and waits for an operator.
    Stage,
    /// Applies it.
    Apply,
}

/// Where an environment gets updates from (`update-channel.json`). Unknown keys are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct UpdateChannelConfig {
    /// [`SchemaVersion::UPDATE_CHANNEL_V1`].
    pub schema: SchemaVersion,
    /// The environment.
    pub environment_id: EnvId,
    /// Whether updates are followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The older spelling of `on_update`, without `apply`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_notify: Option<UpdateAction>,
    /// What to do with an update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_update: Option<UpdateAction>,
    /// Seconds between two looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll_interval_secs: Option<u64>,
    /// Where plans come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_endpoint: Option<String>,
    /// Whether notices are received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_enabled: Option<bool>,
    /// Where notices come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_endpoint: Option<String>,
    /// Every other key, as it is.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl UpdateChannelConfig {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::UPDATE_CHANNEL_V1
    }

    /// Whether updates are followed; off unless said otherwise.
    #[must_use]
    pub fn resolved_enabled(&self) -> bool {
        self.enabled.unwrap_or(false)
    }

    /// What to do with an update: `on_update`, else `on_notify`, else stage it.
    #[must_use]
    pub fn resolved_action(&self) -> UpdateAction {
        self.on_update.or(self.on_notify).unwrap_or(UpdateAction::Stage)
    }

    /// Seconds between two looks: 3,600 unless said otherwise, at least 60.
    #[must_use]
    pub fn resolved_poll_interval_secs(&self) -> u64 {
        self.poll_interval_secs.unwrap_or(DEFAULT_POLL_INTERVAL_SECS).max(MIN_POLL_INTERVAL_SECS)
    }

    /// Whether notices are received; on unless said otherwise.
    #[must_use]
    pub fn resolved_push_enabled(&self) -> bool {
        self.push_enabled.unwrap_or(true)
    }

    /// Where notices come from: as said, else the plan endpoint with its trailing `/plan` replaced
    /// by `/updates/stream`.
    #[must_use]
    pub fn resolved_stream_endpoint(&self) -> Option<String> {
        self.stream_endpoint.clone().or_else(|| {
            let base = self.plan_endpoint.as_deref()?.strip_suffix("/plan")?;
            Some(format!("{base}/updates/stream"))
        })
    }

    /// Sets what to do with an update, in both spellings.
    pub fn set_action(&mut self, action: UpdateAction) {
        self.on_update = Some(action);
        self.on_notify = Some(match action {
            UpdateAction::Apply => UpdateAction::Stage,
            other => other,
        });
    }
}

impl DocumentType for UpdateChannelConfig {
    const NAME: &'static str = "UpdateChannelConfig";
}
