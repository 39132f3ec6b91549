//! Verbs that write whole documents, and batches.

use std::collections::BTreeMap;

use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::remote::{Request, result_of};
use greentic_deploy_spec::{
    AdoptPayload, CapabilitySlot, Document, EnvId, Environment, EnvironmentHostConfig,
    EnvironmentRuntime, FieldUpdate, PackDescriptor, RestoreMode, SchemaVersion,
    UpdateEnvironmentPayload,
};

use crate::lab::*;

const R1: &str = "00000000000000000000000001";
const D1: &str = "00000000000000000000000001";

fn runtime(env_id: &str, generation: u64) -> EnvironmentRuntime {
    let kind = "greentic.deployer.local-process@0.1.0";
    EnvironmentRuntime {
        schema: SchemaVersion::from(EnvironmentRuntime::schema_str()),
        environment_id: env_id.parse().expect("an id"),
        discovered: BTreeMap::new(),
        generated_at: "2026-06-16T08:54:30Z".parse().expect("a time"),
        generated_by: PackDescriptor::try_new(kind).expect("a descriptor"),
        generation,
    }
}

fn rename(lab: &mut Lab, name: &str) {
    lab.run(Command::UpdateEnvironment(doc(UpdateEnvironmentPayload {
        name: Some(name.to_owned()),
        ..UpdateEnvironmentPayload::default()
    })));
}

#[test]
fn replace_creates_or_overwrites_and_is_judged_as_a_whole() {
    let mut lab = Lab::deployed(1);
    let mut env = lab.env().clone();
    env.revisions[0].bundle_id = "other".into();
    env.bundles[0].current_revisions = vec![revision(1)];
    lab.refuse(
        Command::Replace(doc(env)),
        "bundle-revision-wrong-bundle",
        &format!(
            "deployment `{D1}` of bundle `b1` lists current revision `{R1}` of bundle `other`"
        ),
    );
    let mut foreign = lab.env().clone();
    foreign.environment_id = "prod".parse().expect("an id");
    lab.refuse(
        Command::Replace(doc(foreign)),
        "env-id-mismatch",
        "env_id mismatch in environment: expected `local`, got `prod`",
    );
    let whole = lab.env().clone();
    let mut empty = Lab::empty();
    empty.run(Command::Replace(doc(whole.clone())));
    assert_eq!(*empty.env(), whole);
}

#[test]
fn a_lenient_replace_keeps_what_verbs_would_not_create() {
    let mut lab = Lab::deployed(1);
    let mut env = lab.env().clone();
    env.revisions.push(env.revisions[0].clone());
    env.bundles.push(env.bundles[0].clone());
    env.packs.push(pack(CapabilitySlot::Messaging, "acme.x.y@1.0.0"));
    lab.run(Command::Replace(doc(env.clone())));
    assert_eq!(*lab.env(), env);
}

#[test]
fn what_a_deployer_discovered_belongs_to_the_environment() {
    let mut lab = Lab::new();
    lab.refuse(
        Command::SaveRuntime(doc(runtime("prod", 1))),
        "env-id-mismatch",
        "env_id mismatch in runtime: expected `local`, got `prod`",
    );
    let mut wrong = runtime("local", 1);
    wrong.schema = "greentic.environment-runtime.v9".into();
    lab.refuse(
        Command::SaveRuntime(doc(wrong)),
        "schema-mismatch",
        "schema discriminator mismatch: expected `greentic.environment-runtime.v1`, got `greentic.environment-runtime.v9`",
    );
    lab.run(Command::SaveRuntime(doc(runtime("local", 1))));
    let found = br#"{"schema":"greentic.environment-runtime.v1","environment_id":"local","generated_at":"2026-06-16T08:54:30Z","generated_by":"a.b@1.0.0","generation":2,"later":true}"#;
    lab.run(Command::SaveRuntime(Document::from_json(found).expect("a document")));
    lab.run(Command::SaveRuntime(doc(runtime("local", 3))));
    let saved = lab.state.runtime.as_ref().expect("a runtime document");
    assert_eq!((saved.generation, &saved.raw()["later"]), (3, &true.into()));
}

#[test]
fn answers_are_kept_for_each_slot() {
    let mut lab = Lab::new();
    let slot = CapabilitySlot::Deployer;
    lab.run(Command::SavePackAnswers { slot, answers: serde_json::json!({"a": 1}) });
    assert_eq!(lab.state.pack_answers[&slot]["a"], 1);
    lab.run(Command::DeletePackAnswers { slot });
    lab.run(Command::DeletePackAnswers { slot });
    assert!(lab.state.pack_answers.is_empty());
}

#[test]
fn a_backup_comes_back_without_the_trust_root() {
    let mut lab = Lab::deployed(1);
    lab.run(Command::SaveRuntime(doc(runtime("local", 1))));
    let kept = snapshot(&lab);
    lab.run(Command::RemoveTrustedKey { key_id: key_id(OPERATOR_PEM) });
    lab.run(Command::Adopt(Box::new(AdoptPayload {
        runtime: FieldUpdate::Clear,
        ..AdoptPayload::default()
    })));
    rename(&mut lab, "changed");
    let mut empty = Lab::empty();
    empty.refuse(
        restore(RestoreMode::Backup, &kept),
        "environment-not-found",
        "environment `local` does not exist; name one that does",
    );
    lab.refuse(
        restore(RestoreMode::Import, &kept),
        "environment-exists",
        "environment `local` exists already; update it, or choose another id",
    );
    lab.run(restore(RestoreMode::Backup, &kept));
    assert_eq!((lab.document(), &lab.state.runtime), (&kept.environment, &kept.runtime));
    let root = lab.state.trust_root.as_ref().expect("a trust root");
    assert!(root.keys.is_empty(), "a removed key does not come back");
    empty.run(restore(RestoreMode::Import, &kept));
    assert_eq!(empty.document(), &kept.environment);
}

#[test]
fn what_is_restored_is_of_this_environment() {
    let prod: EnvId = "prod".parse().expect("an id");
    let host = EnvironmentHostConfig::new(prod.clone());
    let mut lab = Lab::new();
    let mut then = snapshot(&lab);
    then.environment = doc(Environment::fresh(prod.clone(), prod.to_string(), host));
    let other = "env_id mismatch in snapshot: expected `local`, got `prod`";
    for mode in [RestoreMode::Backup, RestoreMode::Undo] {
        lab.refuse(restore(mode, &then), "env-id-mismatch", other);
    }
    Lab::empty().refuse(restore(RestoreMode::Import, &then), "env-id-mismatch", other);
}

#[test]
fn undo_takes_back_what_has_no_effect_outside_and_names_the_verb_for_the_rest() {
    let mut lab = Lab::deployed(2);
    lab.run(split(1, &[(1, 10_000)]));
    let then = snapshot(&lab);
    rename(&mut lab, "changed");
    lab.run(split(1, &[(2, 10_000)]));
    lab.run(restore(RestoreMode::Undo, &then));
    let mut raw = then.environment.raw().clone();
    raw["traffic_splits"][0]["generation"] = 2.into();
    assert_eq!(lab.document().raw(), &raw, "a split that comes back has a generation of its own");
    let refused = |what: &str, instead: &str| {
        format!("undo would change {what}, which cannot be taken back this way; use {instead}")
    };
    lab.run(drain(2));
    lab.refuse(
        restore(RestoreMode::Undo, &then),
        "undo-refused",
        &refused(
            "the lifecycle of revision `00000000000000000000000002`",
            "the verbs on revisions (stage, warm, drain, archive), or for traffic alone its rollback",
        ),
    );
    let mut lab = Lab::new();
    let then = snapshot(&lab);
    lab.run(add_bundle(1, "b1"));
    lab.refuse(
        restore(RestoreMode::Undo, &then),
        "undo-refused",
        &refused(
            &format!("the revenue policy of deployment `{D1}`"),
            "a deploy, or the removal of the bundle",
        ),
    );
    let then = snapshot(&lab);
    lab.run(add_endpoint(1, endpoint_payload("telegram", "t")));
    lab.refuse(
        restore(RestoreMode::Undo, &then),
        "undo-refused",
        &refused(
            "the secrets of messaging endpoint `00000000000000000000000001`",
            "the tool that changed them",
        ),
    );
    let then = snapshot(&lab);
    let mut env: Environment = lab.env().clone();
    env.credentials_ref = Some("secret://local/credentials".parse().expect("a reference"));
    lab.run(Command::Replace(doc(env)));
    lab.refuse(
        restore(RestoreMode::Undo, &then),
        "undo-refused",
        &refused("the deployer's credentials", "the tool that changed them"),
    );
}

#[test]
fn undo_leaves_the_trust_root_to_its_own_verbs() {
    let mut lab = Lab::new();
    let then = snapshot(&lab);
    rename(&mut lab, "changed");
    lab.run(Command::RemoveTrustedKey { key_id: key_id(OPERATOR_PEM) });
    lab.refuse(
        restore(RestoreMode::Undo, &then),
        "undo-refused",
        "undo would change the trust root, which cannot be taken back this way; use the tool that changed it",
    );
}

#[test]
fn what_is_carried_stays_readable() {
    let mut lab = Lab::deployed(0);
    let with = |key: &str, value: serde_json::Value| {
        let mut raw = doc(stage_payload(1, 1)).into_raw();
        raw[key] = value;
        Command::StageRevision(Document::from_value(raw).expect("a payload"))
    };
    let deep = (0..99).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner]));
    lab.refuse(
        with("x", deep),
        "document-too-deep",
        "Environment nests objects and lists more than 100 levels deep; flatten it",
    );
    lab.refuse(
        with("runtime_image_digest", 1.into()),
        "document-field",
        "StageRevisionPayload is invalid at `runtime_image_digest`: the value is not a text",
    );
    lab.run(with("draining_since", "2020-01-01T00:00:00Z".into()));
    assert_eq!(lab.document().draining_since(revision(1)), None);
}

#[test]
fn a_note_of_a_drain_ends_with_the_drain() {
    let mut lab = Lab::deployed(1);
    lab.run(drain(1));
    let mut env = lab.env().clone();
    rename(&mut lab, "meanwhile");
    lab.run(Command::Replace(doc(env.clone())));
    assert_eq!(lab.document().draining_since(revision(1)), Some(lab.now));
    env.revisions[0].lifecycle = greentic_deploy_spec::RevisionLifecycle::Ready;
    lab.run(Command::Replace(doc(env)));
    assert_eq!(lab.document().draining_since(revision(1)), None);
}

#[test]
fn a_fresh_environment_with_a_worker_is_one_batch() {
    let mut lab = Lab::empty();
    lab.operator_pem = OTHER_PEM;
    lab.run(Command::Batch(vec![
        create("local"),
        Command::BootstrapTrustRoot,
        add_bundle(1, "b1"),
        stage(1, 1),
    ]));
    assert_eq!(lab.env().bundles.len(), 1);
    let mut bare = Lab::empty();
    bare.refuse(
        Command::Batch(vec![create("local"), add_bundle(1, "b1")]),
        "trust-root-empty",
        "command 1 of the batch (bundles.add): environment `local` trusts no key yet; bootstrap its trust root first",
    );
}

#[test]
fn an_audit_line_names_each_command_of_a_batch_and_no_private_key() {
    let key = |pem: &str| {
        let (key_id, public_key_pem) = ("abc".to_owned(), pem.to_owned());
        Command::AddTrustedKey(greentic_deploy_spec::AddTrustedKeyPayload {
            key_id,
            public_key_pem,
        })
    };
    let env_id = "local".parse().expect("an id");
    let private =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHNlY3JldA==\n-----END PRIVATE KEY-----";
    let batch = Command::Batch(vec![drain(1), key(private), key(OPERATOR_PEM)]);
    let target = batch.audit_target(&env_id).to_string();
    assert!(!target.contains("PRIVATE"), "{target}");
    assert!(target.contains("PUBLIC") && target.contains(R1) && target.contains("trust-root"));
    assert_eq!(batch.steps().count(), 3);
    assert_eq!(drain(1).steps().collect::<Vec<_>>(), [&drain(1)]);
}

#[test]
fn undo_gives_no_traffic_to_what_is_not_ready() {
    let mut lab = Lab::deployed(2);
    lab.run(split(1, &[(1, 10_000)]));
    let mut then = snapshot(&lab);
    lab.run(split(1, &[(2, 10_000)]));
    lab.run(drain(1));
    let mut env = then.environment.typed().clone();
    env.revisions = lab.env().revisions.clone();
    then.environment = doc(env);
    lab.refuse(
        restore(RestoreMode::Undo, &then),
        "revision-not-ready",
        &format!(
            "revision `{R1}` is draining; only a ready revision takes traffic, so wait for the end of its drain and warm it then, or deploy its bundle again"
        ),
    );
}

#[test]
fn an_edit_by_hand_is_adopted_as_it_was_found() {
    let mut lab = Lab::deployed(1);
    lab.run(split(1, &[(1, 10_000)]));
    let mut raw = lab.document().raw().clone();
    raw["name"] = "by hand".into();
    raw["note"] = "mine".into();
    let found: Document<Environment> = Document::from_value(raw).expect("a document");
    let slot = CapabilitySlot::State;
    lab.run(Command::SavePackAnswers { slot, answers: 1.into() });
    let adopt = |environment| {
        Command::Adopt(Box::new(AdoptPayload {
            environment: Some(environment),
            runtime: FieldUpdate::Set(doc(runtime("local", 9))),
            pack_answers: BTreeMap::from([(slot, FieldUpdate::Clear)]),
        }))
    };
    lab.run(adopt(found.clone()));
    assert_eq!(*lab.document(), found);
    assert_eq!(lab.state.runtime.as_ref().map(|runtime| runtime.generation), Some(9));
    assert!(lab.state.pack_answers.is_empty());
    let mut broken = found.typed().clone();
    broken.traffic_splits[0].entries[0].weight_bps = 1;
    lab.refuse(
        adopt(doc(broken)),
        "basis-points-sum",
        "basis-points entries must sum to 10000, got 1",
    );
}

#[test]
fn a_payload_cannot_write_keys_that_only_its_target_has() {
    fn with<T: greentic_deploy_spec::DocumentType>(typed: T, more: &str) -> Document<T> {
        let mut raw = doc(typed).into_raw();
        let more = serde_json::from_str::<serde_json::Value>(more).expect("JSON");
        let target = raw.as_object_mut().expect("an object");
        target.extend(more.as_object().expect("an object").clone());
        Document::from_value(raw).expect("a document")
    }
    let mut lab = Lab::empty();
    let Command::CreateEnvironment(create) = create("local") else { panic!("another command") };
    let more = r#"{"credentials_ref":"secret://x","packs":[{}],"new":1}"#;
    lab.run(Command::CreateEnvironment(with(create.into_typed(), more)));
    lab.run(Command::BootstrapTrustRoot);
    let more = r#"{"status":"archived","usage":{},"revenue_policy_ref":"x","pack_name":"p"}"#;
    let bundle = with(bundle_payload("b1"), more);
    lab.run(Command::AddBundle { deployment_id: Some(deployment(1)), bundle });
    let more = r#"{"lifecycle":"ready","warmed_at":"never","runtime_image_digest":"sha256:1"}"#;
    lab.run(Command::StageRevision(with(stage_payload(1, 1), more)));
    lab.run(warm(1));
    let document = lab.document();
    assert_eq!(Document::from_value(document.raw().clone()).as_ref(), Ok(document));
    assert_eq!(document.raw()["new"], 1);
    assert_eq!(document.pack_name(deployment(1)), Some("p"));
    assert_eq!(document.runtime_image_digest(revision(1)), Some("sha256:1"));
    let request = Request::for_command(&document.environment_id, &archive(1)).expect("a request");
    let lifecycle = greentic_deploy_spec::RevisionLifecycle::Ready;
    let revision = lab.env().revisions[0].clone();
    let outcome = Outcome::Transition { revision, starting_lifecycle: lifecycle };
    let answer = result_of(&request, &outcome, Some(document)).expect("JSON");
    assert_eq!(answer["revision"]["runtime_image_digest"], "sha256:1", "answers carry them, too");
}

#[test]
fn a_batch_is_one_change_or_none() {
    let mut lab = Lab::new();
    let outcome = lab.run(Command::Batch(vec![
        add_bundle(1, "b1"),
        stage(1, 1),
        warm(1),
        split(1, &[(1, 10_000)]),
    ]));
    assert!(matches!(outcome, Outcome::Batch(outcomes) if outcomes.len() == 4));
    assert_eq!(lab.env().traffic_splits.len(), 1);
    lab.refuse(
        Command::Batch(vec![stage(1, 2), failing_warm(2), split(1, &[(2, 10_000)])]),
        "gate-failure-in-batch",
        "command 1 of the batch (revisions.warm): the health gate of revision `00000000000000000000000002` failed; send that warm alone, so that it is recorded",
    );
    lab.refuse(
        Command::Batch(vec![stage(1, 2), split(1, &[(2, 10_000)])]),
        "revision-not-ready",
        "command 1 of the batch (traffic.set): revision `00000000000000000000000002` is staged; only a ready revision takes traffic, so warm it first",
    );
    lab.refuse(
        Command::Batch(vec![Command::Batch(Vec::new())]),
        "nested-batch",
        "a batch cannot contain a batch; put its commands into the outer one",
    );
    lab.refuse(
        Command::Batch(vec![Command::BootstrapTrustRoot; 257]),
        "batch-too-long",
        "the batch has 257 commands, the limit is 256; split it",
    );
}
