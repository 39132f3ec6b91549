//! The state while one command changes it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{Applied, Context, EnvState, Event, Outcome, Rejection};
use crate::document::{
    Document, DocumentError, DocumentType, MAX_DOCUMENT_DEPTH, carry_unknown, check_depth,
    field_names, is_at_most,
};
use crate::documents::{
    BundleDeployment, EnvPackBinding, Environment, EnvironmentHostConfig, ExtensionBinding,
    ExtensionKey, MessagingEndpoint, NOTES, Revision, TrafficSplit, check_later_keys,
};
use crate::routing::Routing;
use crate::{CapabilitySlot, DeploymentId, EnvId, MessagingEndpointId, RevisionId};

/// A part of the environment's document.
#[derive(Clone)]
pub(super) enum Place {
    Root,
    HostConfig,
    Pack(CapabilitySlot),
    Extension(ExtensionKey),
    Deployment(DeploymentId),
    Revision(RevisionId),
    Split(DeploymentId),
    Endpoint(MessagingEndpointId),
}

/// Something to do to the raw document once the typed change has reached it.
enum RawEdit {
    /// Take over the keys of `raw` that its typed view does not know.
    Carry { typed: Value, raw: Value },
    /// Set a key that the types do not have, or remove it.
    Key { key: &'static str, value: Option<Value> },
}

impl RawEdit {
    fn is_deep(&self) -> bool {
        match self {
            Self::Carry { raw, .. } => is_deep(raw),
            Self::Key { value, .. } => value.as_ref().is_some_and(is_deep),
        }
    }
}

/// A working copy of the state. Verbs change the typed environment; [`Draft::finish`] brings the
/// change into the raw document, checks the whole and keeps the routing in step.
pub(super) struct Draft<'a> {
    before: &'a EnvState,
    pub(super) context: &'a Context,
    pub(super) state: EnvState,
    /// A verb that writes the whole document writes both of its views.
    raw_is_final: bool,
    /// Something was put into the raw document that may nest deeply.
    raw_is_deep: bool,
    raw_edits: Vec<(Place, RawEdit)>,
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(before: &'a EnvState, context: &'a Context) -> Self {
        Self {
            before,
            context,
            state: before.clone(),
            raw_is_final: false,
            raw_is_deep: false,
            raw_edits: Vec::new(),
            events: Vec::new(),
        }
    }

    pub(super) fn env_id(&self) -> &'a EnvId {
        &self.context.env_id
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.context.now
    }

    fn missing(&self) -> Rejection {
        Rejection::EnvironmentNotFound { env_id: self.context.env_id.clone() }
    }

    /// The environment as it was, both views.
    pub(super) fn document(&self) -> Result<&'a Document<Environment>, Rejection> {
        self.before.environment.as_ref().ok_or_else(|| self.missing())
    }

    pub(super) fn env(&self) -> Result<&Environment, Rejection> {
        self.state.environment.as_ref().map(Document::typed).ok_or_else(|| self.missing())
    }

    pub(super) fn env_mut(&mut self) -> Result<&mut Environment, Rejection> {
        let missing = Rejection::EnvironmentNotFound { env_id: self.context.env_id.clone() };
        self.state.environment.as_mut().map(|doc| doc.views_mut().0).ok_or(missing)
    }

    /// Puts a whole document in the place of the environment, both views as they are.
    pub(super) fn set_environment(&mut self, document: Document<Environment>) {
        self.state.environment = Some(document);
        self.raw_is_final = true;
    }

    /// The raw form that a part of the environment had before the command.
    pub(super) fn raw(&self, place: &Place) -> Option<&'a Value> {
        let document = self.before.environment.as_ref()?;
        let path = path_of(document.typed(), place)?;
        path.into_iter().try_fold(document.raw(), |value, step| step.of(value))
    }

    pub(super) fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Lets a part that is made of a payload have the payload's unknown keys.
    pub(super) fn carry<P: DocumentType>(
        &mut self,
        place: Place,
        payload: &Document<P>,
    ) -> Result<(), Rejection> {
        check_later_keys(P::NAME, payload.raw())?;
        let typed = to_value(payload.typed())?;
        self.carry_value(place, typed, payload.raw().clone());
        Ok(())
    }

    pub(super) fn carry_value(&mut self, place: Place, typed: Value, raw: Value) {
        self.raw_edits.push((place, RawEdit::Carry { typed, raw }));
    }

    pub(super) fn set_key(&mut self, place: Place, key: &'static str, value: Option<Value>) {
        self.raw_edits.push((place, RawEdit::Key { key, value }));
    }

    /// The state after the command, when the whole of it is sound.
    pub(super) fn finish(mut self, outcome: Outcome) -> Result<Applied, Rejection> {
        if let Some(document) = self.state.environment.as_mut() {
            if !self.raw_is_final {
                sync(self.before.environment.as_ref(), document)?;
            }
            let (typed, raw) = document.views_mut();
            for (place, edit) in self.raw_edits {
                self.raw_is_deep |= edit.is_deep();
                apply_raw(typed, raw, &place, edit);
            }
            self.raw_edits = Vec::new();
        }
        self.check()?;
        self.follow_splits();
        Ok(Applied { state: self.state, outcome, events: self.events })
    }

    fn check(&self) -> Result<(), Rejection> {
        match &self.state.environment {
            Some(after) if self.before.environment.as_ref() != Some(after) => {
                if self.may_be_deeper(after) {
                    check_depth::<Environment>(after.raw())?;
                }
                after.validate().map_err(Rejection::from)
            }
            _ => Ok(()),
        }
    }

    /// Whether the document may nest deeper than the one before. Revisions, of which there are many,
    /// have no part in which anything may stand, so that only keys that no type knows make them deep.
    fn may_be_deeper(&self, after: &Document<Environment>) -> bool {
        let parts = after.raw().as_object().into_iter().flatten();
        let mut others = parts.filter(|(key, _)| *key != "revisions");
        self.raw_is_final || self.raw_is_deep || others.any(|(_, part)| is_deep(part))
    }

    fn follow_splits(&mut self) {
        let before = splits_of(self.before.environment.as_ref());
        let after = splits_of(self.state.environment.as_ref());
        if before != after {
            let tables = self.before.routing.as_ref();
            let followed = Routing::follow(tables, &self.context.env_id, before, after);
            self.state.routing = followed;
        }
    }
}

fn splits_of(environment: Option<&Document<Environment>>) -> &[TrafficSplit] {
    environment.map(|env| env.traffic_splits.as_slice()).unwrap_or_default()
}

/// Brings the typed view's change into the raw one.
fn sync<T: DocumentType>(
    before: Option<&Document<T>>,
    document: &mut Document<T>,
) -> Result<(), Rejection> {
    let (typed, raw) = document.views_mut();
    let written = match before {
        Some(before) => T::patch(before.typed(), typed, raw),
        None => serde_json::to_value(&*typed).map(|value| *raw = value),
    };
    written.map_err(|error| {
        let (document, message) = (T::NAME, error.to_string());
        DocumentError::Unwritable { document, message }.into()
    })
}

/// Whether a value nests so deep that it may be too deep somewhere in a document.
fn is_deep(value: &Value) -> bool {
    const HARDLY: usize = MAX_DOCUMENT_DEPTH / 2;
    !is_at_most(value, HARDLY)
}

pub(super) fn to_value<T: Serialize>(value: &T) -> Result<Value, Rejection> {
    serde_json::to_value(value).map_err(|error| {
        let (document, message) = ("the payload", error.to_string());
        DocumentError::Unwritable { document, message }.into()
    })
}

/// One step from a JSON value to a part of it.
enum Step {
    Key(&'static str),
    At(usize),
}

impl Step {
    fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Self::Key(key) => value.get(key),
            Self::At(at) => value.get(at),
        }
    }

    fn of_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        match self {
            Self::Key(key) => value.get_mut(key),
            Self::At(at) => value.get_mut(at),
        }
    }
}

/// Where a part stands in the raw document: elements stand where they do in the typed view.
fn path_of(env: &Environment, place: &Place) -> Option<Vec<Step>> {
    fn element<T>(key: &'static str, list: &[T], is: impl Fn(&T) -> bool) -> Option<Vec<Step>> {
        Some(vec![Step::Key(key), Step::At(list.iter().position(is)?)])
    }
    match place {
        Place::Root => Some(Vec::new()),
        Place::HostConfig => Some(vec![Step::Key("host_config")]),
        Place::Pack(slot) => element("packs", &env.packs, |b| b.slot == *slot),
        Place::Extension(key) => element("extensions", &env.extensions, |b| key.matches(b)),
        Place::Deployment(id) => element("bundles", &env.bundles, |b| b.deployment_id == *id),
        Place::Revision(id) => element("revisions", &env.revisions, |r| r.revision_id == *id),
        Place::Split(id) => {
            element("traffic_splits", &env.traffic_splits, |s| s.deployment_id == *id)
        }
        Place::Endpoint(id) => {
            element("messaging_endpoints", &env.messaging_endpoints, |e| e.endpoint_id == *id)
        }
    }
}

fn apply_raw(env: &Environment, raw: &mut Value, place: &Place, edit: RawEdit) {
    let target = path_of(env, place)
        .and_then(|path| path.into_iter().try_fold(raw, |value, step| step.of_mut(value)));
    let Some(target) = target else { return };
    match edit {
        RawEdit::Carry { typed, mut raw } => {
            forget_known(&mut raw, &typed, fields_of(place));
            carry_unknown(target, &typed, &raw);
        }
        RawEdit::Key { key, value } => {
            if let Some(map) = target.as_object_mut() {
                match value {
                    Some(value) => drop(map.insert(key.to_owned(), value)),
                    None => drop(map.remove(key)),
                }
            }
        }
    }
}

/// The keys that a part of the environment has a meaning for.
fn fields_of(place: &Place) -> &'static [&'static str] {
    match place {
        Place::Root => field_names::<Environment>(),
        Place::HostConfig => field_names::<EnvironmentHostConfig>(),
        Place::Pack(_) => field_names::<EnvPackBinding>(),
        Place::Extension(_) => field_names::<ExtensionBinding>(),
        Place::Deployment(_) => field_names::<BundleDeployment>(),
        Place::Revision(_) => field_names::<Revision>(),
        Place::Split(_) => field_names::<TrafficSplit>(),
        Place::Endpoint(_) => field_names::<MessagingEndpoint>(),
    }
}

/// Drops what a payload does not know but its target does, and what only verbs write. Such a key
/// would reach the raw document past every rule: `status` in a payload that adds a bundle, for
/// example.
fn forget_known(raw: &mut Value, typed: &Value, fields: &[&str]) {
    if let Some(raw) = raw.as_object_mut() {
        raw.retain(|key, _| {
            let key = key.as_str();
            typed.get(key).is_some() || !(fields.contains(&key) || NOTES.contains(&key))
        });
    }
}
