//! What each verb asks for and what it does, in the words of the model.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    ExtensionKey, FieldUpdate, IdempotencyKey, RestoreMode, RevisionId, Snapshot,
};
use serde_json::Value;

use super::documents::*;
use crate::world::{self, ENV};

/// What a verb knows besides the state.
pub(super) struct Asked<'a> {
    pub(super) now: Time,
    pub(super) key: &'a IdempotencyKey,
    pub(super) index: usize,
    pub(super) in_batch: bool,
}

impl Asked<'_> {
    pub(super) fn minted(&self) -> String {
        // All kinds of ids have one text form.
        RevisionId(world::minted(self.key, self.index).into()).to_string()
    }
}

pub(super) fn without_stamp(updated_by: &str) -> String {
    match updated_by.rsplit_once("#idem=") {
        Some((who, stamp)) if stamp.contains(':') => who.to_owned(),
        _ => updated_by.to_owned(),
    }
}

pub(super) fn check_secret_text(text: &str) -> Judged {
    refuse_if(text.strip_prefix("secret://").is_none_or(str::is_empty), "invalid-secret-ref")
}

impl Env {
    pub(super) fn stage(&mut self, payload: &Value, asked: &Asked<'_>) -> Judged {
        let id = text(payload, "revision_id");
        let deployment = text(payload, "deployment_id");
        refuse_if(self.revision(&id).is_ok(), "revision-exists")?;
        let bundle = self.deployment(&deployment)?.bundle.clone();
        let packs: Vec<_> = list(payload, "pack_list").iter().map(|p| text(p, "pack_id")).collect();
        refuse_if(packs.iter().any(|pack| unsafe_segment(pack)), "unsafe-id")?;
        let siblings = self.revisions.iter().filter(|r| r.deployment == deployment);
        let sequence = siblings.map(|r| r.sequence).max().unwrap_or(0) + 1;
        let drain_seconds = number(payload, "drain_seconds") as i64;
        self.revisions.push(Revision {
            id,
            deployment,
            bundle,
            sequence,
            life: Life::Staged,
            staged_at: Some(asked.now),
            warmed_at: None,
            draining_since: None,
            drain_seconds,
            packs,
        });
        Ok(())
    }

    pub(super) fn begin_warm(&mut self, id: &str) -> Judged {
        let revision = self.revision_mut(id)?;
        let starts = matches!(revision.life, Life::Staged | Life::Warming);
        refuse_if(!starts, "lifecycle-conflict")?;
        revision.life = Life::Warming;
        Ok(())
    }

    pub(super) fn warm(&mut self, payload: &Value, asked: &Asked<'_>) -> Judged {
        let revision = self.revision_mut(&text(payload, "revision_id"))?;
        if revision.life == Life::Ready {
            revision.warmed_at = Some(asked.now);
            return Ok(());
        }
        let expected = Life::of(&text(payload, "expected_lifecycle"));
        refuse_if(revision.life != expected, "lifecycle-conflict")?;
        let starts = matches!(revision.life, Life::Staged | Life::Warming);
        refuse_if(!starts, "lifecycle-conflict")?;
        if payload["health_gate"]["ok"] == true {
            revision.life = Life::Ready;
            revision.warmed_at = Some(asked.now);
        } else {
            refuse_if(asked.in_batch, "gate-failure-in-batch")?;
            revision.life = Life::Failed;
        }
        Ok(())
    }

    pub(super) fn drain(&mut self, id: &str, asked: &Asked<'_>) -> Judged {
        let weighs = self.splits.iter().any(|split| split.weight(id).is_some_and(|w| w > 0));
        let revision = self.revision_mut(id)?;
        if revision.life == Life::Draining {
            return Ok(());
        }
        refuse_if(revision.life != Life::Ready, "lifecycle-conflict")?;
        refuse_if(weighs, "revision-has-traffic")?;
        revision.life = Life::Draining;
        revision.draining_since = Some(asked.now);
        Ok(())
    }

    pub(super) fn finish_drain(&mut self, id: &str, report: [u64; 2], asked: &Asked<'_>) -> Judged {
        let revision = self.revision_mut(id)?;
        if revision.life == Life::Inactive {
            return Ok(());
        }
        refuse_if(revision.life != Life::Draining, "lifecycle-conflict")?;
        let allowed = TimeDelta::seconds(revision.drain_seconds);
        let passed = revision.draining_since.is_some_and(|since| asked.now - since >= allowed);
        refuse_if(report != [0, 0] && !passed, "drain-not-finished")?;
        revision.life = Life::Inactive;
        revision.draining_since = None;
        Ok(())
    }

    pub(super) fn archive(&mut self, id: &str) -> Judged {
        let named = self.splits.iter().any(|split| split.weight(id).is_some());
        let revision = self.revision_mut(id)?;
        if revision.life == Life::Archived {
            return Ok(());
        }
        refuse_if(named, "revision-has-traffic")?;
        if revision.life == Life::Draining {
            revision.draining_since = None;
        }
        revision.life = Life::Archived;
        for deployment in &mut self.deployments {
            deployment.current.retain(|current| current != id);
        }
        Ok(())
    }

    pub(super) fn retry(&mut self, id: &str, asked: &Asked<'_>) -> Judged {
        let revision = self.revision_mut(id)?;
        match revision.life {
            Life::Staged => Ok(()),
            Life::Failed | Life::Inactive => {
                revision.life = Life::Staged;
                revision.staged_at = Some(asked.now);
                revision.warmed_at = None;
                Ok(())
            }
            _ => Err("lifecycle-conflict"),
        }
    }

    pub(super) fn add_bundle(
        &mut self,
        own: Option<String>,
        payload: &Value,
        asked: &Asked<'_>,
        signs: Judged,
    ) -> Judged {
        let (bundle, customer) = (text(payload, "bundle_id"), text(payload, "customer_id"));
        let same = |d: &Deployment| d.bundle == bundle && d.customer == customer;
        refuse_if(self.deployments.iter().any(same), "already-deployed")?;
        let taken = own.as_ref().is_some_and(|id| self.deployment(id).is_ok());
        refuse_if(taken, "deployment-exists")?;
        let overrides = override_names(payload);
        let odd_override = overrides.iter().any(|pack| !pack.is_empty() && unsafe_segment(pack));
        let odd = unsafe_segment(&bundle) || unsafe_segment(&customer) || odd_override;
        refuse_if(odd, "unsafe-id")?;
        let shares = shares(payload);
        check_whole(&shares)?;
        refuse_if(overrides.contains(""), "config-override-empty-pack-id")?;
        signs?;
        self.deployments.push(Deployment {
            id: own.unwrap_or_else(|| asked.minted()),
            status: "active".to_owned(),
            current: Vec::new(),
            shares,
            policy: format!("billing-policies/{bundle}/{customer}/v1.json.sig"),
            authorization: maybe(payload, "authorization_ref").unwrap_or("auth.json".to_owned()),
            tenant: tenant_of(payload),
            overrides,
            next_split: None,
            bundle,
            customer,
        });
        Ok(())
    }

    pub(super) fn update_bundle(&mut self, payload: &Value, signs: Judged) -> Judged {
        let mut updated = self.deployment(&text(payload, "deployment_id"))?.clone();
        let given = |key: &str| payload.get(key).is_some();
        updated.status = maybe(payload, "status").unwrap_or(updated.status);
        if given("route_binding") {
            updated.tenant = tenant_of(payload);
        }
        if given("config_overrides") {
            updated.overrides = override_names(payload);
        }
        if given("revenue_share") {
            updated.shares = shares(payload);
            check_whole(&updated.shares)?;
        }
        refuse_if(updated.overrides.contains(""), "config-override-empty-pack-id")?;
        let odd = updated.overrides.iter().any(|pack| unsafe_segment(pack));
        refuse_if(odd, "unsafe-id")?;
        self.check_deployment(&updated)?;
        if given("revenue_share") {
            signs?;
            let (folder, file) = updated.policy.rsplit_once('/').expect("a folder and a file");
            let version = file.trim_start_matches('v').trim_end_matches(".json.sig");
            let next = version.parse::<u64>().expect("a version") + 1;
            updated.policy = format!("{folder}/v{next}.json.sig");
        }
        let id = updated.id.clone();
        *self.deployment_mut(&id)? = updated;
        Ok(())
    }

    pub(super) fn remove_bundle(&mut self, id: &str) -> Judged {
        let bundle = self.deployment(id)?.bundle.clone();
        let alive = |r: &Revision| r.deployment == id && r.life != Life::Archived;
        let live = self.split(id).is_some() || self.revisions.iter().any(alive);
        refuse_if(live, "deployment-live")?;
        let others = self.deployments.iter().any(|d| d.bundle == bundle && d.id != id);
        let linked = self.endpoints.iter().any(|e| e.links.contains(&bundle));
        refuse_if(linked && !others, "bundle-linked")?;
        self.deployments.retain(|d| d.id != id);
        self.revisions.retain(|r| r.deployment != id);
        Ok(())
    }

    pub(super) fn set_split(&mut self, payload: &Value, asked: &Asked<'_>) -> Judged {
        let deployment = text(payload, "deployment_id");
        let Deployment { bundle, next_split, .. } = self.deployment(&deployment)?.clone();
        let entries = pairs(payload, "entries", "revision_id", "weight_bps");
        refuse_if(entries.len() > 100, "too-many-split-entries")?;
        let mut seen = BTreeSet::new();
        for (id, _) in &entries {
            refuse_if(self.revision(id)?.deployment != deployment, "wrong-deployment")?;
            refuse_if(!seen.insert(id), "duplicate-split-entry")?;
        }
        self.check_ready(&entries)?;
        check_whole(&entries)?;
        let before = self.split(&deployment).cloned();
        let sorted = |entries: &[(String, u64)]| entries.iter().cloned().collect::<BTreeSet<_>>();
        let is_again =
            before.as_ref().is_some_and(|split| sorted(&split.entries) == sorted(&entries));
        let authorization = maybe(payload, "authorization_ref").unwrap_or("auth.json".to_owned());
        self.put_split(Split {
            deployment,
            bundle,
            generation: before
                .as_ref()
                .map_or(next_split.unwrap_or(0), |split| split.generation + 1),
            entries,
            updated_at: asked.now,
            updated_by: without_stamp(&text(payload, "updated_by")),
            key: asked.key.to_string(),
            authorization,
            previous: before.map_or(Previous::None, |split| {
                if is_again {
                    return split.previous;
                }
                Previous::Kept(Box::new(Split { previous: Previous::None, ..split }))
            }),
        })
    }

    pub(super) fn check_ready(&self, entries: &[(String, u64)]) -> Judged {
        for (id, _) in entries {
            let revision = self.revision(id).map_err(|_| "admission-revision-missing")?;
            refuse_if(revision.life != Life::Ready, "revision-not-ready")?;
        }
        Ok(())
    }

    /// A split names its deployment's current revisions.
    pub(super) fn put_split(&mut self, split: Split) -> Judged {
        let current = split.entries.iter().map(|(id, _)| id.clone()).collect();
        let deployment = self.deployment_mut(&split.deployment)?;
        deployment.current = current;
        deployment.next_split = None;
        match self.splits.iter_mut().find(|s| s.deployment == split.deployment) {
            Some(recorded) => *recorded = split,
            None => self.splits.push(split),
        }
        Ok(())
    }

    pub(super) fn rollback_split(&mut self, deployment: &str, asked: &Asked<'_>) -> Judged {
        let current = self.split(deployment).ok_or("split-not-found")?;
        let restored = match &current.previous {
            Previous::None => Err("no-previous-split"),
            Previous::Broken => Err("stash-unreadable"),
            Previous::Kept(split) => Ok(split),
        }?;
        let restored = Split {
            generation: current.generation + 1,
            previous: Previous::None,
            updated_at: asked.now,
            key: format!("rollback-{}", current.key),
            ..Split::clone(restored)
        };
        self.check_ready(&restored.entries)?;
        self.put_split(restored)
    }

    pub(super) fn clear_split(&mut self, deployment: &str) -> Judged {
        let last = self.split(deployment).ok_or("split-not-found")?.generation;
        self.splits.retain(|split| split.deployment != deployment);
        let deployment = self.deployment_mut(deployment)?;
        deployment.current.clear();
        deployment.next_split = last.checked_add(1);
        Ok(())
    }

    pub(super) fn default_tenant(&self) -> String {
        self.tenant.clone().unwrap_or("default".to_owned())
    }

    pub(super) fn minted_secret(&self, endpoint: &str) -> String {
        format!("secret://{ENV}/{}/_/messaging-{endpoint}/webhook_secret", self.default_tenant())
    }

    pub(super) fn add_endpoint(
        &mut self,
        own: Option<String>,
        payload: &Value,
        asked: &Asked<'_>,
    ) -> Judged {
        let (class, instance) = (text(payload, "provider_type"), text(payload, "provider_id"));
        let same = |e: &Endpoint| e.class == class && e.instance == instance;
        refuse_if(self.endpoints.iter().any(same), "endpoint-exists")?;
        let taken = own.as_ref().is_some_and(|id| self.endpoint(id).is_ok());
        refuse_if(taken, "endpoint-id-taken")?;
        let secrets = texts(payload, "secret_refs");
        secrets.iter().try_for_each(|secret| check_secret_text(secret))?;
        let id = own.unwrap_or_else(|| asked.minted());
        let given = maybe(payload, "webhook_secret_ref");
        let short = class.strip_prefix("messaging.").unwrap_or(&class);
        let webhook = if short == "telegram" || short.starts_with("telegram.") {
            given.iter().try_for_each(|secret| check_secret_text(secret))?;
            Some(given.unwrap_or_else(|| self.minted_secret(&id)))
        } else {
            refuse_if(given.is_some(), "invalid-secret-ref")?;
            None
        };
        self.endpoints.push(Endpoint {
            id,
            class,
            instance,
            secrets,
            webhook,
            links: Vec::new(),
            welcome: None,
            generation: 0,
            updated_at: asked.now,
            updated_by: without_stamp(&text(payload, "updated_by")),
        });
        Ok(())
    }

    pub(super) fn link(&mut self, id: &str, bundle: &str, by: &str, asked: &Asked<'_>) -> Judged {
        let deployed = self.deployments.iter().any(|d| d.bundle == bundle);
        let endpoint = self.endpoint_mut(id)?;
        refuse_if(!deployed, "bundle-not-deployed")?;
        if !endpoint.links.iter().any(|link| link == bundle) {
            endpoint.links.push(bundle.to_owned());
            endpoint.changed(by, asked);
        }
        Ok(())
    }

    pub(super) fn unlink(&mut self, id: &str, bundle: &str, by: &str, asked: &Asked<'_>) -> Judged {
        let endpoint = self.endpoint_mut(id)?;
        if endpoint.links.iter().any(|link| link == bundle) {
            let greets = endpoint.welcome.as_ref().is_some_and(|flow| flow[0] == bundle);
            refuse_if(greets, "welcome-flow-owned")?;
            endpoint.links.retain(|link| link != bundle);
            endpoint.changed(by, asked);
        }
        Ok(())
    }

    pub(super) fn welcome(&mut self, payload: &Value, asked: &Asked<'_>) -> Judged {
        let id = text(payload, "endpoint_id");
        let flow = ["bundle_id", "pack_id", "flow_id"].map(|key| text(payload, key));
        refuse_if(!self.endpoint(&id)?.links.contains(&flow[0]), "bundle-not-linked")?;
        refuse_if(unsafe_segment(&flow[1]), "unsafe-id")?;
        let of_bundle = self.deployments.iter().filter(|d| d.bundle == flow[0]);
        let current: Vec<_> = of_bundle.flat_map(|d| &d.current).collect();
        let mut packs =
            self.revisions.iter().filter(|r| current.contains(&&r.id)).flat_map(|r| &r.packs);
        let (known, any) = (packs.clone().any(|pack| *pack == flow[1]), packs.next().is_some());
        refuse_if(any && !known, "welcome-pack-unknown")?;
        let endpoint = self.endpoint_mut(&id)?;
        if endpoint.welcome.as_ref() != Some(&flow) {
            endpoint.welcome = Some(flow);
            endpoint.changed(&text(payload, "updated_by"), asked);
        }
        Ok(())
    }

    pub(super) fn rotate(&mut self, id: &str, payload: &Value, asked: &Asked<'_>) -> Judged {
        let first = self.minted_secret(id);
        let endpoint = self.endpoint_mut(id)?;
        let given = maybe(payload, "webhook_secret_ref");
        given.iter().try_for_each(|secret| check_secret_text(secret))?;
        let next = format!("{first}_{}", world::minted_suffix(asked.key, asked.index));
        let minted = if endpoint.webhook.is_some() { next } else { first };
        endpoint.webhook = Some(given.unwrap_or(minted));
        endpoint.changed(&text(payload, "updated_by"), asked);
        Ok(())
    }

    pub(super) fn update(&mut self, payload: &Value) -> Judged {
        let apply = |key: &str, field: &mut Option<String>| -> Judged {
            let Some(update) = payload.get(key).filter(|update| !update.is_null()) else {
                return Ok(());
            };
            match update.get("value") {
                Some(Value::String(value)) => *field = Some(value.clone()),
                Some(_) => return Err("document-field"),
                None if update["clear"] == true => *field = None,
                None => {}
            }
            Ok(())
        };
        self.name = maybe(payload, "name").unwrap_or(self.name.clone());
        apply("tenant_org_id", &mut self.tenant)?;
        apply("public_base_url", &mut self.base_url)?;
        apply("default_bundle", &mut self.default_bundle)
    }

    pub(super) fn merge(&mut self, payload: &Value) -> Judged {
        for pack in list(payload, "packs").iter().map(Binding::pack) {
            check_pack_slot(&pack.key)?;
            if self.packs.iter().all(|bound| bound.key != pack.key) {
                self.packs.push(pack);
            }
        }
        for extension in list(payload, "extensions").iter().map(Binding::extension) {
            if self.extensions.iter().all(|bound| bound.key != extension.key) {
                self.extensions.push(extension);
            }
        }
        Ok(())
    }

    /// What is not taken back by writing an old document: lifecycles, credentials, revenue policies
    /// and secrets. A split that comes back is judged like one that is set.
    pub(super) fn check_undo(&self, then: &Self) -> Judged {
        type Facts = (BTreeSet<String>, Option<String>);
        let facts = |env: &Self| -> Facts {
            let lives = env.revisions.iter().map(|r| format!("{} {:?}", r.id, r.life));
            let policies =
                env.deployments.iter().map(|d| format!("{} {} {:?}", d.id, d.policy, d.shares));
            let endpoints = env.endpoints.iter();
            let secrets = endpoints
                .filter(|e| e.webhook.is_some() || !e.secrets.is_empty())
                .map(|e| format!("{} {:?} {:?}", e.id, e.secrets, e.webhook));
            (lives.chain(policies).chain(secrets).collect(), env.credentials.clone())
        };
        refuse_if(facts(self) != facts(then), "undo-refused")?;
        let mut back = then.splits.iter().filter(|split| !self.splits.contains(split));
        back.try_for_each(|split| self.check_ready(&split.entries))
    }

    /// No generation of a split comes twice: neither with a split that comes back, nor after one that goes.
    fn count_on(&self, then: &mut Self) -> Judged {
        let note = |env: &Self, id: &str| env.deployment(id).ok().and_then(|one| one.next_split);
        let last = |id: &str| self.split(id).map(|split| split.generation);
        for split in &mut then.splits {
            if self.split(&split.deployment) != Some(split) {
                let newest = last(&split.deployment).max(Some(split.generation)).unwrap_or(0);
                let next = newest.checked_add(1).ok_or("counter-overflow")?;
                split.generation = next.max(note(self, &split.deployment).unwrap_or(0));
            }
        }
        for deployment in &mut then.deployments {
            let has_split = then.splits.iter().any(|split| split.deployment == deployment.id);
            let gone = last(&deployment.id).and_then(|last| last.checked_add(1));
            let known = deployment.next_split.max(note(self, &deployment.id)).max(gone);
            deployment.next_split = known.filter(|_| !has_split);
        }
        Ok(())
    }

    pub(super) fn check_destroy(&self) -> Judged {
        let present = |r: &Revision| matches!(r.life, Life::Warming | Life::Ready | Life::Draining);
        let live = !self.splits.is_empty() || self.revisions.iter().any(present);
        refuse_if(live, "environment-live")
    }
}

impl Endpoint {
    pub(super) fn changed(&mut self, by: &str, asked: &Asked<'_>) {
        self.generation += 1;
        self.updated_at = asked.now;
        self.updated_by = without_stamp(by);
    }
}

pub(super) fn check_pack_slot(slot: &str) -> Judged {
    refuse_if(["messaging", "extension"].contains(&slot), "not-a-pack-slot")
}

pub(super) fn add_binding(list: &mut Vec<Binding>, binding: Binding) -> Judged {
    refuse_if(list.iter().any(|bound| bound.key == binding.key), "binding-exists")?;
    list.push(binding);
    Ok(())
}

pub(super) fn bound<'l>(list: &'l mut [Binding], key: &str) -> Result<&'l mut Binding, Code> {
    list.iter_mut().find(|bound| bound.key == key).ok_or("binding-not-found")
}

pub(super) fn update_binding(list: &mut [Binding], key: &str, binding: Binding) -> Judged {
    let bound = bound(list, key)?;
    refuse_if(binding.key != key, "binding-mismatch")?;
    let generation = bound.generation.checked_add(1).ok_or("counter-overflow")?;
    let previous = Box::new(Binding { previous: Previous::None, ..bound.clone() });
    *bound = Binding { generation, previous: Previous::Kept(previous), ..binding };
    Ok(())
}

pub(super) fn remove_binding(list: &mut Vec<Binding>, key: &str) -> Judged {
    bound(list, key)?;
    list.retain(|bound| bound.key != key);
    Ok(())
}

pub(super) fn rollback_binding(list: &mut [Binding], key: &str) -> Judged {
    let bound = bound(list, key)?;
    let generation = bound.generation.checked_add(1).ok_or("counter-overflow")?;
    let restored = match &bound.previous {
        Previous::None => Err("no-previous-binding"),
        Previous::Broken => Err("stash-unreadable"),
        Previous::Kept(binding) => Ok(binding),
    }?;
    refuse_if(restored.key != key, "stash-unreadable")?;
    *bound = Binding { generation, previous: Previous::None, ..Binding::clone(restored) };
    Ok(())
}

pub(super) fn check_this_env(id: &str) -> Judged {
    refuse_if(id != ENV, "env-id-mismatch")
}

pub(super) fn runtime_of(runtime: &Value) -> Result<u64, Code> {
    check_this_env(&text(runtime, "environment_id"))?;
    Ok(number(runtime, "generation"))
}

impl Model {
    pub(super) fn apply(&self, command: &Command, asked: &Asked<'_>) -> Result<Self, Code> {
        let mut after = self.clone();
        after.run(command, asked)?;
        if after.env != self.env {
            after.env.as_ref().map_or(Ok(()), Env::check)?;
        }
        Ok(after)
    }

    pub(super) fn env(&mut self) -> Result<&mut Env, Code> {
        self.env.as_mut().ok_or("environment-not-found")
    }

    pub(super) fn run(&mut self, command: &Command, asked: &Asked<'_>) -> Judged {
        match command {
            Command::CreateEnvironment(payload) => self.create(payload.raw()),
            Command::MigrateMergeBindings(payload) => self.merge(payload.raw()),
            Command::Replace(document) => self.replace(document.raw()),
            Command::Restore { mode, snapshot } => self.restore(*mode, snapshot),
            Command::Adopt(_) | Command::SaveRuntime(_) => self.run_document(command),
            Command::Batch(commands) => self.batch(commands, asked),
            Command::Destroy => {
                self.env()?.check_destroy()?;
                *self = Self::default();
                Ok(())
            }
            Command::SavePackAnswers { slot, answers } => {
                self.env()?;
                self.answers.insert(slot.to_string(), answers.clone());
                Ok(())
            }
            Command::DeletePackAnswers { slot } => {
                self.env()?;
                self.answers.remove(slot.as_str());
                Ok(())
            }
            Command::BootstrapTrustRoot
            | Command::SeedTrustRootIfAbsent
            | Command::AddTrustedKey(_)
            | Command::RemoveTrustedKey { .. }
            | Command::RotateOperatorKey => self.run_trust(command),
            command => {
                let signer = world::trusted_key(world::OPERATOR_KEY).key_id;
                let signs = self.check_signer(&signer);
                self.env()?.run(command, asked, signs)
            }
        }
    }

    pub(super) fn create(&mut self, payload: &Value) -> Judged {
        check_this_env(&text(payload, "env_id"))?;
        refuse_if(self.env.is_some(), "environment-exists")?;
        self.env = Some(Env::fresh(&text(payload, "name"), &payload["host_config"]));
        Ok(())
    }

    pub(super) fn merge(&mut self, payload: &Value) -> Judged {
        if let (None, Some(seed)) = (&self.env, payload.get("seed_if_missing")) {
            self.env = Some(Env::fresh(ENV, &seed["host_config"]));
        }
        self.env()?.merge(payload)
    }

    /// Keys that the document's type does not have stay when it is written over.
    pub(super) fn replace(&mut self, document: &Value) -> Judged {
        let mut written = Env::read(document);
        check_this_env(&written.id)?;
        for revision in &mut written.revisions {
            let before = self.env.as_ref().and_then(|env| env.revision(&revision.id).ok());
            let drained = before.filter(|before| before.life == Life::Draining);
            // The note belongs to the drain that goes on, and to no other.
            revision.draining_since = match drained {
                Some(before) if revision.life == Life::Draining => {
                    revision.draining_since.or(before.draining_since)
                }
                _ => None,
            };
        }
        if let Some(recorded) = &self.env {
            for deployment in &mut written.deployments {
                let before = recorded.deployment(&deployment.id).ok();
                let noted = before.and_then(|before| before.next_split);
                deployment.next_split = deployment.next_split.or(noted);
            }
            let bundle = recorded.default_bundle.clone();
            written.default_bundle = written.default_bundle.or(bundle);
        }
        self.write(written)
    }

    /// A document that is written as a whole is checked as a whole.
    pub(super) fn write(&mut self, env: Env) -> Judged {
        env.check()?;
        self.env = Some(env);
        Ok(())
    }

    pub(super) fn restore(&mut self, mode: RestoreMode, snapshot: &Snapshot) -> Judged {
        let mut then = Env::read(snapshot.environment.raw());
        check_this_env(&then.id)?;
        let runtime = snapshot.runtime.as_ref().map(|runtime| runtime_of(runtime.raw()));
        let runtime = runtime.transpose()?;
        match mode {
            RestoreMode::Backup => drop(self.env()?),
            RestoreMode::Import => refuse_if(self.env.is_some(), "environment-exists")?,
            RestoreMode::Undo => {
                let now = self.env()?;
                now.check_undo(&then)?;
                now.count_on(&mut then)?;
            }
        }
        self.runtime = runtime;
        let answers = snapshot.pack_answers.iter();
        self.answers = answers.map(|(slot, value)| (slot.to_string(), value.clone())).collect();
        self.write(then)
    }

    pub(super) fn run_document(&mut self, command: &Command) -> Judged {
        match command {
            Command::SaveRuntime(document) => {
                self.env()?;
                self.runtime = Some(runtime_of(document.raw())?);
            }
            Command::Adopt(payload) => {
                if let Some(found) = &payload.environment {
                    let found = Env::read(found.raw());
                    check_this_env(&found.id)?;
                    self.env = Some(found);
                }
                self.env()?;
                match &payload.runtime {
                    FieldUpdate::Keep => {}
                    FieldUpdate::Set(runtime) => self.runtime = Some(runtime_of(runtime.raw())?),
                    FieldUpdate::Clear => self.runtime = None,
                }
                for (slot, answers) in &payload.pack_answers {
                    match answers {
                        FieldUpdate::Keep => {}
                        FieldUpdate::Set(answers) => {
                            self.answers.insert(slot.to_string(), answers.clone());
                        }
                        FieldUpdate::Clear => drop(self.answers.remove(slot.as_str())),
                    }
                }
            }
            command => unreachable!("{command:?}"),
        }
        Ok(())
    }

    pub(super) fn batch(&mut self, commands: &[Command], asked: &Asked<'_>) -> Judged {
        let nested = commands.iter().any(|command| matches!(command, Command::Batch(_)));
        refuse_if(nested, "nested-batch")?;
        for (index, command) in commands.iter().enumerate() {
            *self = self.apply(command, &Asked { index, in_batch: true, ..*asked })?;
        }
        Ok(())
    }

    /// Policies are signed with a trusted key only.
    fn check_signer(&self, signer: &str) -> Judged {
        refuse_if(self.trusts_nobody(), "trust-root-empty")?;
        let trusted = self.trusted.iter().flatten().any(|id| *id == signer);
        refuse_if(!trusted, "operator-key-not-trusted")
    }

    fn trusts_nobody(&self) -> bool {
        self.trusted.iter().flatten().next().is_none()
    }

    pub(super) fn trust(&mut self, number: u8) {
        let id = world::trusted_key(number).key_id;
        let keys = self.trusted.get_or_insert_default();
        if !keys.contains(&id) {
            keys.push(id);
        }
    }

    pub(super) fn run_trust(&mut self, command: &Command) -> Judged {
        self.env()?;
        match command {
            Command::SeedTrustRootIfAbsent if self.trusted.is_some() => {}
            Command::BootstrapTrustRoot | Command::SeedTrustRootIfAbsent => {
                self.trust(world::OPERATOR_KEY);
            }
            Command::RotateOperatorKey => {
                refuse_if(self.trusts_nobody(), "trust-root-empty")?;
                self.trust(world::NEXT_OPERATOR_KEY);
            }
            Command::AddTrustedKey(payload) => {
                let given = payload.key_id.to_lowercase();
                let own = |number: &u8| world::public_key_pem(*number) == payload.public_key_pem;
                let number = (1..=9).find(own).ok_or("key-not-trustable")?;
                let mine = world::trusted_key(number).key_id == given;
                refuse_if(!mine, "key-not-trustable")?;
                self.trust(number);
            }
            Command::RemoveTrustedKey { key_id } => {
                if let Some(keys) = &mut self.trusted {
                    keys.retain(|id| *id != key_id.to_lowercase());
                }
            }
            command => unreachable!("{command:?}"),
        }
        Ok(())
    }
}

impl Env {
    pub(super) fn run(&mut self, command: &Command, asked: &Asked<'_>, signs: Judged) -> Judged {
        match command {
            Command::UpdateEnvironment(payload) => self.update(payload.raw()),
            Command::StageRevision(payload) => self.stage(payload.raw(), asked),
            Command::BeginWarm { revision_id } => self.begin_warm(&revision_id.to_string()),
            Command::WarmRevision(payload) => self.warm(payload.raw(), asked),
            Command::DrainRevision { revision_id } => self.drain(&revision_id.to_string(), asked),
            Command::FinishDrain { revision_id, report } => {
                let report = [report.open_requests, report.parked_sessions];
                self.finish_drain(&revision_id.to_string(), report, asked)
            }
            Command::ArchiveRevision { revision_id } => self.archive(&revision_id.to_string()),
            Command::Retry { revision_id } => self.retry(&revision_id.to_string(), asked),
            Command::AddBundle { deployment_id, bundle } => {
                let id = deployment_id.map(|id| id.to_string());
                self.add_bundle(id, bundle.raw(), asked, signs)
            }
            Command::UpdateBundle(payload) => self.update_bundle(payload.raw(), signs),
            Command::RemoveBundle { deployment_id } => {
                self.remove_bundle(&deployment_id.to_string())
            }
            Command::SetTrafficSplit(payload) => self.set_split(payload.raw(), asked),
            Command::RollbackTrafficSplit { deployment_id } => {
                self.rollback_split(&deployment_id.to_string(), asked)
            }
            Command::ClearTrafficSplit { deployment_id } => {
                self.clear_split(&deployment_id.to_string())
            }
            Command::AddMessagingEndpoint { endpoint_id, endpoint } => {
                let id = endpoint_id.map(|id| id.to_string());
                self.add_endpoint(id, endpoint.raw(), asked)
            }
            Command::LinkMessagingBundle { endpoint_id, bundle_id, updated_by } => {
                self.link(&endpoint_id.to_string(), bundle_id.as_str(), updated_by, asked)
            }
            Command::UnlinkMessagingBundle { endpoint_id, bundle_id, updated_by } => {
                self.unlink(&endpoint_id.to_string(), bundle_id.as_str(), updated_by, asked)
            }
            Command::SetMessagingWelcomeFlow(payload) => self.welcome(payload.raw(), asked),
            Command::RemoveMessagingEndpoint { endpoint_id } => {
                self.endpoints.retain(|endpoint| endpoint.id != endpoint_id.to_string());
                Ok(())
            }
            Command::RotateMessagingWebhookSecret { endpoint_id, rotation } => {
                self.rotate(&endpoint_id.to_string(), rotation.raw(), asked)
            }
            command => self.run_bindings(command),
        }
    }

    pub(super) fn run_bindings(&mut self, command: &Command) -> Judged {
        let named = |key: &ExtensionKey| extension_key(&key.kind_path, key.instance_id.as_deref());
        match command {
            Command::AddPackBinding(binding) => {
                check_pack_slot(binding.slot.as_str())?;
                add_binding(&mut self.packs, Binding::pack(binding.raw()))
            }
            Command::UpdatePackBinding { slot, binding } => {
                check_pack_slot(slot.as_str())?;
                update_binding(&mut self.packs, slot.as_str(), Binding::pack(binding.raw()))
            }
            Command::RemovePackBinding { slot } => remove_binding(&mut self.packs, slot.as_str()),
            Command::RollbackPackBinding { slot } => {
                rollback_binding(&mut self.packs, slot.as_str())
            }
            Command::AddExtensionBinding(binding) => {
                add_binding(&mut self.extensions, Binding::extension(binding.raw()))
            }
            Command::UpdateExtensionBinding { key, binding } => {
                let binding = Binding::extension(binding.raw());
                update_binding(&mut self.extensions, &named(key), binding)
            }
            Command::RemoveExtensionBinding { key } => {
                remove_binding(&mut self.extensions, &named(key))
            }
            Command::RollbackExtensionBinding { key } => {
                rollback_binding(&mut self.extensions, &named(key))
            }
            command => unreachable!("the model does not know {command:?}"),
        }
    }
}
