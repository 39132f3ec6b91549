//! A whole environment as one value, to be kept elsewhere or to become an environment elsewhere.

use chrono::{DateTime, Utc};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    BackupArtifact, BackupManifest, Document, DocumentError, EnvId, JsonError, RestoreMode,
    SchemaVersion, Snapshot, SpecError, StateIntegrity, canonical_value, sha256_hex,
};

use crate::{Committed, EnvSnapshot, EnvironmentMutations, EnvironmentReads, Request, StoreError};

/// A backup cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// It is no backup.
    #[error("this is no backup of an environment: {0}; export it again")]
    Document(#[from] DocumentError),
    /// It is of a version that this one does not read.
    #[error(transparent)]
    Schema(SpecError),
    /// It was changed or cut since it was made.
    #[error(
        "the backup was changed since it was made (sha-256 {actual}, it says {expected}); \
         take another copy of it"
    )]
    Changed {
        /// The digest that it names.
        expected: String,
        /// The digest that it has.
        actual: String,
    },
    /// It is of another environment.
    #[error("the backup is of environment `{found}`, not `{expected}`; import it as `{found}`")]
    OtherEnvironment {
        /// The environment that was asked for.
        expected: EnvId,
        /// The environment that the backup holds.
        found: EnvId,
    },
}

impl BackupError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Document(_) => "backup-unreadable",
            Self::Schema(error) => error.code(),
            Self::Changed { .. } => "backup-changed",
            Self::OtherEnvironment { .. } => "backup-of-another-environment",
        }
    }
}

/// Takes a backup: environment, runtime and pack answers of one generation. What is trusted stays
/// out of it, so that bringing it back never trusts a key that was removed since; so do secrets,
/// which are references anyway, and history.
///
/// # Errors
/// [`StoreError::NotFound`]; or why the environment cannot be read.
pub fn export(
    store: &(impl EnvironmentReads + ?Sized),
    env_id: &EnvId,
    backup_id: impl Into<String>,
    now: DateTime<Utc>,
) -> Result<Document<BackupArtifact>, StoreError> {
    let snapshot = store.snapshot(env_id)?;
    let artifact = artifact_of(&snapshot, backup_id.into(), now)?;
    Document::new(artifact).map_err(|error| StoreError::from_rejection(error.into()))
}

fn artifact_of(
    from: &EnvSnapshot,
    backup_id: String,
    now: DateTime<Utc>,
) -> Result<BackupArtifact, StoreError> {
    let environment = from.require()?;
    let canonical = environment.canonical();
    let snapshot = serde_json::to_value(snapshot_of(from)?)
        .map_err(|error| StoreError::Contract { detail: error.to_string() })?;
    Ok(BackupArtifact {
        schema: SchemaVersion::from(BackupArtifact::schema_str()),
        manifest: BackupManifest {
            schema: SchemaVersion::from(BackupManifest::schema_str()),
            backup_id,
            env_id: environment.environment_id.clone(),
            created_at: now,
            generation: from.generation(),
            integrity: StateIntegrity::of_bytes(canonical.as_bytes()),
            size_bytes: canonical.len() as u64,
        },
        snapshot_digest: sha256_hex(canonical_value(&snapshot).as_bytes()),
        snapshot,
    })
}

/// The documents that a backup holds.
pub(crate) fn snapshot_of(from: &EnvSnapshot) -> Result<Snapshot, StoreError> {
    Ok(Snapshot {
        environment: from.require()?.clone(),
        runtime: from.runtime().cloned(),
        pack_answers: from.state().pack_answers.clone(),
        trusted_key_ids: None,
    })
}

/// Reads a backup and checks that it is whole.
///
/// # Errors
/// [`BackupError`].
pub fn read(bytes: &[u8]) -> Result<Document<BackupArtifact>, BackupError> {
    let artifact = Document::<BackupArtifact>::from_json(bytes)?;
    check_schema(BackupArtifact::schema_str(), &artifact.schema)?;
    check_schema(BackupManifest::schema_str(), &artifact.manifest.schema)?;
    let actual = sha256_hex(canonical_value(&artifact.snapshot).as_bytes());
    if actual == artifact.snapshot_digest {
        Ok(artifact)
    } else {
        let expected = artifact.snapshot_digest.clone();
        Err(BackupError::Changed { expected, actual })
    }
}

fn check_schema(expected: &'static str, actual: &SchemaVersion) -> Result<(), BackupError> {
    if actual.as_str() == expected {
        return Ok(());
    }
    let actual = actual.as_str().to_owned();
    Err(BackupError::Schema(SpecError::SchemaMismatch { expected, actual }))
}

fn documents_in(artifact: &BackupArtifact, env_id: &EnvId) -> Result<Snapshot, BackupError> {
    let snapshot = serde_json::from_value(artifact.snapshot.clone()).map_err(|error| {
        DocumentError::Json(JsonError::Syntax {
            line: error.line(),
            column: error.column(),
            message: error.to_string(),
        })
    });
    let snapshot: Snapshot = snapshot?;
    let named = [&artifact.manifest.env_id, &snapshot.environment.environment_id];
    if let Some(found) = named.into_iter().find(|found| *found != env_id) {
        let (expected, found) = (env_id.clone(), found.clone());
        return Err(BackupError::OtherEnvironment { expected, found });
    }
    Ok(Snapshot { trusted_key_ids: None, ..snapshot })
}

/// Makes an environment of a backup, where there is none. The request's command is not looked at.
///
/// # Errors
/// [`StoreError::Backup`] when the backup cannot be used, [`StoreError::AlreadyExists`]; else as
/// [`EnvironmentMutations::execute`].
pub fn import(
    store: &(impl EnvironmentMutations + ?Sized),
    env_id: &EnvId,
    artifact: &BackupArtifact,
    request: Request,
) -> Result<Committed, StoreError> {
    put(store, env_id, artifact, RestoreMode::Import, request)
}

/// Brings an environment back to what a backup holds, as one commit. The request's command is not
/// looked at.
///
/// # Errors
/// [`StoreError::Backup`] when the backup cannot be used, [`StoreError::NotFound`]; else as
/// [`EnvironmentMutations::execute`].
pub fn restore(
    store: &(impl EnvironmentMutations + ?Sized),
    env_id: &EnvId,
    artifact: &BackupArtifact,
    request: Request,
) -> Result<Committed, StoreError> {
    put(store, env_id, artifact, RestoreMode::Backup, request)
}

fn put(
    store: &(impl EnvironmentMutations + ?Sized),
    env_id: &EnvId,
    artifact: &BackupArtifact,
    mode: RestoreMode,
    request: Request,
) -> Result<Committed, StoreError> {
    let snapshot = Box::new(documents_in(artifact, env_id)?);
    store.execute(env_id, Request { command: Command::Restore { mode, snapshot }, ..request })
}
