//! Random commands that look at the state.

use chrono::{DateTime, TimeDelta, Utc};
use greentic_deploy_spec::engine::{Command, EnvState};
use greentic_deploy_spec::{
    AdoptPayload, CapabilitySlot, DeploymentId, Document, Environment, EnvironmentHostConfig,
    EnvironmentRuntime, FieldUpdate, IdempotencyKey, MessagingEndpointId, PackListEntry,
    RestoreMode, Revision, RevisionId, RevisionLifecycle, SecretRef, SemVer, Snapshot,
    TrafficSplit,
};
use serde_json::{Map, Value, json};

use super::{
    ENV, OTHER_ENV, command, deployment_id, endpoint_id, env_id, idempotency_key, revision_id,
    start, trusted_key,
};
use RevisionLifecycle::{Archived, Draining, Failed, Inactive, Ready, Staged, Warming};

const BUNDLES: [&str; 3] = ["shop", "faq", "desk"];
const CUSTOMERS: [&str; 2] = ["acme", "globex"];
const PACKS: [&str; 3] = ["cart", "search", "greeter"];
const REVISIONS: u128 = 8;
const ENDPOINTS: u128 = 3;
/// Slots that bind in `packs`, and the two that do not.
const SLOTS: [&str; 6] = ["deployer", "secrets", "telemetry", "state", "messaging", "extension"];
const EXTENSIONS: [(&str, Option<&str>); 3] = [
    ("greentic.memory.store", None),
    ("greentic.memory.store", Some("archive")),
    ("greentic.oauth.broker", None),
];

/// Numbers that look random and follow from a seed (SplitMix64).
struct Rng(u64);

impl Rng {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x9e37_79b9_7f4a_7c15)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not zero.
    fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.number() % 100 < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn some<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { Some(self.pick(from)) }
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}

/// Makes commands, and time.
pub(crate) struct Generator {
    rng: Rng,
    now: DateTime<Utc>,
    serial: u64,
    seed: u64,
    past: Vec<Snapshot>,
}

type Make = fn(&mut Generator, &EnvState) -> Command;

/// How often each verb is tried.
const VERBS: &[(u64, Make)] = &[
    (2, Generator::create_environment),
    (4, Generator::update_environment),
    (3, Generator::merge_bindings),
    (14, Generator::stage),
    (4, Generator::begin_warm),
    (14, Generator::warm),
    (7, Generator::drain),
    (7, Generator::finish_drain),
    (7, Generator::archive),
    (5, Generator::retry),
    (9, Generator::add_bundle),
    (6, Generator::update_bundle),
    (5, Generator::remove_bundle),
    (5, Generator::add_pack),
    (6, Generator::update_pack),
    (3, Generator::remove_pack),
    (4, Generator::rollback_pack),
    (4, Generator::add_extension),
    (5, Generator::update_extension),
    (3, Generator::remove_extension),
    (4, Generator::rollback_extension),
    (16, Generator::set_split),
    (5, Generator::rollback_split),
    (3, Generator::clear_split),
    (4, Generator::add_endpoint),
    (5, Generator::link),
    (4, Generator::unlink),
    (5, Generator::set_welcome_flow),
    (2, Generator::remove_endpoint),
    (3, Generator::rotate_secret),
    (2, Generator::trust),
    (1, Generator::remove_trusted_key),
    (3, Generator::replace),
    (2, Generator::save_runtime),
    (3, Generator::answers),
    (4, Generator::restore),
    (3, Generator::adopt),
    (1, Generator::destroy),
    (3, Generator::batch),
    (2, Generator::deploy_batch),
];

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed), now: start(), serial: 0, seed, past: Vec::new() }
    }

    /// The time of the next command. Now and then a while passes, longer than some drains take.
    pub(crate) fn tick(&mut self) -> DateTime<Utc> {
        let seconds = if self.rng.chance(10) { 400 } else { 1 + self.rng.below(9) as i64 };
        self.now += TimeDelta::seconds(seconds);
        self.now
    }

    /// The key of the next command.
    pub(crate) fn key(&mut self) -> IdempotencyKey {
        self.serial += 1;
        idempotency_key(&format!("key-{}-{}", self.seed, self.serial))
    }

    /// Remembers a state that a restore may bring back.
    pub(crate) fn remember(&mut self, state: &EnvState) {
        let Some(environment) = state.environment.clone() else { return };
        if self.past.len() == 4 {
            self.past.remove(0);
        }
        let (runtime, pack_answers) = (state.runtime.clone(), state.pack_answers.clone());
        self.past.push(Snapshot { environment, runtime, pack_answers, trusted_key_ids: None });
    }

    /// The next command.
    pub(crate) fn next(&mut self, state: &EnvState) -> Command {
        if state.environment.is_none() && self.rng.chance(60) {
            return self.create_environment(state);
        }
        // Without a trusted key nothing can be deployed, and little else can happen.
        let trusted = state.trust_root.as_ref().is_some_and(|root| !root.keys.is_empty());
        if state.environment.is_some() && !trusted && self.rng.chance(15) {
            return Command::BootstrapTrustRoot;
        }
        let total: u64 = VERBS.iter().map(|(weight, _)| weight).sum();
        let mut ticket = self.rng.number() % total;
        for (weight, make) in VERBS {
            if ticket < *weight {
                return make(self, state);
            }
            ticket -= weight;
        }
        Command::Destroy
    }

    fn flaw(&mut self) -> bool {
        self.rng.chance(12)
    }

    fn unique(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Adds keys to a payload that its type does not have: a later version's, or keys that the
    /// element has which is made of it, and which the caller has no say in.
    fn with_extras(&mut self, mut payload: Value, not_the_callers: Value) -> Value {
        let unknown =
            self.rng.chance(15).then(|| (format!("x_{}", self.unique()), json!(self.unique())));
        let forbidden = self.rng.chance(5);
        if let Some(map) = payload.as_object_mut() {
            map.extend(unknown);
            if let Value::Object(keys) = not_the_callers
                && forbidden
            {
                map.extend(keys);
            }
        }
        payload
    }

    fn revision(
        &mut self,
        state: &EnvState,
        fits: impl Fn(&Environment, &Revision) -> bool,
    ) -> RevisionId {
        let fitting: Vec<_> = state
            .environment
            .iter()
            .flat_map(|env| env.revisions.iter().filter(|revision| fits(env, revision)))
            .map(|revision| revision.revision_id)
            .collect();
        let legal = self.rng.chance(80);
        let any = revision_id(self.rng.below(REVISIONS as usize) as u128);
        self.rng.some(&fitting).filter(|_| legal).unwrap_or(any)
    }

    /// Mostly one of the first two deployments, so that something happens in them.
    fn deployment(&mut self, state: &EnvState) -> DeploymentId {
        let known: Vec<_> = state
            .environment
            .iter()
            .flat_map(|env| &env.bundles)
            .map(|b| b.deployment_id)
            .collect();
        if self.flaw() || known.is_empty() {
            return deployment_id(self.rng.below(7) as u128);
        }
        let reach = if self.rng.chance(70) { known.len().min(2) } else { known.len() };
        self.rng.pick(&known[..reach])
    }

    fn endpoint(&mut self, state: &EnvState) -> MessagingEndpointId {
        let known: Vec<_> = state
            .environment
            .iter()
            .flat_map(|env| &env.messaging_endpoints)
            .map(|endpoint| endpoint.endpoint_id)
            .collect();
        let any = endpoint_id(self.rng.below(ENDPOINTS as usize) as u128);
        let legal = !self.flaw();
        self.rng.some(&known).filter(|_| legal).unwrap_or(any)
    }

    fn host_config(&mut self) -> Value {
        let mut host = json!({"env_id": self.rng.pick(&[ENV, ENV, OTHER_ENV])});
        if self.rng.chance(30) {
            host["tenant_org_id"] = json!("tenant-a");
        }
        if self.rng.chance(20) {
            host["default_bundle"] = json!(self.rng.pick(&BUNDLES));
        }
        if self.flaw() {
            host["public_base_url"] = json!("ftp://chat.example.com");
        }
        host
    }

    fn create_environment(&mut self, _: &EnvState) -> Command {
        let env_id = if self.flaw() { OTHER_ENV } else { ENV };
        let payload = json!({"env_id": env_id, "name": "Local", "host_config": self.host_config()});
        let forbidden =
            json!({"schema": "greentic.other.v1", "packs": [{}], "credentials_ref": "secret://x"});
        command("create-environment", self.with_extras(payload, forbidden))
    }

    fn update_environment(&mut self, _: &EnvState) -> Command {
        let url = if self.flaw() { "chat.example.com" } else { "https://chat.example.com" };
        let payload = match self.rng.below(6) {
            0 => json!({"name": format!("Name {}", self.unique())}),
            1 => json!({"tenant_org_id": {"value": self.rng.pick(&["tenant-a", "tenant-b"])}}),
            2 => json!({"tenant_org_id": {"clear": true}, "region": {"clear": false}}),
            3 => json!({"public_base_url": {"value": url}}),
            4 => json!({"default_bundle": {"value": self.rng.pick(&BUNDLES)}, "region": null}),
            _ if self.flaw() => json!({"default_bundle": {"value": 5}}),
            _ => json!({"default_bundle": {"clear": true}, "gui_enabled": {"value": true}}),
        };
        command("update-environment", payload)
    }

    fn merge_bindings(&mut self, _: &EnvState) -> Command {
        let packs: Vec<_> = (0..self.rng.below(3)).map(|_| self.pack_binding()).collect();
        let extensions: Vec<_> = (0..self.rng.below(3)).map(|_| self.extension_binding()).collect();
        let mut payload = json!({"packs": packs, "extensions": extensions});
        if self.rng.chance(60) {
            payload["seed_if_missing"] = json!({
                "host_config": self.host_config(),
                "revocation": {"required": true},
                "retention": {"keep_revisions": 3},
                "health": {"state": "green"},
            });
        }
        command("migrate-merge-bindings", payload)
    }

    fn packs(&mut self) -> Vec<PackListEntry> {
        let mut packs = PACKS.to_vec();
        self.rng.shuffle(&mut packs);
        packs.truncate(self.rng.below(3));
        if self.rng.chance(4) {
            packs.push("../up");
        }
        packs
            .into_iter()
            .map(|pack| PackListEntry {
                pack_id: pack.into(),
                version: SemVer::new(1, self.rng.below(3) as u64, 0),
                digest: "sha256:aa".to_owned(),
                source_uri: None,
            })
            .collect()
    }

    fn stage_payload(&mut self, revision: RevisionId, deployment: DeploymentId) -> Value {
        let payload = json!({
            "revision_id": revision,
            "deployment_id": deployment,
            "bundle_digest": format!("sha256:{:04x}", self.rng.below(65_536)),
            "pack_list": self.packs(),
            "pack_list_lock_ref": format!("revisions/{revision}/packs.lock"),
            "pack_config_refs": [],
            "config_digest": "sha256:cc",
            "signature_sidecar_ref": format!("revisions/{revision}/bundle.sig"),
            "drain_seconds": self.rng.pick(&[0, 30, 300]),
        });
        let forbidden = json!({
            "lifecycle": "ready",
            "sequence": 77,
            "warmed_at": "2026-01-01T00:00:00Z",
            "bundle_id": 5,
        });
        self.with_extras(payload, forbidden)
    }

    fn stage(&mut self, state: &EnvState) -> Command {
        let used =
            |id: RevisionId| state.environment.as_ref().is_some_and(|e| e.revision(id).is_some());
        let free: Vec<_> = (0..REVISIONS).map(revision_id).filter(|id| !used(*id)).collect();
        let any = revision_id(self.rng.below(REVISIONS as usize) as u128);
        let legal = !self.flaw();
        let revision = self.rng.some(&free).filter(|_| legal).unwrap_or(any);
        let deployment = self.deployment(state);
        command("stage-revision", self.stage_payload(revision, deployment))
    }

    fn begin_warm(&mut self, state: &EnvState) -> Command {
        let revision_id = self.revision(state, |_, r| matches!(r.lifecycle, Staged | Warming));
        Command::BeginWarm { revision_id }
    }

    fn warm_payload(&mut self, revision: RevisionId, expected: RevisionLifecycle) -> Value {
        let gate = if self.rng.chance(15) {
            json!({"ok": false, "failure": {"failed_checks": ["route-table"], "message": "no"}})
        } else {
            json!({"ok": true})
        };
        json!({"revision_id": revision, "health_gate": gate, "expected_lifecycle": expected})
    }

    fn warm(&mut self, state: &EnvState) -> Command {
        let revision = self.revision(state, |_, r| matches!(r.lifecycle, Staged | Warming));
        let actual = state.environment.as_ref().and_then(|env| env.revision(revision));
        let seen = actual.map_or(Staged, |revision| revision.lifecycle);
        let expected = if self.flaw() { self.rng.pick(RevisionLifecycle::ALL) } else { seen };
        command("warm-revision", self.warm_payload(revision, expected))
    }

    fn drain(&mut self, state: &EnvState) -> Command {
        let weight = |env: &Environment, id| {
            env.traffic_splits.iter().filter_map(|split| split.weight_of(id)).sum::<u64>()
        };
        let revision_id = self.revision(state, |env, revision| {
            revision.lifecycle == Ready && weight(env, revision.revision_id) == 0
        });
        Command::DrainRevision { revision_id }
    }

    fn finish_drain(&mut self, state: &EnvState) -> Command {
        let revision = self.revision(state, |_, r| r.lifecycle == Draining);
        let left = if self.rng.chance(50) { 0 } else { self.rng.below(3) };
        let report = json!({"open_requests": left, "parked_sessions": self.rng.below(left + 1)});
        command("finish-drain", json!({"revision_id": revision, "report": report}))
    }

    fn archive(&mut self, state: &EnvState) -> Command {
        let named = |split: &TrafficSplit, id| split.weight_of(id).is_some();
        let revision_id = self.revision(state, |env, revision| {
            !env.traffic_splits.iter().any(|split| named(split, revision.revision_id))
                && revision.lifecycle != Archived
        });
        Command::ArchiveRevision { revision_id }
    }

    fn retry(&mut self, state: &EnvState) -> Command {
        let revision_id = self.revision(state, |_, r| matches!(r.lifecycle, Failed | Inactive));
        Command::Retry { revision_id }
    }

    fn revenue_share(&mut self) -> Value {
        match self.rng.below(16) {
            0 => json!([]),
            1 => json!([{"party_id": "greentic", "basis_points": 9_999}]),
            2 => json!([{"party_id": "greentic", "basis_points": 10_001}]),
            3..7 => json!([
                {"party_id": "partner", "basis_points": 2_500},
                {"party_id": "greentic", "basis_points": 7_500},
            ]),
            _ => json!([{"party_id": "greentic", "basis_points": 10_000}]),
        }
    }

    fn config_overrides(&mut self) -> Value {
        let pack = match self.rng.below(20) {
            0 => "",
            1 => "a/b",
            _ => self.rng.pick(&PACKS),
        };
        let mut overrides = Map::new();
        overrides.insert(pack.to_owned(), json!({"limit": {"n": self.rng.below(5)}}));
        if self.rng.chance(30) { json!({}) } else { Value::Object(overrides) }
    }

    fn route(&mut self) -> Value {
        json!({
            "hosts": ["chat.example.com"],
            "tenant_selector": {"tenant": self.rng.pick(&["a", "b"]), "team": "default"},
        })
    }

    fn bundle_payload(&mut self, bundle: &str, customer: &str) -> Value {
        let mut payload = json!({
            "bundle_id": bundle, "customer_id": customer, "revenue_share": self.revenue_share(),
        });
        if self.rng.chance(20) {
            payload["route_binding"] = self.route();
        }
        if self.rng.chance(15) {
            payload["config_overrides"] = self.config_overrides();
        }
        if self.rng.chance(15) {
            payload["authorization_ref"] = json!("other-auth.json");
        }
        if self.rng.chance(10) {
            payload["pack_name"] = json!("A pack");
        }
        let forbidden = json!({
            "status": "archived",
            "revenue_policy_ref": "mine.sig",
            "usage": {"meter_endpoint": "u"},
            "deployment_id": deployment_id(6), "current_revisions": [revision_id(0)],
        });
        self.with_extras(payload, forbidden)
    }

    fn add_bundle(&mut self, _: &EnvState) -> Command {
        let bundle = if self.rng.chance(4) { ".." } else { self.rng.pick(&BUNDLES) };
        let customer = if self.rng.chance(4) { " " } else { self.rng.pick(&CUSTOMERS) };
        let own_id = self.rng.chance(50).then(|| deployment_id(self.rng.below(6) as u128));
        let mut payload = json!({"bundle": self.bundle_payload(bundle, customer)});
        if let Some(id) = own_id {
            payload["deployment_id"] = json!(id);
        }
        command("add-bundle", payload)
    }

    fn update_bundle(&mut self, state: &EnvState) -> Command {
        let mut payload = json!({"deployment_id": self.deployment(state)});
        if self.rng.chance(40) {
            payload["status"] = json!(self.rng.pick(&["active", "paused", "archived"]));
        }
        if self.rng.chance(30) {
            payload["route_binding"] = self.route();
        }
        if self.rng.chance(40) {
            payload["revenue_share"] = self.revenue_share();
        }
        if self.rng.chance(30) {
            payload["config_overrides"] = self.config_overrides();
        }
        let forbidden = json!({
            "env_id": OTHER_ENV, "revenue_policy_ref": "mine.sig", "bundle_id": "other",
            "usage": {"meter_endpoint": "u"},
        });
        command("update-bundle", self.with_extras(payload, forbidden))
    }

    fn remove_bundle(&mut self, state: &EnvState) -> Command {
        let done: Vec<_> = state
            .environment
            .iter()
            .flat_map(|env| env.bundles.iter().map(move |bundle| (env, bundle.deployment_id)))
            .filter(|(env, id)| {
                let mine = |revision: &&Revision| revision.deployment_id == *id;
                env.split_of(*id).is_none()
                    && env.revisions.iter().filter(mine).all(|r| r.lifecycle == Archived)
            })
            .map(|(_, id)| id)
            .collect();
        let any = self.deployment(state);
        let legal = self.rng.chance(60);
        let deployment_id = self.rng.some(&done).filter(|_| legal).unwrap_or(any);
        Command::RemoveBundle { deployment_id }
    }

    /// A slot that is bound, or is not.
    fn slot(&mut self, state: &EnvState, bound: bool) -> &'static str {
        let taken = |name: &&str| {
            let slot: CapabilitySlot = name.parse().expect("a slot");
            state.environment.as_ref().is_some_and(|env| env.pack_for_slot(slot).is_some())
        };
        let fitting: Vec<_> =
            SLOTS[..4].iter().filter(|name| taken(name) == bound).copied().collect();
        let any = self.rng.pick(&SLOTS);
        let legal = self.rng.chance(80);
        self.rng.some(&fitting).filter(|_| legal).unwrap_or(any)
    }

    fn previous_ref(&mut self) -> Option<&'static str> {
        // A stash of nothing, text that is no stash, and a stash of another object.
        let broken = ["inline://", "env-packs/old.json", "inline://eyJhIjoyLCJiIjoxfQ"];
        self.rng.chance(10).then(|| self.rng.pick(&broken))
    }

    fn binding(&mut self, kind: &str) -> Value {
        let mut binding = json!({
            "kind": format!("{kind}@0.{}.0", self.rng.below(4)),
            "pack_ref": format!("pack-{}", self.rng.below(5)),
            "generation": self.rng.pick(&[0, 0, 0, 7]),
        });
        if self.rng.chance(3) {
            binding["generation"] = json!(u64::MAX);
        }
        if self.rng.chance(40) {
            binding["answers_ref"] = json!("env-packs/answers.json");
        }
        if let Some(previous) = self.previous_ref() {
            binding["previous_binding_ref"] = json!(previous);
        }
        self.with_extras(binding, Value::Null)
    }

    fn pack_binding(&mut self) -> Value {
        let slot = if self.flaw() { self.rng.pick(&SLOTS) } else { self.rng.pick(&SLOTS[..4]) };
        self.binding_of_slot(slot)
    }

    fn binding_of_slot(&mut self, slot: &str) -> Value {
        let mut binding = self.binding(&format!("greentic.{slot}.pack"));
        binding["slot"] = json!(slot);
        binding
    }

    fn add_pack(&mut self, state: &EnvState) -> Command {
        let slot = self.slot(state, false);
        command("add-pack-binding", self.binding_of_slot(slot))
    }

    fn update_pack(&mut self, state: &EnvState) -> Command {
        let slot = self.slot(state, true);
        let named = if self.flaw() { self.rng.pick(&SLOTS) } else { slot };
        let binding = self.binding_of_slot(named);
        command("update-pack-binding", json!({"slot": slot, "binding": binding}))
    }

    fn remove_pack(&mut self, state: &EnvState) -> Command {
        command("remove-pack-binding", json!({"slot": self.slot(state, true)}))
    }

    fn rollback_pack(&mut self, state: &EnvState) -> Command {
        command("rollback-pack-binding", json!({"slot": self.slot(state, true)}))
    }

    fn extension_key(&mut self) -> (&'static str, Option<&'static str>) {
        if self.rng.chance(4) {
            ("greentic.oauth.broker", Some("Not An Id"))
        } else {
            self.rng.pick(&EXTENSIONS)
        }
    }

    fn extension_binding(&mut self) -> Value {
        let key = self.extension_key();
        self.binding_of_extension(key)
    }

    fn binding_of_extension(&mut self, (path, instance): (&str, Option<&str>)) -> Value {
        let mut binding = self.binding(path);
        if let Some(instance) = instance {
            binding["instance_id"] = json!(instance);
        }
        binding
    }

    fn add_extension(&mut self, _: &EnvState) -> Command {
        command("add-extension-binding", self.extension_binding())
    }

    fn update_extension(&mut self, _: &EnvState) -> Command {
        let key = self.extension_key();
        let named = if self.flaw() { self.extension_key() } else { key };
        let binding = self.binding_of_extension(named);
        let key = json!({"kind_path": key.0, "instance_id": key.1});
        command("update-extension-binding", json!({"key": key, "binding": binding}))
    }

    fn keyed_extension(&mut self, name: &str) -> Command {
        let (path, instance) = self.extension_key();
        command(name, json!({"key": {"kind_path": path, "instance_id": instance}}))
    }

    fn remove_extension(&mut self, _: &EnvState) -> Command {
        self.keyed_extension("remove-extension-binding")
    }

    fn rollback_extension(&mut self, _: &EnvState) -> Command {
        self.keyed_extension("rollback-extension-binding")
    }

    /// Shares of the whole, some of them nothing.
    fn weights(&mut self, count: usize) -> Vec<u32> {
        let mut left = 10_000;
        let mut weights = Vec::new();
        for at in 0..count {
            let weight = match self.rng.below(4) {
                _ if at + 1 == count => left,
                0 => 0,
                1 => left,
                _ => self.rng.below(left as usize + 1) as u32,
            };
            left -= weight;
            weights.push(weight);
        }
        weights
    }

    fn split_entries(&mut self, state: &EnvState, deployment: DeploymentId) -> Vec<Value> {
        let mut revisions: Vec<_> = state
            .environment
            .iter()
            .flat_map(|env| &env.revisions)
            .filter(|r| r.deployment_id == deployment && r.lifecycle == Ready)
            .map(|revision| revision.revision_id)
            .collect();
        self.rng.shuffle(&mut revisions);
        revisions.truncate(1 + self.rng.below(3));
        if revisions.is_empty() || self.rng.chance(8) {
            revisions.push(revision_id(self.rng.below(REVISIONS as usize + 1) as u128));
        }
        if self.rng.chance(4) {
            revisions.push(revisions[0]);
        }
        if self.rng.chance(1) {
            revisions = (0..101).map(revision_id).collect();
        }
        let mut weights = self.weights(revisions.len());
        match self.rng.below(30) {
            0 => weights[0] += 1,
            1 => weights[0] += 10_000,
            2 => return Vec::new(),
            _ => {}
        }
        let entry = |(id, weight)| json!({"revision_id": id, "weight_bps": weight});
        revisions.into_iter().zip(weights).map(entry).collect()
    }

    /// Mostly a deployment that has something to serve.
    fn ready_deployment(&mut self, state: &EnvState) -> DeploymentId {
        let ready: Vec<_> = state
            .environment
            .iter()
            .flat_map(|env| &env.revisions)
            .filter(|revision| revision.lifecycle == Ready)
            .map(|revision| revision.deployment_id)
            .collect();
        let any = self.deployment(state);
        let legal = self.rng.chance(75);
        self.rng.some(&ready).filter(|_| legal).unwrap_or(any)
    }

    fn set_split(&mut self, state: &EnvState) -> Command {
        let deployment = self.ready_deployment(state);
        let mut payload = json!({
            "deployment_id": deployment,
            "entries": self.split_entries(state, deployment),
            "updated_by": self.rng.pick(&["alice", "bob#idem=add:k"]),
        });
        if self.rng.chance(15) {
            payload["authorization_ref"] = json!("other-auth.json");
        }
        let forbidden = json!({
            "generation": 99,
            "idempotency_key": "mine",
            "previous_split_ref": "inline://",
            "env_id": "x",
        });
        command("set-traffic-split", self.with_extras(payload, forbidden))
    }

    /// Mostly a deployment that has a split.
    fn split_deployment(&mut self, state: &EnvState) -> DeploymentId {
        let split: Vec<_> = state
            .environment
            .iter()
            .flat_map(|env| &env.traffic_splits)
            .map(|split| split.deployment_id)
            .collect();
        let any = self.deployment(state);
        let legal = self.rng.chance(75);
        self.rng.some(&split).filter(|_| legal).unwrap_or(any)
    }

    fn rollback_split(&mut self, state: &EnvState) -> Command {
        Command::RollbackTrafficSplit { deployment_id: self.split_deployment(state) }
    }

    fn clear_split(&mut self, state: &EnvState) -> Command {
        Command::ClearTrafficSplit { deployment_id: self.split_deployment(state) }
    }

    fn secret(&mut self) -> String {
        match self.rng.below(12) {
            0 => format!("secret://{OTHER_ENV}/default/_/token"),
            1 => "token".to_owned(),
            _ => format!("secret://{ENV}/default/_/token-{}", self.rng.below(3)),
        }
    }

    fn add_endpoint(&mut self, _: &EnvState) -> Command {
        let provider = self.rng.pick(&["telegram", "messaging.telegram.bot", "slack", "slack"]);
        let mut endpoint = json!({
            "provider_id": if self.rng.chance(4) { " " } else { self.rng.pick(&["main", "second"]) },
            "provider_type": if self.rng.chance(4) { "" } else { provider },
            "display_name": "Chat",
            "updated_by": "alice#idem=add:key",
        });
        if self.rng.chance(40) {
            endpoint["secret_refs"] = json!([self.secret()]);
        }
        if self.rng.chance(20) {
            endpoint["webhook_secret_ref"] = json!(self.secret());
        }
        let forbidden = json!({
            "linked_bundles": ["shop"], "generation": 5,
            "welcome_flow": {"bundle_id": "shop", "pack_id": "cart", "flow_id": "hi"},
        });
        let mut payload = json!({"endpoint": self.with_extras(endpoint, forbidden)});
        if self.rng.chance(60) {
            payload["endpoint_id"] = json!(endpoint_id(self.rng.below(ENDPOINTS as usize) as u128));
        }
        command("add-messaging-endpoint", payload)
    }

    fn link_payload(&mut self, state: &EnvState) -> Value {
        let deployed: Vec<_> =
            state.environment.iter().flat_map(|env| &env.bundles).map(|b| &b.bundle_id).collect();
        let any = self.rng.pick(&BUNDLES).into();
        let legal = self.rng.chance(70);
        json!({
            "endpoint_id": self.endpoint(state),
            "bundle_id": self.rng.some(&deployed).filter(|_| legal).unwrap_or(&any),
            "updated_by": "bob",
        })
    }

    fn link(&mut self, state: &EnvState) -> Command {
        command("link-messaging-bundle", self.link_payload(state))
    }

    fn unlink(&mut self, state: &EnvState) -> Command {
        command("unlink-messaging-bundle", self.link_payload(state))
    }

    fn set_welcome_flow(&mut self, state: &EnvState) -> Command {
        let linking: Vec<_> = state
            .environment
            .iter()
            .flat_map(|env| &env.messaging_endpoints)
            .filter(|endpoint| !endpoint.linked_bundles.is_empty())
            .map(|endpoint| endpoint.endpoint_id)
            .collect();
        let any = self.endpoint(state);
        let legal = self.rng.chance(80);
        let endpoint = self.rng.some(&linking).filter(|_| legal).unwrap_or(any);
        let links: Vec<_> = state
            .environment
            .iter()
            .filter_map(|env| env.endpoint(endpoint))
            .flat_map(|endpoint| endpoint.linked_bundles.iter().map(|bundle| bundle.as_str()))
            .collect();
        let any = self.rng.pick(&BUNDLES);
        let legal = !self.flaw();
        let payload = json!({
            "endpoint_id": endpoint,
            "bundle_id": self.rng.some(&links).filter(|_| legal).unwrap_or(any),
            "pack_id": if self.rng.chance(5) { "." } else { self.rng.pick(&PACKS) },
            "flow_id": if self.rng.chance(5) { " " } else { self.rng.pick(&["hello", "bye"]) },
            "updated_by": "carol",
        });
        command("set-messaging-welcome-flow", payload)
    }

    fn remove_endpoint(&mut self, state: &EnvState) -> Command {
        Command::RemoveMessagingEndpoint { endpoint_id: self.endpoint(state) }
    }

    fn rotate_secret(&mut self, state: &EnvState) -> Command {
        let mut rotation = json!({"updated_by": "dave"});
        if self.rng.chance(40) {
            rotation["webhook_secret_ref"] = json!(self.secret());
        }
        let payload = json!({"endpoint_id": self.endpoint(state), "rotation": rotation});
        command("rotate-messaging-webhook-secret", payload)
    }

    fn trust(&mut self, _: &EnvState) -> Command {
        match self.rng.below(5) {
            0 => Command::BootstrapTrustRoot,
            1 => Command::SeedTrustRootIfAbsent,
            2 => Command::RotateOperatorKey,
            _ => {
                let key = trusted_key(1 + self.rng.below(4) as u8);
                let payload = match self.rng.below(8) {
                    0 => {
                        json!({"key_id": trusted_key(7).key_id, "public_key_pem": key.public_key_pem})
                    }
                    1 => json!({"key_id": key.key_id, "public_key_pem": "no key"}),
                    2 => json!({
                        "key_id": key.key_id.to_uppercase(),
                        "public_key_pem": key.public_key_pem,
                    }),
                    _ => json!({"key_id": key.key_id, "public_key_pem": key.public_key_pem}),
                };
                command("add-trusted-key", payload)
            }
        }
    }

    fn remove_trusted_key(&mut self, _: &EnvState) -> Command {
        let key_id = trusted_key(1 + self.rng.below(4) as u8).key_id;
        let key_id = if self.rng.chance(50) { key_id.to_uppercase() } else { key_id };
        Command::RemoveTrustedKey { key_id }
    }

    /// A document of this environment: as it is, as it was, or a fresh one.
    fn some_document(&mut self, state: &EnvState) -> Document<Environment> {
        let now = state.environment.clone();
        let then = if self.past.is_empty() {
            None
        } else {
            let at = self.rng.below(self.past.len());
            Some(self.past[at].environment.clone())
        };
        let document = if self.rng.chance(60) { now.or(then) } else { then.or(now) };
        document.unwrap_or_else(|| {
            let host = EnvironmentHostConfig::new(env_id());
            Document::new(Environment::fresh(env_id(), "Fresh".to_owned(), host)).expect("JSON")
        })
    }

    /// A document that somebody edited, now and then so that it is wrong.
    fn edited_document(&mut self, state: &EnvState) -> Document<Environment> {
        let document = self.some_document(state);
        let mut env = document.typed().clone();
        self.edit(&mut env);
        if self.flaw() {
            self.spoil(&mut env);
        }
        document.with(env).expect("JSON")
    }

    fn edit(&mut self, env: &mut Environment) {
        match self.rng.below(7) {
            0 => env.name = format!("Name {}", self.unique()),
            1 => {
                self.rng.shuffle(&mut env.packs);
                self.rng.shuffle(&mut env.extensions);
                self.rng.shuffle(&mut env.revisions);
            }
            2 => {
                self.rng.shuffle(&mut env.bundles);
                self.rng.shuffle(&mut env.traffic_splits);
                self.rng.shuffle(&mut env.messaging_endpoints);
            }
            3 => env.packs.truncate(self.rng.below(3)),
            4 => {
                let other = SecretRef::try_new(format!("secret://{ENV}/deployer")).ok();
                env.credentials_ref = if env.credentials_ref.is_none() { other } else { None };
            }
            5 => {
                env.retention.keep_revisions = Some(self.rng.below(9) as u32);
                env.health.message = Some("edited".to_owned());
            }
            _ => {
                for split in &mut env.traffic_splits {
                    self.rng.shuffle(&mut split.entries);
                }
            }
        }
    }

    fn spoil(&mut self, env: &mut Environment) {
        match self.rng.below(5) {
            0 => env.environment_id = OTHER_ENV.parse().expect("an environment id"),
            1 => env.packs.extend(env.packs.first().cloned()),
            2 => env.traffic_splits.iter_mut().for_each(|split| split.entries.clear()),
            3 => env.messaging_endpoints.extend(env.messaging_endpoints.first().cloned()),
            _ => env.host_config.env_id = OTHER_ENV.parse().expect("an environment id"),
        }
    }

    fn replace(&mut self, state: &EnvState) -> Command {
        Command::Replace(self.edited_document(state))
    }

    fn runtime(&mut self) -> Document<EnvironmentRuntime> {
        let env_id = if self.flaw() { OTHER_ENV } else { ENV };
        let runtime = json!({
            "schema": "greentic.environment-runtime.v1",
            "environment_id": env_id,
            "discovered": {"listen_addr": "127.0.0.1:8080"},
            "generated_at": "2026-06-16T08:00:00Z",
            "generated_by": "greentic.deployer.local-process@0.1.0",
            "generation": self.unique(),
        });
        Document::from_value(runtime).expect("a runtime document")
    }

    fn save_runtime(&mut self, _: &EnvState) -> Command {
        Command::SaveRuntime(self.runtime())
    }

    fn any_slot(&mut self) -> CapabilitySlot {
        self.rng.pick(&SLOTS).parse().expect("a slot")
    }

    fn answers(&mut self, _: &EnvState) -> Command {
        let slot = self.any_slot();
        if self.rng.chance(30) {
            return Command::DeletePackAnswers { slot };
        }
        Command::SavePackAnswers { slot, answers: json!({"port": self.unique()}) }
    }

    fn restore(&mut self, state: &EnvState) -> Command {
        let modes =
            [RestoreMode::Undo, RestoreMode::Undo, RestoreMode::Backup, RestoreMode::Import];
        let mode = if state.environment.is_none() && self.rng.chance(60) {
            RestoreMode::Import
        } else {
            self.rng.pick(&modes)
        };
        let last = self.past.len().saturating_sub(1 + self.rng.below(2));
        let snapshot = match self.past.get(last) {
            Some(snapshot) if self.rng.chance(70) => snapshot.clone(),
            _ => Snapshot {
                trusted_key_ids: None,
                environment: self.edited_document(state),
                runtime: self.rng.chance(40).then(|| self.runtime()),
                pack_answers: state.pack_answers.clone(),
            },
        };
        Command::Restore { mode, snapshot: Box::new(snapshot) }
    }

    fn adopt(&mut self, state: &EnvState) -> Command {
        let environment = self.rng.chance(60).then(|| self.edited_document(state));
        let runtime = match self.rng.below(4) {
            0 => FieldUpdate::Set(self.runtime()),
            1 => FieldUpdate::Clear,
            _ => FieldUpdate::Keep,
        };
        let answers = match self.rng.below(3) {
            0 => FieldUpdate::Set(json!({"found": self.unique()})),
            1 => FieldUpdate::Clear,
            _ => FieldUpdate::Keep,
        };
        let pack_answers = [(self.any_slot(), answers)].into();
        Command::Adopt(Box::new(AdoptPayload { environment, runtime, pack_answers }))
    }

    fn destroy(&mut self, _: &EnvState) -> Command {
        Command::Destroy
    }

    fn batch(&mut self, state: &EnvState) -> Command {
        if self.rng.chance(5) {
            return Command::Batch(vec![Command::Batch(Vec::new())]);
        }
        let count = self.rng.below(4);
        let mut commands = Vec::new();
        while commands.len() < count {
            match self.next(state) {
                Command::Batch(inner) => commands.extend(inner),
                command => commands.push(command),
            }
        }
        commands.retain(|command| !matches!(command, Command::Batch(_)));
        Command::Batch(commands)
    }

    /// A whole deployment as one change.
    fn deploy_batch(&mut self, state: &EnvState) -> Command {
        let deployment = deployment_id(self.rng.below(6) as u128);
        let Command::StageRevision(staged) = self.stage(state) else { return Command::Destroy };
        let revision = staged.revision_id;
        let (bundle, customer) = (self.rng.pick(&BUNDLES), self.rng.pick(&CUSTOMERS));
        Command::Batch(vec![
            command(
                "add-bundle",
                json!({"deployment_id": deployment, "bundle": self.bundle_payload(bundle, customer)}),
            ),
            command("stage-revision", self.stage_payload(revision, deployment)),
            command("warm-revision", self.warm_payload(revision, Staged)),
            command(
                "set-traffic-split",
                json!({
                    "deployment_id": deployment,
                    "entries": [{"revision_id": revision, "weight_bps": 10_000}],
                    "updated_by": "alice",
                }),
            ),
        ])
    }
}
