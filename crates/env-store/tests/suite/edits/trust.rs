//! What is trusted changes by a verb, never by an edit alone.

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::key_id_for_public_key_pem;
use greentic_env_store::{
    EnvironmentMutations, EnvironmentReads, LocalFsStore, Request, StoreError,
};
use serde_json::{Value, json};

use super::{Lab, deploy, rename};
use crate::local_lab::{commits, local};

const FILE: &str = "trust-root.json";
/// The first public key of RFC 8032, section 7.1.
const OTHER: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    -----END PUBLIC KEY-----\n";

fn other_id() -> String {
    key_id_for_public_key_pem(OTHER).expect("a key")
}

fn trusted(store: &LocalFsStore) -> Vec<String> {
    let snapshot = store.snapshot(&local()).expect("the worker environment");
    let keys = snapshot.trust_root().map(|root| root.keys.clone()).unwrap_or_default();
    keys.into_iter().map(|key| key.key_id).collect()
}

/// A verb that signs with the operator key.
fn sign(store: &LocalFsStore) -> Result<(), StoreError> {
    store.execute(&local(), Request::new(Command::RotateOperatorKey)).map(drop)
}

/// The worker environment, in a process of its own, and its recorded keys.
fn worker() -> (Lab, LocalFsStore, Vec<String>) {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    let keys = trusted(&store);
    assert_eq!(keys.len(), 1, "the operator key is trusted");
    (lab, store, keys)
}

fn widen(lab: &Lab) {
    let mut root = lab.json(FILE);
    let keys = root["keys"].as_array_mut().expect("a list");
    keys.push(json!({ "key_id": other_id(), "public_key_pem": OTHER }));
    lab.write(FILE, root.to_string());
}

fn empty(lab: &Lab) {
    let mut root = lab.json(FILE);
    root["keys"] = json!([]);
    lab.write(FILE, root.to_string());
}

fn garble(lab: &Lab) {
    lab.write(FILE, "these are no keys");
}

/// Until somebody decides: who is trusted is in both, signing is refused, and other verbs go on.
fn stays_undecided(lab: &Lab, store: &LocalFsStore, keys: &[String], code: &str) {
    are_undecided(lab, &[store, &lab.open()], keys, code);
}

fn are_undecided(lab: &Lab, stores: &[&LocalFsStore], keys: &[String], code: &str) {
    let (file, store) = (lab.read(FILE), stores[0]);
    for store in stores {
        assert_eq!(trusted(store), keys, "only what file and record have is trusted");
        let error = sign(store).expect_err("signing waits");
        assert_eq!(error.code(), code, "{}", lab.told(&error));
        for fact in ["trust-root.json", "gtc op env doctor --fix"] {
            assert!(error.to_string().contains(fact), "{error} does not name {fact}");
        }
        rename(store).expect("verbs that trust nobody go on");
        assert_eq!(lab.read(FILE), file, "nothing is overwritten");
    }
    let adopted = commits(store).iter().any(|commit| commit.contains("external"));
    assert!(!adopted, "trust is never taken over: {:?}", commits(store));
}

#[test]
fn a_key_added_by_hand_is_not_trusted_until_it_is_accepted() {
    let (lab, store, keys) = worker();
    widen(&lab);
    stays_undecided(&lab, &store, &keys, "trust-root-differs");
    let error = sign(&store).expect_err("signing waits").to_string();
    assert!(error.contains(&format!("added: {}; removed: none", other_id())), "{error}");
    let accepted = store.accept_trust_root(&local(), Request::new(Command::Destroy));
    accepted.expect("accepted").expect("a commit");
    assert_eq!(trusted(&store).len(), 2);
    assert_eq!(lab.json(FILE)["keys"].as_array().map(Vec::len), Some(2));
    sign(&store).expect("decided");
}

#[test]
fn a_key_removed_by_hand_is_not_trusted_from_then_on() {
    let (lab, store, keys) = worker();
    empty(&lab);
    stays_undecided(&lab, &store, &[], "trust-root-differs");
    let repaired = store.repair(&local()).expect("repair");
    assert_eq!(repaired.written, [FILE]);
    assert_eq!(lab.recovered().len(), 1, "the other file is kept: {:?}", lab.recovered());
    assert_eq!(trusted(&store), keys, "the record is back");
    sign(&store).expect("decided");
}

#[test]
fn without_its_file_nobody_is_trusted() {
    let (lab, store, _) = worker();
    lab.remove(FILE);
    are_undecided(&lab, &[&store], &[], "trust-root-differs");
    drop(store);
    let store = lab.open();
    are_undecided(&lab, &[&store], &[], "trust-root-differs");
    let accepted = store.accept_trust_root(&local(), Request::new(Command::Destroy));
    accepted.expect("accepted").expect("a commit");
    assert_eq!(trusted(&lab.open()), Vec::<String>::new());
}

#[test]
fn a_trust_root_that_cannot_be_read_trusts_nobody_and_says_why() {
    let (lab, store, keys) = worker();
    garble(&lab);
    stays_undecided(&lab, &store, &[], "external-edit-invalid");
    let error = store.accept_trust_root(&local(), Request::new(Command::Destroy));
    assert_eq!(error.expect_err("garbage").code(), "external-edit-invalid");
    store.repair(&local()).expect("repair");
    assert_eq!(trusted(&store), keys);
    sign(&store).expect("repaired");
}

#[test]
fn a_key_with_another_keys_id_is_refused() {
    let (lab, store, keys) = worker();
    let mut root = lab.json(FILE);
    root["keys"][0]["public_key_pem"] = Value::from(OTHER);
    lab.write(FILE, root.to_string());
    stays_undecided(&lab, &store, &[], "external-edit-invalid");
    store.repair(&local()).expect("repair");
    assert_eq!(trusted(&store), keys);
}

#[test]
fn the_same_keys_in_other_words_are_no_difference() {
    let (lab, store, keys) = worker();
    let written = lab.read(FILE);
    let mut root = lab.json(FILE);
    let id = root["keys"][0]["key_id"].as_str().expect("an id").to_uppercase();
    root["keys"][0]["key_id"] = id.into();
    lab.write(FILE, root.to_string());
    assert_eq!(trusted(&store), keys);
    assert_eq!(trusted(&lab.open()), keys);
    let accepted = store.accept_trust_root(&local(), Request::new(Command::Destroy));
    assert!(accepted.expect("the same").is_none(), "there is nothing to decide");
    sign(&store).expect("there is nothing to decide");
    assert_ne!(lab.read(FILE), written, "the new key is in the file");
    assert_eq!(lab.json(FILE)["keys"].as_array().map(Vec::len), Some(trusted(&store).len()));
    assert_eq!(lab.recovered().len(), 1, "other words for an id are kept");
}

#[test]
fn an_emptied_trust_root_without_its_file_is_no_difference() {
    let (lab, store, keys) = worker();
    let command = Command::RemoveTrustedKey { key_id: keys[0].clone() };
    store.execute(&local(), Request::new(command)).expect("the key is removed");
    lab.remove(FILE);
    let added = Command::AddTrustedKey(greentic_deploy_spec::AddTrustedKeyPayload {
        key_id: other_id(),
        public_key_pem: OTHER.to_owned(),
    });
    store.execute(&local(), Request::new(added)).expect("there is nothing to decide");
    assert_eq!(trusted(&store), [other_id()]);
}
