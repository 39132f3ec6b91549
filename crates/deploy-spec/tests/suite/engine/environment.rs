use greentic_deploy_spec::engine::{Command, EnvState, Event, Outcome};
use greentic_deploy_spec::{
    BundleId, CapabilitySlot, Document, EnvironmentHostConfig, FieldUpdate, HealthStatus,
    MigrateMergePayload, MigrateSeedPayload, RetentionPolicy, RevocationConfig,
    UpdateEnvironmentPayload,
};

use crate::lab::*;

const LOCAL: &str = "greentic.deployer.local-process@0.1.0";

fn update(payload: UpdateEnvironmentPayload) -> Command {
    Command::UpdateEnvironment(doc(payload))
}

fn merge(seed_if_missing: Option<MigrateSeedPayload>) -> MigrateMergePayload {
    MigrateMergePayload {
        packs: vec![pack(CapabilitySlot::Deployer, LOCAL)],
        extensions: vec![extension("acme.oauth.auth0@1.0.0", Some("primary"))],
        seed_if_missing,
    }
}

fn seed() -> MigrateSeedPayload {
    MigrateSeedPayload {
        host_config: EnvironmentHostConfig::new("other".parse().expect("an id")),
        revocation: RevocationConfig { required: true, list_ref: None },
        retention: RetentionPolicy::default(),
        health: HealthStatus::default(),
    }
}

#[test]
fn nothing_but_creation_works_on_an_environment_that_does_not_exist() {
    let mut lab = Lab::empty();
    let text = "environment `local` does not exist; name one that does";
    for command in [
        update(UpdateEnvironmentPayload::default()),
        add_bundle(1, "b1"),
        stage(1, 1),
        split(1, &[]),
        add_endpoint(1, endpoint_payload("webchat", "w")),
        Command::AddPackBinding(doc(pack(CapabilitySlot::Messaging, LOCAL))),
        Command::BootstrapTrustRoot,
        Command::Destroy,
        Command::MigrateMergeBindings(doc(merge(None))),
        Command::DeletePackAnswers { slot: CapabilitySlot::State },
    ] {
        lab.refuse(command, "environment-not-found", text);
    }
    lab.run(create("Local"));
    lab.refuse(
        create("Local"),
        "environment-exists",
        "environment `local` exists already; update it, or choose another id",
    );
}

#[test]
fn a_fresh_environment_has_no_packs_and_its_own_id_on_the_host() {
    let mut lab = Lab::empty();
    let env_id = "local".parse().expect("an id");
    let host = EnvironmentHostConfig::new("elsewhere".parse().expect("an id"));
    lab.run(Command::CreateEnvironment(doc(greentic_deploy_spec::CreateEnvironmentPayload {
        env_id,
        name: "Local".to_owned(),
        host_config: host,
    })));
    assert_eq!(lab.env().host_config.env_id.as_str(), "local");
    assert!(lab.env().packs.is_empty());
}

#[test]
fn a_field_is_kept_set_or_cleared() {
    let mut lab = Lab::new();
    lab.run(update(UpdateEnvironmentPayload {
        region: FieldUpdate::Set("eu".to_owned()),
        gui_enabled: FieldUpdate::Set(false),
        ..UpdateEnvironmentPayload::default()
    }));
    lab.run(update(UpdateEnvironmentPayload {
        name: Some("renamed".to_owned()),
        gui_enabled: FieldUpdate::Clear,
        ..UpdateEnvironmentPayload::default()
    }));
    let host = &lab.env().host_config;
    assert_eq!((host.region.as_deref(), host.gui_enabled), (Some("eu"), None));
    assert_eq!(lab.env().name, "renamed");
    lab.refuse(
        update(UpdateEnvironmentPayload {
            public_base_url: FieldUpdate::Set("https://x.example/path".to_owned()),
            ..UpdateEnvironmentPayload::default()
        }),
        "invalid-public-base-url",
        "public_base_url `https://x.example/path` is invalid: must be an origin without a path",
    );
}

#[test]
fn the_default_bundle_of_later_versions_is_set_and_cleared() {
    let mut lab = Lab::new();
    let payload = |json: &str| {
        Command::UpdateEnvironment(Document::from_json(json.as_bytes()).expect("a payload"))
    };
    lab.run(payload(r#"{"default_bundle":{"value":"b1"}}"#));
    assert_eq!(lab.document().default_bundle(), Some(BundleId::from("b1")));
    lab.run(payload(r#"{"name":"x"}"#));
    assert_eq!(lab.document().default_bundle(), Some(BundleId::from("b1")));
    lab.refuse(
        payload(r#"{"default_bundle":"b2"}"#),
        "document-field",
        "UpdateEnvironmentPayload is invalid at `default_bundle`: invalid type: string \"b2\", expected a field update: null, {\"value\": …} or {\"clear\": true}",
    );
    lab.run(payload(r#"{"default_bundle":{"clear":true}}"#));
    assert_eq!(lab.document().default_bundle(), None);
}

#[test]
fn a_merge_fills_gaps_and_may_seed() {
    let mut lab = Lab::empty();
    let Outcome::Merged(report) = lab.run(Command::MigrateMergeBindings(doc(merge(Some(seed())))))
    else {
        panic!("another outcome")
    };
    assert_eq!(report.merged_slots, ["deployer"]);
    assert_eq!(report.merged_extensions, ["acme.oauth.auth0/primary"]);
    assert_eq!((lab.env().name.as_str(), lab.env().revocation.required), ("local", true));
    assert_eq!(lab.env().host_config.env_id.as_str(), "local");
    let mut other = merge(None);
    other.packs[0].pack_ref = "another".into();
    let Outcome::Merged(report) = lab.run(Command::MigrateMergeBindings(doc(other))) else {
        panic!("another outcome")
    };
    assert!(report.merged_slots.is_empty() && report.merged_extensions.is_empty());
    assert_eq!(lab.env().packs, [pack(CapabilitySlot::Deployer, LOCAL)]);
    let mut wrong = merge(None);
    wrong.packs = vec![pack(CapabilitySlot::Extension, LOCAL)];
    lab.refuse(
        Command::MigrateMergeBindings(doc(wrong)),
        "not-a-pack-slot",
        "slot `extension` has no binding in `packs`; add messaging endpoints and extensions with their own verbs",
    );
}

#[test]
fn an_environment_is_destroyed_once_nothing_serves() {
    let mut lab = Lab::deployed(1);
    lab.run(split(1, &[(1, 10_000)]));
    lab.run(add_endpoint(1, endpoint_payload("telegram", "t")));
    lab.run(Command::SavePackAnswers { slot: CapabilitySlot::State, answers: 1.into() });
    lab.refuse(
        Command::Destroy,
        "environment-live",
        "environment `local` still has 1 traffic split(s) and 1 revision(s) that warm, serve or drain; clear the splits and archive the revisions first",
    );
    let secret = lab.env().messaging_endpoints[0].webhook_secret_ref.clone().expect("a secret");
    lab.run(Command::Batch(vec![
        Command::ClearTrafficSplit { deployment_id: deployment(1) },
        archive(1),
        Command::Destroy,
    ]));
    assert_eq!(lab.state, EnvState::default());
    assert!(lab.events.contains(&Event::SecretReleased { secret_ref: secret }));
}
