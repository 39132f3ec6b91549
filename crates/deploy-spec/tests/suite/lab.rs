//! An environment to try verbs on: supplies what they need, from a counter.

use greentic_deploy_spec::engine::{
    self, Applied, Command, Context, EnvState, Event, Need, Outcome, Rejection,
    SignedRevenuePolicy, Supplies,
};
use greentic_deploy_spec::*;

/// The public key of RFC 8410, section 10.1.
pub(crate) const OPERATOR_PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
    -----END PUBLIC KEY-----\n";
/// The first public key of RFC 8032, section 7.1.
pub(crate) const OTHER_PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    -----END PUBLIC KEY-----\n";

pub(crate) fn deployment(number: u128) -> DeploymentId {
    DeploymentId(ulid::Ulid(number))
}

pub(crate) fn revision(number: u128) -> RevisionId {
    RevisionId(ulid::Ulid(number))
}

pub(crate) fn endpoint(number: u128) -> MessagingEndpointId {
    MessagingEndpointId(ulid::Ulid(number))
}

pub(crate) fn doc<T: DocumentType>(typed: T) -> Document<T> {
    Document::new(typed).expect("a document")
}

pub(crate) fn key_id(pem: &str) -> String {
    key_id_for_public_key_pem(pem).expect("a key")
}

pub(crate) struct Lab {
    pub(crate) state: EnvState,
    pub(crate) now: chrono::DateTime<chrono::Utc>,
    pub(crate) events: Vec<Event>,
    pub(crate) operator_pem: &'static str,
    minted: u128,
}

impl Lab {
    /// Nothing at all.
    pub(crate) fn empty() -> Self {
        let now = "2026-06-16T08:53:20Z".parse().expect("a time");
        let state = EnvState::default();
        Self { state, now, events: Vec::new(), operator_pem: OPERATOR_PEM, minted: 1 << 64 }
    }

    /// The environment `local` with a trust root.
    pub(crate) fn new() -> Self {
        let mut lab = Self::empty();
        lab.run(create("local"));
        lab.run(Command::BootstrapTrustRoot);
        lab
    }

    /// And a deployment 1 of bundle `b1` with the revisions 1 to `revisions`, all ready.
    pub(crate) fn deployed(revisions: u128) -> Self {
        let mut lab = Self::new();
        lab.run(add_bundle(1, "b1"));
        for number in 1..=revisions {
            lab.run(stage(1, number));
            lab.run(warm(number));
        }
        lab
    }

    pub(crate) fn env(&self) -> &Environment {
        self.state.environment.as_ref().expect("an environment").typed()
    }

    pub(crate) fn document(&self) -> &Document<Environment> {
        self.state.environment.as_ref().expect("an environment")
    }

    pub(crate) fn trusted_key_ids(&self) -> Vec<String> {
        let root = self.state.trust_root.as_ref();
        root.map(|root| root.keys.iter().map(|k| k.key_id.clone()).collect()).unwrap_or_default()
    }

    pub(crate) fn lifecycle(&self, number: u128) -> RevisionLifecycle {
        self.env().revision(revision(number)).expect("a revision").lifecycle
    }

    fn mint(&mut self) -> ulid::Ulid {
        self.minted += 1;
        ulid::Ulid(self.minted)
    }

    pub(crate) fn supplies(&mut self, needs: &[Need]) -> Supplies {
        let mut supplies = Supplies::default();
        for need in needs {
            self.supply(need, &mut supplies);
        }
        supplies
    }

    fn supply(&mut self, need: &Need, supplies: &mut Supplies) {
        match need {
            Need::DeploymentId => supplies.deployment_id = Some(DeploymentId(self.mint())),
            Need::EndpointId => supplies.endpoint_id = Some(MessagingEndpointId(self.mint())),
            Need::OperatorKey(_) => {
                let public_key_pem = self.operator_pem.to_owned();
                let key_id = key_id(&public_key_pem);
                supplies.operator_key = Some(TrustedKey { key_id, public_key_pem });
            }
            Need::RevenuePolicy(policy) => {
                let (policy_ref, key_id) = (policy.policy_ref(), key_id(self.operator_pem));
                supplies.revenue_policy = Some(SignedRevenuePolicy { policy_ref, key_id });
            }
            Need::WebhookSecret(need) => {
                let id = need.endpoint_id.or(supplies.endpoint_id).expect("an endpoint");
                let unique = self.mint().to_string();
                let secret = match &need.replaces {
                    Some(_) => need.next_ref(id, &unique),
                    None => need.first_ref(id),
                };
                supplies.webhook_secret_ref = Some(secret.expect("a reference"));
            }
            Need::Step { index, need } => {
                while supplies.steps.len() <= *index {
                    supplies.steps.push(Supplies::default());
                }
                self.supply(need, &mut supplies.steps[*index]);
            }
            other => panic!("an unknown need: {other:?}"),
        }
    }

    pub(crate) fn context(&self, supplies: Supplies) -> Context {
        Context {
            env_id: "local".parse().expect("an id"),
            now: self.now,
            actor: engine::local_user("alice"),
            key: "01JTKW5B4W4Q5Y1CQW93F7S5VH".parse().expect("a key"),
            supplies,
        }
    }

    pub(crate) fn judge(&mut self, command: &Command) -> Result<Applied, Rejection> {
        let needs = engine::needs(&self.state, command);
        let supplies = self.supplies(&needs);
        engine::apply(&self.state, command, &self.context(supplies))
    }

    /// Commits a command that must be legal.
    pub(crate) fn run(&mut self, command: Command) -> Outcome {
        let applied = match self.judge(&command) {
            Ok(applied) => applied,
            Err(rejection) => panic!("{} was refused: {rejection}", command.name()),
        };
        self.state = applied.state;
        self.events.extend(applied.events);
        applied.outcome
    }

    /// Checks that a command is refused with this code and this text.
    pub(crate) fn refuse(&mut self, command: Command, code: &str, text: &str) {
        let before = self.state.clone();
        match self.judge(&command) {
            Ok(_) => panic!("{} was accepted, expected {code}", command.name()),
            Err(rejection) => {
                assert_eq!((rejection.code(), rejection.to_string().as_str()), (code, text));
            }
        }
        assert_eq!(self.state, before, "a refused command changes nothing");
    }
}

pub(crate) fn create(name: &str) -> Command {
    let env_id: EnvId = "local".parse().expect("an id");
    Command::CreateEnvironment(doc(CreateEnvironmentPayload {
        host_config: EnvironmentHostConfig::new(env_id.clone()),
        env_id,
        name: name.to_owned(),
    }))
}

pub(crate) fn shares(parts: &[(&str, u32)]) -> Vec<RevenueShareEntry> {
    let share = |(party, basis_points): &(&str, u32)| RevenueShareEntry {
        party_id: (*party).into(),
        basis_points: *basis_points,
    };
    parts.iter().map(share).collect()
}

pub(crate) fn bundle_payload(bundle: &str) -> AddBundlePayload {
    AddBundlePayload {
        bundle_id: bundle.into(),
        customer_id: "local-dev".into(),
        revenue_share: shares(&[("greentic", 10_000)]),
        route_binding: None,
        authorization_ref: None,
        config_overrides: Default::default(),
    }
}

pub(crate) fn add_bundle(number: u128, bundle: &str) -> Command {
    let deployment_id = Some(deployment(number));
    Command::AddBundle { deployment_id, bundle: doc(bundle_payload(bundle)) }
}

pub(crate) fn update_bundle(number: u128) -> UpdateBundlePayload {
    UpdateBundlePayload {
        deployment_id: deployment(number),
        status: None,
        route_binding: None,
        revenue_share: None,
        config_overrides: None,
    }
}

pub(crate) fn stage_payload(deployed: u128, number: u128) -> StageRevisionPayload {
    let id = revision(number);
    StageRevisionPayload {
        revision_id: id,
        deployment_id: deployment(deployed),
        bundle_digest: format!("sha256:{}", "ab".repeat(32)),
        bundle_source_uri: None,
        pack_list: vec![PackListEntry::from_lock_primitives("pack-a".into(), "sha256:00".into())],
        pack_list_lock_ref: format!("revisions/{id}/pack-list.lock").into(),
        pack_config_refs: Vec::new(),
        config_digest: "sha256:00".to_owned(),
        signature_sidecar_ref: "rev.sig".into(),
        drain_seconds: 30,
    }
}

pub(crate) fn stage(deployed: u128, number: u128) -> Command {
    Command::StageRevision(doc(stage_payload(deployed, number)))
}

pub(crate) fn warm_from(number: u128, expected_lifecycle: RevisionLifecycle) -> Command {
    Command::WarmRevision(doc(WarmRevisionPayload {
        revision_id: revision(number),
        health_gate: Ok(()),
        expected_lifecycle,
    }))
}

pub(crate) fn warm(number: u128) -> Command {
    warm_from(number, RevisionLifecycle::Staged)
}

pub(crate) fn failing_warm(number: u128) -> Command {
    Command::WarmRevision(doc(WarmRevisionPayload {
        revision_id: revision(number),
        health_gate: Err(HealthGateFailure {
            failed_checks: vec![HealthCheckId::RouteTable],
            message: "no routes".to_owned(),
        }),
        expected_lifecycle: RevisionLifecycle::Staged,
    }))
}

pub(crate) fn drain(number: u128) -> Command {
    Command::DrainRevision { revision_id: revision(number) }
}

pub(crate) fn archive(number: u128) -> Command {
    Command::ArchiveRevision { revision_id: revision(number) }
}

pub(crate) fn split(deployed: u128, entries: &[(u128, u32)]) -> Command {
    let entry = |(number, weight_bps): &(u128, u32)| TrafficSplitEntry {
        revision_id: revision(*number),
        weight_bps: *weight_bps,
    };
    Command::SetTrafficSplit(doc(SetTrafficSplitPayload {
        deployment_id: deployment(deployed),
        entries: entries.iter().map(entry).collect(),
        updated_by: "operator://alice#idem=add:ignored".to_owned(),
        authorization_ref: None,
    }))
}

pub(crate) fn endpoint_payload(
    provider_type: &str,
    provider_id: &str,
) -> AddMessagingEndpointPayload {
    AddMessagingEndpointPayload {
        provider_id: provider_id.to_owned(),
        provider_type: provider_type.to_owned(),
        display_name: "Legal bot".to_owned(),
        secret_refs: vec!["secret://local/acme/_/pack/bot_token".to_owned()],
        webhook_secret_ref: None,
        updated_by: "operator://alice".to_owned(),
    }
}

pub(crate) fn add_endpoint(number: u128, payload: AddMessagingEndpointPayload) -> Command {
    Command::AddMessagingEndpoint { endpoint_id: Some(endpoint(number)), endpoint: doc(payload) }
}

pub(crate) fn pack(slot: CapabilitySlot, kind: &str) -> EnvPackBinding {
    EnvPackBinding {
        slot,
        kind: PackDescriptor::try_new(kind).expect("a descriptor"),
        pack_ref: kind.into(),
        answers_ref: None,
        generation: 0,
        previous_binding_ref: None,
    }
}

pub(crate) fn extension(kind: &str, instance: Option<&str>) -> ExtensionBinding {
    ExtensionBinding {
        kind: PackDescriptor::try_new(kind).expect("a descriptor"),
        pack_ref: kind.into(),
        instance_id: instance.map(str::to_owned),
        answers_ref: None,
        generation: 0,
        previous_binding_ref: None,
    }
}

pub(crate) fn snapshot(lab: &Lab) -> Box<Snapshot> {
    Box::new(Snapshot {
        environment: lab.document().clone(),
        runtime: lab.state.runtime.clone(),
        pack_answers: lab.state.pack_answers.clone(),
        trusted_key_ids: Some(lab.trusted_key_ids()),
    })
}

pub(crate) fn restore(mode: RestoreMode, snapshot: &Snapshot) -> Command {
    Command::Restore { mode, snapshot: Box::new(snapshot.clone()) }
}
