//! Every parser of the crate as a function of bytes, for fuzzers and property tests. Each returns,
//! whatever it is given; that is all there is to check.

use crate::document::{Document, DocumentType, parse_json};
use crate::engine::Command;
use crate::remote::{IdempotencyRecord, Method, MutationEnvelope, RemoteStoreError, Request};
use crate::routing::Routing;
use crate::{
    AuditEvent, BackupArtifact, BackupManifest, BundleDeployment, Credentials, DeploymentId, EnvId,
    Environment, EnvironmentRuntime, ExtensionRef, IdempotencyKey, MessagingEndpoint, PackConfig,
    PackDescriptor, PackListLock, RevenuePolicyDocument, Revision, RevisionId, RuntimeConfig,
    RuntimeRef, SecretRef, TrafficSplit, TrustRoot, UpdateChannelConfig, UpdateStamp,
    key_id_for_public_key_pem, load_inline, materialize_runtime_config, validate_public_base_url,
};

/// Every document type from JSON text, what follows from it, and back.
pub fn documents(bytes: &[u8]) {
    if let Some(env) = document::<Environment>(bytes) {
        let _ = env.validate();
        let _ = materialize_runtime_config(&env);
        let _ = Routing::follow(None, &env.environment_id, &[], &env.traffic_splits);
    }
    let _ = document::<BundleDeployment>(bytes).map(|d| d.validate().is_ok());
    let _ = document::<Revision>(bytes).map(|d| d.validate().is_ok());
    let _ = document::<TrafficSplit>(bytes).map(|d| d.validate().is_ok());
    let _ = document::<MessagingEndpoint>(bytes).map(|d| d.validate().is_ok());
    let _ = document::<Credentials>(bytes).map(|d| d.validate().is_ok());
    let _ = document::<RevenuePolicyDocument>(bytes).map(|d| d.validate().is_ok());
    let _ = document::<TrustRoot>(bytes).map(|d| d.validate().is_ok());
    let _ = document::<UpdateChannelConfig>(bytes).map(|d| d.resolved_stream_endpoint());
    document::<EnvironmentRuntime>(bytes);
    document::<RuntimeConfig>(bytes);
    document::<PackConfig>(bytes);
    document::<PackListLock>(bytes);
    document::<AuditEvent>(bytes);
    document::<BackupManifest>(bytes);
    document::<BackupArtifact>(bytes);
}

fn document<T: DocumentType>(bytes: &[u8]) -> Option<Document<T>> {
    let document = Document::<T>::from_json(bytes).ok()?;
    let _ = document.etag();
    let _ = document.to_pretty();
    Some(document)
}

/// Commands and what else goes over the wire, from JSON text.
pub fn wire(bytes: &[u8]) {
    let Ok(value) = parse_json(bytes) else { return };
    let _ = serde_json::from_value::<Command>(value.clone());
    let _ = serde_json::from_value::<MutationEnvelope>(value.clone());
    let _ = serde_json::from_value::<IdempotencyRecord>(value.clone());
    let _ = RemoteStoreError::read(409, value.clone());
    if let Ok(routing) = serde_json::from_value::<Routing>(value) {
        for table in &routing.tables {
            let _ = table.decode();
        }
    }
}

/// Ids, references and other texts.
pub fn texts(text: &str) {
    let _ = text.parse::<EnvId>();
    let _ = text.parse::<RevisionId>();
    let _ = text.parse::<DeploymentId>();
    let _ = IdempotencyKey::from_header(text);
    let _ = PackDescriptor::try_new(text);
    let _ = SecretRef::try_new(text).map(|reference| reference.env_segment().len());
    let _ = RuntimeRef::try_new(text).map(|reference| reference.env_segment().len());
    let _ = ExtensionRef::try_new(text).map(|reference| reference.instance_id().is_some());
    let _ = validate_public_base_url(text);
    let _ = key_id_for_public_key_pem(text);
    let _ = UpdateStamp::parse(text);
    let _ = load_inline(std::path::Path::new(text));
    let _ = crate::remote::StateEtag::from_header(text);
}

/// A request: a method, a path and a body.
pub fn requests(method: u8, path: &str, body: &[u8]) {
    let methods = [Method::Get, Method::Post, Method::Patch, Method::Delete];
    let method = methods[usize::from(method) % methods.len()];
    if let Ok(request) = Request::from_wire(method, path, body) {
        let _ = request.operation();
        let _ = request.fingerprint();
    }
}
