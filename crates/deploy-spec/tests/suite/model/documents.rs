//! What the model knows, read from raw documents, and the rules that a whole environment keeps.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use greentic_deploy_spec::engine::EnvState;
use serde_json::Value;

use crate::world::ENV;

/// The stable name of a reason to refuse.
pub(super) type Code = &'static str;
pub(super) type Judged = Result<(), Code>;
pub(super) type Time = DateTime<Utc>;

pub(super) fn refuse_if(broken: bool, code: Code) -> Judged {
    if broken { Err(code) } else { Ok(()) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Inactive,
    Staged,
    Warming,
    Ready,
    Draining,
    Failed,
    Archived,
}

impl Life {
    pub(super) fn of(text: &str) -> Self {
        match text {
            "inactive" => Self::Inactive,
            "staged" => Self::Staged,
            "warming" => Self::Warming,
            "ready" => Self::Ready,
            "draining" => Self::Draining,
            "failed" => Self::Failed,
            other => {
                assert_eq!(other, "archived");
                Self::Archived
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Revision {
    pub(super) id: String,
    pub(super) deployment: String,
    pub(super) bundle: String,
    pub(super) sequence: u64,
    pub(super) life: Life,
    pub(super) staged_at: Option<Time>,
    pub(super) warmed_at: Option<Time>,
    pub(super) draining_since: Option<Time>,
    pub(super) drain_seconds: i64,
    pub(super) packs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) bundle: String,
    pub(super) customer: String,
    pub(super) status: String,
    pub(super) current: Vec<String>,
    pub(super) shares: Vec<(String, u64)>,
    pub(super) policy: String,
    pub(super) authorization: String,
    pub(super) tenant: String,
    pub(super) overrides: BTreeSet<String>,
    pub(super) next_split: Option<u64>,
}

/// What a split or a binding was before its last change.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Previous<T> {
    None,
    Kept(Box<T>),
    Broken,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Split {
    pub(super) deployment: String,
    pub(super) bundle: String,
    pub(super) generation: u64,
    pub(super) entries: Vec<(String, u64)>,
    pub(super) updated_at: Time,
    pub(super) updated_by: String,
    pub(super) key: String,
    pub(super) authorization: String,
    pub(super) previous: Previous<Self>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Binding {
    /// The slot, or the path and instance of the extension.
    pub(super) key: String,
    pub(super) kind: String,
    pub(super) pack: String,
    pub(super) answers: Option<String>,
    pub(super) generation: u64,
    pub(super) previous: Previous<Self>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) class: String,
    pub(super) instance: String,
    pub(super) secrets: Vec<String>,
    pub(super) webhook: Option<String>,
    pub(super) links: Vec<String>,
    pub(super) welcome: Option<[String; 3]>,
    pub(super) generation: u64,
    pub(super) updated_at: Time,
    pub(super) updated_by: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Env {
    pub(super) id: String,
    pub(super) host_env: String,
    pub(super) name: String,
    pub(super) tenant: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) default_bundle: Option<String>,
    pub(super) credentials: Option<String>,
    pub(super) deployments: Vec<Deployment>,
    pub(super) revisions: Vec<Revision>,
    pub(super) splits: Vec<Split>,
    pub(super) packs: Vec<Binding>,
    pub(super) extensions: Vec<Binding>,
    pub(super) endpoints: Vec<Endpoint>,
}

/// All that the model says about a state.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Model {
    pub(super) env: Option<Env>,
    pub(super) trusted: Option<Vec<String>>,
    pub(super) runtime: Option<u64>,
    pub(super) answers: BTreeMap<String, Value>,
}

pub(super) fn maybe(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

pub(super) fn text(value: &Value, key: &str) -> String {
    maybe(value, key).unwrap_or_else(|| unreachable!("no text {key} in {value}"))
}

pub(super) fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

pub(super) fn time(value: &Value, key: &str) -> Option<Time> {
    maybe(value, key)?.parse().ok()
}

pub(super) fn moment(value: &Value, key: &str) -> Time {
    time(value, key).unwrap_or_else(|| unreachable!("no time {key} in {value}"))
}

pub(super) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn texts(value: &Value, key: &str) -> Vec<String> {
    list(value, key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(super) fn pairs(value: &Value, key: &str, name: &str, amount: &str) -> Vec<(String, u64)> {
    list(value, key).iter().map(|entry| (text(entry, name), number(entry, amount))).collect()
}

pub(super) fn unstash(value: &Value, key: &str) -> Previous<Value> {
    let Some(token) = maybe(value, key) else { return Previous::None };
    let stash = || {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix("inline://")?).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    stash().map_or(Previous::Broken, |value| Previous::Kept(Box::new(value)))
}

impl Previous<Value> {
    pub(super) fn map<T>(self, read: impl FnOnce(&Value) -> Option<T>) -> Previous<T> {
        match self {
            Self::None => Previous::None,
            Self::Broken => Previous::Broken,
            Self::Kept(value) => {
                read(&value).map_or(Previous::Broken, |read| Previous::Kept(Box::new(read)))
            }
        }
    }
}

impl Revision {
    pub(super) fn read(value: &Value) -> Self {
        Self {
            id: text(value, "revision_id"),
            deployment: text(value, "deployment_id"),
            bundle: text(value, "bundle_id"),
            sequence: number(value, "sequence"),
            life: Life::of(&text(value, "lifecycle")),
            staged_at: time(value, "staged_at"),
            warmed_at: time(value, "warmed_at"),
            draining_since: time(value, "draining_since"),
            drain_seconds: number(value, "drain_seconds") as i64,
            packs: list(value, "pack_list").iter().map(|pack| text(pack, "pack_id")).collect(),
        }
    }
}

pub(super) fn override_names(value: &Value) -> BTreeSet<String> {
    let overrides = value.get("config_overrides").and_then(Value::as_object);
    overrides.into_iter().flat_map(|map| map.keys().cloned()).collect()
}

pub(super) fn tenant_of(value: &Value) -> String {
    value
        .pointer("/route_binding/tenant_selector")
        .map_or("default".to_owned(), |s| text(s, "tenant"))
}

pub(super) fn shares(value: &Value) -> Vec<(String, u64)> {
    pairs(value, "revenue_share", "party_id", "basis_points")
}

impl Deployment {
    pub(super) fn read(value: &Value) -> Self {
        Self {
            id: text(value, "deployment_id"),
            bundle: text(value, "bundle_id"),
            customer: text(value, "customer_id"),
            status: text(value, "status"),
            current: texts(value, "current_revisions"),
            shares: shares(value),
            policy: text(value, "revenue_policy_ref"),
            authorization: text(value, "authorization_ref"),
            tenant: tenant_of(value),
            overrides: override_names(value),
            next_split: value.get("next_split_generation").and_then(Value::as_u64),
        }
    }
}

impl Split {
    pub(super) fn read(value: &Value) -> Self {
        let stash = unstash(value, "previous_split_ref");
        let previous = stash.map(|split| split.get("entries").map(|_| Self::read(split)));
        Self {
            deployment: text(value, "deployment_id"),
            bundle: text(value, "bundle_id"),
            generation: number(value, "generation"),
            entries: pairs(value, "entries", "revision_id", "weight_bps"),
            updated_at: moment(value, "updated_at"),
            updated_by: text(value, "updated_by"),
            key: text(value, "idempotency_key"),
            authorization: text(value, "authorization_ref"),
            previous,
        }
    }

    pub(super) fn weight(&self, revision: &str) -> Option<u64> {
        self.entries.iter().find(|(id, _)| id == revision).map(|(_, weight)| *weight)
    }
}

pub(super) fn extension_key(path: &str, instance: Option<&str>) -> String {
    instance.map_or_else(|| path.to_owned(), |instance| format!("{path}/{instance}"))
}

impl Binding {
    pub(super) fn read(value: &Value, key: fn(&Value) -> Option<String>) -> Option<Self> {
        let previous = unstash(value, "previous_binding_ref").map(|stash| Self::read(stash, key));
        Some(Self {
            key: key(value)?,
            kind: maybe(value, "kind")?,
            pack: maybe(value, "pack_ref")?,
            answers: maybe(value, "answers_ref"),
            generation: number(value, "generation"),
            previous,
        })
    }

    pub(super) fn pack(value: &Value) -> Self {
        Self::read(value, |value| maybe(value, "slot")).expect("a binding")
    }

    pub(super) fn extension(value: &Value) -> Self {
        let key = |value: &Value| {
            let kind = maybe(value, "kind")?;
            let path = kind.split_once('@')?.0;
            Some(extension_key(path, maybe(value, "instance_id").as_deref()))
        };
        Self::read(value, key).expect("a binding")
    }
}

impl Endpoint {
    pub(super) fn read(value: &Value) -> Self {
        let part = |flow: &Value| ["bundle_id", "pack_id", "flow_id"].map(|key| text(flow, key));
        Self {
            id: text(value, "endpoint_id"),
            class: text(value, "provider_type"),
            instance: text(value, "provider_id"),
            secrets: texts(value, "secret_refs"),
            webhook: maybe(value, "webhook_secret_ref"),
            links: texts(value, "linked_bundles"),
            welcome: value.get("welcome_flow").filter(|flow| !flow.is_null()).map(part),
            generation: number(value, "generation"),
            updated_at: moment(value, "updated_at"),
            updated_by: text(value, "updated_by"),
        }
    }
}

impl Env {
    pub(super) fn read(value: &Value) -> Self {
        let host = &value["host_config"];
        Self {
            id: text(value, "environment_id"),
            host_env: text(host, "env_id"),
            name: text(value, "name"),
            tenant: maybe(host, "tenant_org_id"),
            base_url: maybe(host, "public_base_url"),
            default_bundle: maybe(host, "default_bundle"),
            credentials: maybe(value, "credentials_ref"),
            deployments: list(value, "bundles").iter().map(Deployment::read).collect(),
            revisions: list(value, "revisions").iter().map(Revision::read).collect(),
            splits: list(value, "traffic_splits").iter().map(Split::read).collect(),
            packs: list(value, "packs").iter().map(Binding::pack).collect(),
            extensions: list(value, "extensions").iter().map(Binding::extension).collect(),
            endpoints: list(value, "messaging_endpoints").iter().map(Endpoint::read).collect(),
        }
    }

    pub(super) fn fresh(name: &str, host: &Value) -> Self {
        Self {
            id: ENV.to_owned(),
            host_env: ENV.to_owned(),
            name: name.to_owned(),
            tenant: maybe(host, "tenant_org_id"),
            base_url: maybe(host, "public_base_url"),
            default_bundle: maybe(host, "default_bundle"),
            credentials: None,
            deployments: Vec::new(),
            revisions: Vec::new(),
            splits: Vec::new(),
            packs: Vec::new(),
            extensions: Vec::new(),
            endpoints: Vec::new(),
        }
    }
}

impl Model {
    pub(super) fn read(state: &EnvState) -> Self {
        let keys =
            |root: &Value| list(root, "keys").iter().map(|key| text(key, "key_id")).collect();
        Self {
            env: state.environment.as_ref().map(|env| Env::read(env.raw())),
            trusted: state.trust_root.as_ref().map(|root| keys(root.raw())),
            runtime: state.runtime.as_ref().map(|runtime| number(runtime.raw(), "generation")),
            answers: state.pack_answers.iter().map(|(s, a)| (s.to_string(), a.clone())).collect(),
        }
    }
}

pub(super) fn unsafe_segment(text: &str) -> bool {
    text.trim().is_empty()
        || [".", ".."].contains(&text)
        || text.chars().any(|c| c == '/' || c == '\\' || c.is_control())
}

pub(super) fn check_whole(parts: &[(String, u64)]) -> Judged {
    refuse_if(parts.iter().any(|(_, part)| *part > 10_000), "basis-points-entry-too-large")?;
    refuse_if(parts.iter().map(|(_, part)| part).sum::<u64>() != 10_000, "basis-points-sum")
}

pub(super) fn has_duplicates<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    let mut items = items;
    items.any(|item| !seen.insert(item))
}

pub(super) fn check_secret(text: &str) -> Judged {
    let env = text.trim_start_matches("secret://").split('/').next().unwrap_or_default();
    refuse_if(env != ENV, "cross-env-ref")
}

impl Env {
    /// The first rule of a whole environment that is broken.
    pub(super) fn check(&self) -> Judged {
        refuse_if(self.host_env != self.id, "env-id-mismatch")?;
        let url = self.base_url.as_deref();
        refuse_if(url.is_some_and(|url| !url.starts_with("http")), "invalid-public-base-url")?;
        refuse_if(has_duplicates(self.packs.iter().map(|b| &b.key)), "duplicate-capability-slot")?;
        self.deployments.iter().try_for_each(|deployment| self.check_deployment(deployment))?;
        self.splits.iter().try_for_each(|split| self.check_split(split))?;
        self.check_endpoints()?;
        self.check_extensions()
    }

    pub(super) fn check_deployment(&self, deployment: &Deployment) -> Judged {
        check_whole(&deployment.shares)?;
        refuse_if(deployment.overrides.contains(""), "config-override-empty-pack-id")?;
        for id in &deployment.current {
            let revision = self.revision(id).map_err(|_| "unknown-revision")?;
            let foreign = revision.deployment != deployment.id;
            refuse_if(foreign, "bundle-revision-wrong-deployment")?;
        }
        let packs: BTreeSet<_> = self
            .revisions
            .iter()
            .filter(|r| r.deployment == deployment.id && r.life != Life::Archived)
            .flat_map(|r| &r.packs)
            .collect();
        let unknown = deployment.overrides.iter().any(|pack| !packs.contains(pack));
        refuse_if(unknown && !packs.is_empty(), "config-override-unknown-pack")
    }

    pub(super) fn check_split(&self, split: &Split) -> Judged {
        check_whole(&split.entries)?;
        self.deployment(&split.deployment).map_err(|_| "unknown-deployment")?;
        for (id, _) in &split.entries {
            let revision = self.revision(id).map_err(|_| "unknown-revision")?;
            let foreign = revision.deployment != split.deployment;
            refuse_if(foreign, "split-revision-wrong-deployment")?;
        }
        Ok(())
    }

    pub(super) fn check_endpoints(&self) -> Judged {
        for (at, endpoint) in self.endpoints.iter().enumerate() {
            refuse_if(endpoint.instance.trim().is_empty(), "empty-provider-id")?;
            refuse_if(endpoint.class.trim().is_empty(), "empty-provider-type")?;
            endpoint.secrets.iter().try_for_each(|secret| check_secret(secret))?;
            let flow = endpoint.welcome.as_ref();
            refuse_if(flow.is_some_and(|f| f[2].trim().is_empty()), "empty-welcome-flow-id")?;
            endpoint.webhook.iter().try_for_each(|secret| check_secret(secret))?;
            let before = &self.endpoints[..at];
            refuse_if(before.iter().any(|e| e.id == endpoint.id), "duplicate-messaging-endpoint")?;
            let gone = |link: &String| !self.deployments.iter().any(|d| d.bundle == *link);
            refuse_if(endpoint.links.iter().any(gone), "endpoint-bundle-not-deployed")?;
            let unlinked = flow.is_some_and(|f| !endpoint.links.contains(&f[0]));
            refuse_if(unlinked, "welcome-flow-bundle-not-linked")?;
        }
        Ok(())
    }

    pub(super) fn check_extensions(&self) -> Judged {
        let broken = |id: &str| {
            let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            id.is_empty() || !id.chars().all(legal)
        };
        let instance = |b: &&Binding| b.key.split_once('/').is_some_and(|(_, id)| broken(id));
        let invalid = self.extensions.iter().find(instance).is_some();
        refuse_if(invalid, "invalid-extension-instance-id")?;
        refuse_if(has_duplicates(self.extensions.iter().map(|b| &b.key)), "duplicate-extension")
    }

    pub(super) fn revision(&self, id: &str) -> Result<&Revision, Code> {
        self.revisions.iter().find(|r| r.id == id).ok_or("revision-not-found")
    }

    pub(super) fn revision_mut(&mut self, id: &str) -> Result<&mut Revision, Code> {
        self.revisions.iter_mut().find(|r| r.id == id).ok_or("revision-not-found")
    }

    pub(super) fn deployment(&self, id: &str) -> Result<&Deployment, Code> {
        self.deployments.iter().find(|d| d.id == id).ok_or("deployment-not-found")
    }

    pub(super) fn deployment_mut(&mut self, id: &str) -> Result<&mut Deployment, Code> {
        self.deployments.iter_mut().find(|d| d.id == id).ok_or("deployment-not-found")
    }

    pub(super) fn split(&self, deployment: &str) -> Option<&Split> {
        self.splits.iter().find(|s| s.deployment == deployment)
    }

    pub(super) fn endpoint(&self, id: &str) -> Result<&Endpoint, Code> {
        self.endpoints.iter().find(|e| e.id == id).ok_or("endpoint-not-found")
    }

    pub(super) fn endpoint_mut(&mut self, id: &str) -> Result<&mut Endpoint, Code> {
        self.endpoints.iter_mut().find(|e| e.id == id).ok_or("endpoint-not-found")
    }
}
