//! Revenue policies: what is written for a deployment, and what is refused as one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::*;
use greentic_env_store::policy::{self, PolicyError, SignedPolicy};
use greentic_env_store::ports::{MemorySigner, PolicySigner};
use greentic_env_store::*;
use serde_json::{Value, json};

use crate::faulty_files::{Fault, FaultyFiles};

const V1: &str = "billing-policies/support/acme/v1.json";
const V2: &str = "billing-policies/support/acme/v2.json";

/// A store with the environment `local` in a folder of its own.
struct Lab {
    _root: tempfile::TempDir,
    store: LocalFsStore,
}

impl Lab {
    /// Trusts nobody yet.
    fn untrusting() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().canonicalize().expect("a folder").join("environments");
        let store = LocalFsStore::new(path);
        let created = store.create_environment(
            &env_id(),
            "Local".to_owned(),
            EnvironmentHostConfig::new(env_id()),
        );
        created.expect("it is created");
        Self { _root: root, store }
    }

    fn new() -> Self {
        let lab = Self::untrusting();
        lab.store.bootstrap_trust_root(&env_id()).expect("a trust root");
        lab
    }

    fn file(&self, name: &str) -> PathBuf {
        self.store.env_path(&env_id()).expect("a folder").join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The two files of a version.
    fn policy(&self, name: &str) -> (Vec<u8>, Vec<u8>) {
        (self.read(name), self.read(&format!("{name}.sig")))
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.file(folder)) else { return Vec::new() };
        let name = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry.expect("an entry");
            entry.file_name().into_string().expect("a name")
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    fn trust_root(&self) -> TrustRoot {
        let snapshot = self.store.snapshot(&env_id()).expect("a snapshot");
        snapshot.trust_root().expect("a trust root").typed().clone()
    }

    fn verified(&self, name: &str) -> RevenuePolicyDocument {
        let (document, envelope) = self.policy(name);
        let verified = policy::verify(&document, &envelope, &self.trust_root());
        verified.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn add(&self) -> Committed {
        let command = Command::AddBundle { deployment_id: None, bundle: document(bundle()) };
        self.store.execute(&env_id(), Request::new(command)).expect("it is added")
    }

    fn deployment(&self) -> BundleDeployment {
        let environment = self.store.load(&env_id()).expect("an environment");
        environment.bundles.first().expect("a deployment").clone()
    }

    fn remove(&self) {
        let id = self.deployment().deployment_id;
        self.store.remove_bundle(&env_id(), id, key("remove")).expect("it is removed");
    }
}

fn env_id() -> EnvId {
    "local".parse().expect("an id")
}

fn key(text: &str) -> IdempotencyKey {
    text.parse().expect("a key")
}

fn document<T: DocumentType>(typed: T) -> Document<T> {
    Document::new(typed).expect("a document")
}

fn share(parts: &[(&str, u32)]) -> Vec<RevenueShareEntry> {
    let entry = |(party, basis_points): &(&str, u32)| RevenueShareEntry {
        party_id: (*party).into(),
        basis_points: *basis_points,
    };
    parts.iter().map(entry).collect()
}

fn bundle() -> AddBundlePayload {
    AddBundlePayload {
        bundle_id: "support".into(),
        customer_id: "acme".into(),
        revenue_share: share(&[("greentic", 10_000)]),
        route_binding: None,
        authorization_ref: None,
        config_overrides: Default::default(),
    }
}

fn update(deployment_id: DeploymentId) -> UpdateBundlePayload {
    UpdateBundlePayload {
        deployment_id,
        status: None,
        route_binding: None,
        revenue_share: Some(share(&[("agency", 3_000), ("greentic", 7_000)])),
        config_overrides: None,
    }
}

#[test]
fn each_version_is_signed_by_the_trusted_key_and_names_the_one_before() {
    let lab = Lab::new();
    lab.add();
    let added = lab.deployment();
    assert_eq!(added.revenue_policy_ref, PathBuf::from(format!("{V1}.sig")));
    let first = lab.verified(V1);
    assert_eq!((first.version, first.deployment_id), (1, added.deployment_id));
    assert_eq!((first.env_id, first.previous_version_ref), (env_id(), None));
    assert_eq!(first.revenue_share, bundle().revenue_share);

    let payload = update(added.deployment_id);
    lab.store.update_bundle(&env_id(), payload.clone(), key("update")).unwrap();
    assert_eq!(lab.deployment().revenue_policy_ref, PathBuf::from(format!("{V2}.sig")));
    let second = lab.verified(V2);
    assert_eq!(second.version, 2);
    assert_eq!(second.previous_version_ref, Some(PathBuf::from(format!("{V1}.sig"))));
    assert_eq!(Some(second.revenue_share), payload.revenue_share);
    assert_eq!(lab.verified(V1).version, 1, "the version before was touched");

    let names = ["v1.json", "v1.json.sig", "v2.json", "v2.json.sig"];
    assert_eq!(lab.names("billing-policies/support/acme"), names);
    for file in names {
        let stat = fs::metadata(lab.file("billing-policies/support/acme").join(file)).unwrap();
        assert_eq!(stat.mode() & 0o777, 0o600, "{file}");
    }
    let without_share = UpdateBundlePayload { revenue_share: None, ..payload };
    lab.store.update_bundle(&env_id(), without_share, key("no share")).unwrap();
    assert_eq!(lab.names("billing-policies/support/acme"), names, "a version nobody asked for");
}

#[test]
fn the_envelope_is_the_one_that_other_tools_read() {
    let lab = Lab::new();
    lab.add();
    let (document, envelope) = lab.policy(V1);
    let envelope: Value = serde_json::from_slice(&envelope).unwrap();
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    assert_eq!(envelope["signatures"].as_array().unwrap().len(), 1);
    assert_eq!(envelope["signatures"][0]["keyid"], json!(lab.trust_root().keys[0].key_id));
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "greentic.revenue-policy-predicate.v1");
    assert_eq!(statement["subject"][0]["name"], "v1.json");
    assert_eq!(statement["subject"][0]["digest"]["sha256"], json!(sha256_hex(&document)));
    assert_eq!(statement["predicate"]["version"], 1);
    assert_eq!(statement["predicate"]["customer_id"], "acme");
}

#[test]
fn both_files_are_safe_on_the_disk_before_the_commit() {
    let operations = {
        let (lab, files) = (Lab::new(), FaultyFiles::sound());
        through(&lab, &files).expect("nothing fails");
        files.operations()
    };
    let is_of_policy = |path: &PathBuf| path.to_string_lossy().contains("billing-policies");
    let syncs = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| operation.name == "sync" && is_of_policy(&operation.path));
    let syncs: Vec<usize> = syncs.map(|(number, _)| number).collect();
    // Both files and the folders that lead to them.
    assert_eq!(syncs.len(), 5, "{operations:?}");
    for number in syncs {
        let (lab, files) = (Lab::new(), FaultyFiles::failing(number, Fault::Fail));
        let error = through(&lab, &files).unwrap_err();
        assert_eq!((error.code(), error.may_be_committed()), ("io", false), "{error}");
        assert!(lab.store.load(&env_id()).unwrap().bundles.is_empty(), "{:?}", files.failed());
    }
}

/// Adds the bundle through another file system.
fn through(lab: &Lab, files: &FaultyFiles) -> Result<(), Box<StoreError>> {
    let builder = LocalFsStore::builder(lab.store.root().to_owned());
    let store = builder.file_system(Arc::new(files.clone())).build();
    store.add_bundle(&env_id(), bundle(), key("add")).map(drop).map_err(Box::new)
}

#[test]
fn nothing_is_signed_with_a_key_that_is_not_trusted() {
    let lab = Lab::untrusting();
    let refused = |code: &str| {
        let error = lab.store.add_bundle(&env_id(), bundle(), key("add")).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    };
    refused("trust-root-empty");
    let TrustedKey { key_id, public_key_pem } = MemorySigner::new(7).ensure_key().unwrap();
    lab.store.add_trusted_key(&env_id(), key_id, public_key_pem, key("trust")).unwrap();
    refused("operator-key-missing");
    lab.store.ports().signer.as_ref().unwrap().ensure_key().unwrap();
    refused("operator-key-not-trusted");
    assert!(!lab.file("billing-policies").exists(), "a refusal left files");
}

#[test]
fn after_a_rotation_the_new_key_signs_and_the_old_signatures_hold() {
    let lab = Lab::new();
    lab.add();
    lab.store.rotate_operator_key(&env_id(), key("rotate")).unwrap();
    let payload = update(lab.deployment().deployment_id);
    lab.store.update_bundle(&env_id(), payload, key("update")).unwrap();
    let key_id = |name: &str| {
        let envelope: Value = serde_json::from_slice(&lab.policy(name).1).unwrap();
        envelope["signatures"][0]["keyid"].as_str().unwrap().to_owned()
    };
    assert_ne!(key_id(V1), key_id(V2));
    assert_eq!((lab.verified(V1).version, lab.verified(V2).version), (1, 2));
}

/// A signed policy and the trust root that it holds with.
fn signed() -> (SignedPolicy, TrustRoot) {
    let lab = Lab::new();
    lab.add();
    let ((document, envelope), trust_root) = (lab.policy(V1), lab.trust_root());
    let key_id = trust_root.keys[0].key_id.clone();
    (SignedPolicy { document, envelope, key_id }, trust_root)
}

fn trusting(key: TrustedKey) -> TrustRoot {
    TrustRoot { keys: vec![key], ..TrustRoot::empty() }
}

#[test]
fn what_was_changed_or_is_signed_by_others_is_refused_with_the_reason() {
    let (signed, trust_root) = signed();
    let parsed: Value = serde_json::from_slice(&signed.envelope).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut envelope = parsed.clone();
        *envelope.pointer_mut(pointer).unwrap() = value;
        envelope.to_string().into_bytes()
    };
    let check = |what: &str, document: &[u8], envelope: &[u8], root: &TrustRoot, code: &str| {
        let error = policy::verify(document, envelope, root).expect_err(what);
        assert_eq!(error.code(), code, "{what}: {error}");
        assert!(!error.to_string().is_empty(), "{what}");
    };
    let refused = |what: &str, envelope: &[u8], code: &str| {
        check(what, &signed.document, envelope, &trust_root, code);
    };
    policy::verify(&signed.document, &signed.envelope, &trust_root).unwrap();

    let text = String::from_utf8(signed.document.clone()).unwrap();
    let tampered = text.replace("10000", "1000");
    assert_ne!(tampered, text);
    check("tampered", tampered.as_bytes(), &signed.envelope, &trust_root, "policy-changed");
    let spaced = format!("{text} ");
    check("white space", spaced.as_bytes(), &signed.envelope, &trust_root, "policy-changed");

    let stranger = MemorySigner::new(7).ensure_key().unwrap();
    let others = trusting(stranger.clone());
    check("others", &signed.document, &signed.envelope, &others, "policy-signer-not-trusted");
    let nobody = TrustRoot::empty();
    check("nobody", &signed.document, &signed.envelope, &nobody, "policy-signer-not-trusted");
    // Another trusted key claims the signature.
    let both = TrustRoot { keys: vec![trust_root.keys[0].clone(), stranger.clone()], ..nobody };
    let claimed = with("/signatures/0/keyid", json!(stranger.key_id));
    check("claimed", &signed.document, &claimed, &both, "policy-signature-bad");

    for length in [0, 1, signed.envelope.len() / 2, signed.envelope.len() - 3] {
        let cut = policy::verify(&signed.document, &signed.envelope[..length], &trust_root);
        assert!(matches!(cut, Err(PolicyError::Document(_))), "{length} bytes: {cut:?}");
    }
    let malformed = "policy-signature-malformed";
    refused("no envelope", b"[]", malformed);
    refused("another type", &with("/payloadType", json!("text/plain")), malformed);
    refused("no base64", &with("/payload", json!("%")), malformed);
    refused("no signature", &with("/signatures", json!([])), "policy-signer-not-trusted");
    refused("unnamed key", &with("/signatures/0/keyid", json!("")), "policy-signer-not-trusted");
    refused("short", &with("/signatures/0/sig", json!("AAAA")), "policy-signature-bad");
    refused("signature", &with("/signatures/0/sig", json!("AA==")), "policy-signature-bad");
    let payload = STANDARD.decode(parsed["payload"].as_str().unwrap()).unwrap();
    let forged = String::from_utf8(payload).unwrap().replace("acme", "evil");
    refused("forged", &with("/payload", json!(STANDARD.encode(forged))), "policy-signature-bad");
}

#[test]
fn a_true_signature_of_something_else_is_no_policy() {
    let signer = MemorySigner::new(0);
    let trust_root = trusting(signer.ensure_key().unwrap());
    let envelope = |payload: &str| {
        let head = format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len());
        let signed = signer.sign(format!("{head}{payload}").as_bytes()).unwrap();
        json!({
            "payload": STANDARD.encode(payload),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"keyid": signed.key.key_id, "sig": STANDARD.encode(signed.signature)}],
        })
        .to_string()
    };
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "greentic.revenue-policy-predicate.v1",
        "subject": [{"name": "v1.json", "digest": {"sha256": sha256_hex(b"{}")}}],
    });
    let mut other_kind = statement.clone();
    other_kind["predicateType"] = json!("https://slsa.dev/provenance/v1");
    let mut no_digest = statement.clone();
    no_digest["subject"] = json!([]);
    for wrong in [other_kind, no_digest] {
        let error = policy::verify(b"{}", envelope(&wrong.to_string()).as_bytes(), &trust_root);
        assert!(matches!(error, Err(PolicyError::Malformed { .. })), "{error:?}");
    }
    let no_policy = policy::verify(b"{}", envelope(&statement.to_string()).as_bytes(), &trust_root);
    assert!(matches!(no_policy, Err(PolicyError::Document(_))), "{no_policy:?}");
}

#[test]
fn a_deployment_that_comes_back_starts_at_version_1_and_keeps_the_policies_of_the_one_before() {
    let lab = Lab::new();
    lab.add();
    let old = lab.policy(V1);
    lab.remove();
    let again = lab.add();
    let kept: Vec<&String> = again
        .warnings
        .iter()
        .map(|warning| match warning {
            Warning::Recovered { kept_as, .. } => kept_as,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kept.len(), 2, "{:?}", again.warnings);
    assert_eq!((lab.read(kept[0]), lab.read(kept[1])), old, "the old policy is lost");
    let new = lab.verified(V1);
    assert_eq!((new.version, new.previous_version_ref), (1, None));
    assert_eq!(new.deployment_id, lab.deployment().deployment_id);
    let before = policy::verify(&old.0, &old.1, &lab.trust_root()).unwrap();
    assert_ne!(before.deployment_id, new.deployment_id);

    let retention =
        HistoryRetention { recovered_age: -chrono::TimeDelta::days(1), ..Default::default() };
    let compacted = lab.store.compact(&env_id(), &retention).unwrap();
    assert_eq!(compacted.removed_files, Vec::<String>::new(), "a policy was taken for a leftover");
    assert_eq!((lab.read(kept[0]), lab.read(kept[1])), old);
}

#[test]
fn what_is_in_the_way_of_a_version_is_moved_aside_and_told() {
    let lab = Lab::new();
    fs::create_dir_all(lab.file("billing-policies/support/acme")).unwrap();
    fs::write(lab.file(V1), "somebody's").unwrap();
    let added = lab.add();
    let [Warning::Recovered { file, kept_as }] = added.warnings.as_slice() else {
        panic!("{:?}", added.warnings);
    };
    assert_eq!(file, V1);
    assert!(kept_as.starts_with("recovered/"), "{kept_as}");
    assert_eq!(lab.read(kept_as), b"somebody's");
    assert_eq!(lab.verified(V1).version, 1);
}

#[test]
fn what_an_attempt_left_that_nobody_repeats_is_removed_and_what_was_in_force_stays() {
    let lab = Lab::new();
    lab.add();
    fs::copy(lab.file(V1), lab.file(V2)).unwrap();
    lab.remove();
    let compacted = lab.store.compact(&env_id(), &HistoryRetention::default()).unwrap();
    assert_eq!(compacted.removed_files, [V2]);
    assert_eq!(lab.names("billing-policies/support/acme"), ["v1.json", "v1.json.sig"]);
}
