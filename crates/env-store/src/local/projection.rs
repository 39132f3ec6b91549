//! What the files of an environment show, computed from its state.

use std::collections::{BTreeMap, BTreeSet};

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::routing::Routing;
use greentic_deploy_spec::{
    Document, DocumentError, DocumentType, Environment, MessagingEndpoint, MessagingEndpointId,
    RevisionId, materialize_runtime_config,
};
use serde::Serialize;
use serde_json::Value;

use super::layout;
use crate::StoreError;

/// What files show; none for a file that must not be there.
pub(super) type Contents = BTreeMap<String, Option<Vec<u8>>>;

/// The files that may differ between two states. Without a state before, all.
pub(super) fn render(before: Option<&EnvState>, after: &EnvState) -> Result<Contents, StoreError> {
    let nothing = EnvState::default();
    let old = before.unwrap_or(&nothing);
    let all = before.is_none();
    let mut contents = Contents::new();
    if all || old.environment != after.environment {
        let environment = after.environment.as_ref();
        contents.insert(layout::ENVIRONMENT.to_owned(), pretty(environment)?);
        contents.insert(layout::RUNTIME_CONFIG.to_owned(), runtime_config(environment)?);
        messaging(&mut contents, old.environment.as_ref(), environment)?;
    }
    if all || old.runtime != after.runtime {
        contents.insert(layout::RUNTIME.to_owned(), pretty(after.runtime.as_ref())?);
    }
    if all || old.trust_root != after.trust_root {
        contents.insert(layout::TRUST_ROOT.to_owned(), pretty(after.trust_root.as_ref())?);
    }
    if all || old.routing != after.routing {
        let routing = after.routing.as_ref().map(tables).transpose()?;
        contents.insert(layout::ROUTING.to_owned(), routing);
    }
    let slots: BTreeSet<_> = old.pack_answers.keys().chain(after.pack_answers.keys()).collect();
    for slot in slots {
        let answers = after.pack_answers.get(slot);
        if all || old.pack_answers.get(slot) != answers {
            contents.insert(layout::answers(*slot), answers.map(text).transpose()?);
        }
    }
    Ok(contents)
}

/// The order in which files are written, so that a reader who takes them in the public order never
/// finds a reference to something that is not there: what is new appears in the environment first,
/// what goes away leaves the runtime configuration first.
pub(super) fn order<'c>(
    contents: &'c Contents,
    before: &EnvState,
    after: &EnvState,
) -> Vec<(&'c String, &'c Option<Vec<u8>>)> {
    let (old, new) = (routed(before), routed(after));
    let first = if old.is_subset(&new) {
        [layout::ENVIRONMENT, layout::RUNTIME_CONFIG]
    } else {
        [layout::RUNTIME_CONFIG, layout::ENVIRONMENT]
    };
    let rank = |file: &str| first.iter().position(|name| *name == file).unwrap_or(first.len());
    let mut ordered: Vec<_> = contents.iter().collect();
    ordered.sort_by_key(|(file, _)| rank(file));
    ordered
}

fn routed(state: &EnvState) -> BTreeSet<RevisionId> {
    let splits = state.environment.as_ref().map(|env| env.traffic_splits.as_slice());
    let entries = splits.unwrap_or_default().iter().flat_map(|split| &split.entries);
    entries.map(|entry| entry.revision_id).collect()
}

fn unwritable(error: DocumentError) -> StoreError {
    StoreError::from_rejection(error.into())
}

fn pretty<T: DocumentType>(document: Option<&Document<T>>) -> Result<Option<Vec<u8>>, StoreError> {
    let text = document.map(Document::to_pretty).transpose().map_err(unwritable)?;
    Ok(text.map(String::into_bytes))
}

fn text<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    line(serde_json::to_vec_pretty(value))
}

/// Thousands of runs on a line: with an indent for each number they would take ten times the room.
fn tables(routing: &Routing) -> Result<Vec<u8>, StoreError> {
    line(serde_json::to_vec(routing))
}

fn line(json: Result<Vec<u8>, serde_json::Error>) -> Result<Vec<u8>, StoreError> {
    let mut bytes = json.map_err(|error| StoreError::Contract {
        detail: format!("a document has no JSON form: {error}"),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn runtime_config(
    environment: Option<&Document<Environment>>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let config = environment.map(|environment| materialize_runtime_config(environment));
    // A configuration without revisions is no file: nothing is live.
    config.filter(|config| !config.revisions.is_empty()).as_ref().map(text).transpose()
}

fn messaging(
    contents: &mut Contents,
    before: Option<&Document<Environment>>,
    after: Option<&Document<Environment>>,
) -> Result<(), StoreError> {
    for (endpoint, _) in endpoints(before) {
        contents.insert(endpoint_file(endpoint), None);
    }
    for (endpoint, raw) in endpoints(after) {
        let document =
            Document::<MessagingEndpoint>::from_value(raw.clone()).map_err(unwritable)?;
        contents.insert(endpoint_file(endpoint), pretty(Some(&document))?);
    }
    let index: Vec<_> = endpoints(after).map(|(endpoint, _)| IndexEntry::of(endpoint)).collect();
    let index = (!index.is_empty()).then(|| text(&index)).transpose()?;
    contents.insert(layout::MESSAGING_INDEX.to_owned(), index);
    Ok(())
}

fn endpoint_file(endpoint: &MessagingEndpoint) -> String {
    format!("{}/{}.json", layout::MESSAGING, endpoint.endpoint_id)
}

/// What the index tells of an endpoint, in the public order.
#[derive(Serialize)]
struct IndexEntry<'a> {
    endpoint_id: MessagingEndpointId,
    provider_type: &'a str,
    provider_id: &'a str,
    display_name: &'a str,
}

impl<'a> IndexEntry<'a> {
    fn of(endpoint: &'a MessagingEndpoint) -> Self {
        Self {
            endpoint_id: endpoint.endpoint_id,
            provider_type: &endpoint.provider_type,
            provider_id: &endpoint.provider_id,
            display_name: &endpoint.display_name,
        }
    }
}

/// Endpoints with all their keys.
fn endpoints(
    environment: Option<&Document<Environment>>,
) -> impl Iterator<Item = (&MessagingEndpoint, &Value)> {
    environment.into_iter().flat_map(|environment| {
        let raw = environment.raw().get("messaging_endpoints").and_then(Value::as_array);
        environment.messaging_endpoints.iter().zip(raw.into_iter().flatten())
    })
}
