use serde::{Deserialize, Serialize};

use super::StateEtag;
use crate::EnvId;
use crate::document::Document;
use crate::documents::{BackupManifest, Environment, EnvironmentRuntime};

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        })*
    };
}

answers! {
    /// The answer of `GET /healthz`: the server runs.
    Health {
        /// `ok`.
        status: String,
        /// What the server is called.
        service: String,
        /// Its version.
        version: String,
    }
    /// The answer of `GET /environments`.
    EnvironmentList {
        /// The environments that the caller may see.
        environments: Vec<EnvId>,
    }
    /// The answer of `GET /environments/{env}`.
    EnvironmentAnswer {
        /// The environment, with every key.
        environment: Document<Environment>,
        /// Its etag.
        etag: StateEtag,
        /// Its generation.
        generation: u64,
    }
    /// The answer of `GET /environments/{env}/runtime`.
    RuntimeAnswer {
        /// What a deployer discovered; `null` when nothing was.
        runtime: Option<Document<EnvironmentRuntime>>,
    }
    /// The answer of `GET /environments/{env}/backups`.
    BackupList {
        /// The environment.
        environment_id: EnvId,
        /// Its backups.
        backups: Vec<BackupManifest>,
    }
    /// The result of `DELETE /environments/{env}/backups/{backup}`.
    BackupDeleted {
        /// The backup.
        backup_id: String,
        /// `true`.
        deleted: bool,
    }
    /// The result of `POST /environments/{env}/reconcile/complete`.
    Recorded {
        /// `true`.
        recorded: bool,
    }
}

/// The answer of `GET /readyz`: with status 200 when the server can serve, else with 503.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Readiness {
    /// It can.
    Ready,
    /// It cannot.
    Unready {
        /// Why not.
        error: String,
    },
}

impl Readiness {
    /// The HTTP status that goes with it.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Ready => 200,
            Self::Unready { .. } => 503,
        }
    }
}
