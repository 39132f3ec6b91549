use greentic_deploy_spec::engine::{self, Command, Need, OperatorKeyNeed, Outcome};
use greentic_deploy_spec::{AddTrustedKeyPayload, TrustRoot, TrustRootRemoveOutcome};

use crate::lab::*;

fn add(key_id: &str, pem: &str) -> Command {
    let (key_id, public_key_pem) = (key_id.to_owned(), pem.to_owned());
    Command::AddTrustedKey(AddTrustedKeyPayload { key_id, public_key_pem })
}

fn remove(key_id: &str) -> Command {
    Command::RemoveTrustedKey { key_id: key_id.to_owned() }
}

fn root(lab: &Lab) -> &TrustRoot {
    lab.state.trust_root.as_ref().expect("a trust root").typed()
}

fn bare() -> Lab {
    let mut lab = Lab::empty();
    lab.run(create("local"));
    lab
}

#[test]
fn the_key_id_is_that_of_the_public_key_format() {
    assert_eq!(key_id(OTHER_PEM), "21fe31dfa154a261626bf854046fd227");
    let mut lab = bare();
    lab.refuse(
        add("abc123", OTHER_PEM),
        "key-not-trustable",
        "the key cannot be trusted: key_id `abc123` does not belong to the key, whose id is `21fe31dfa154a261626bf854046fd227`; give the PEM of an Ed25519 public key and its own id",
    );
    lab.refuse(
        add("abc123", "-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----\n"),
        "key-not-trustable",
        "the key cannot be trusted: public_key_pem is not an Ed25519 public key in PEM (`-----BEGIN PUBLIC KEY-----`); give the PEM of an Ed25519 public key and its own id",
    );
}

#[test]
fn a_key_is_added_in_either_case_once_and_removed_for_good() {
    let mut lab = bare();
    let id = key_id(OTHER_PEM);
    for _ in 0..2 {
        let outcome = lab.run(add(&id.to_ascii_uppercase(), OTHER_PEM));
        assert!(matches!(outcome, Outcome::KeyTrusted(added) if added.trusted_key_count == 1));
    }
    assert_eq!(root(&lab).keys[0].key_id, id);
    let outcome = lab.run(remove(&id.to_ascii_uppercase()));
    let expected = TrustRootRemoveOutcome {
        removed_key_id: id.clone(),
        removed_public_key_pem: Some(OTHER_PEM.to_owned()),
        trusted_key_count: 0,
    };
    assert_eq!(outcome, Outcome::KeyRemoved(expected));
    assert!(root(&lab).keys.is_empty());
    assert_eq!(engine::needs(&lab.state, &Command::SeedTrustRootIfAbsent), []);
    assert_eq!(lab.run(Command::SeedTrustRootIfAbsent), Outcome::TrustRootPresent);
    assert!(root(&lab).keys.is_empty(), "an emptied trust root is not seeded again");
}

#[test]
fn removing_an_absent_key_creates_no_document() {
    let mut lab = bare();
    let outcome = lab.run(remove("ABC123"));
    let expected = TrustRootRemoveOutcome {
        removed_key_id: "abc123".to_owned(),
        removed_public_key_pem: None,
        trusted_key_count: 0,
    };
    assert_eq!(outcome, Outcome::KeyRemoved(expected));
    assert_eq!(lab.state.trust_root, None);
}

#[test]
fn a_first_key_is_seeded_and_a_new_one_trusted_beside_it() {
    let mut lab = bare();
    lab.refuse(
        Command::RotateOperatorKey,
        "trust-root-empty",
        "environment `local` trusts no key yet; bootstrap its trust root first",
    );
    let outcome = lab.run(Command::SeedTrustRootIfAbsent);
    assert!(matches!(outcome, Outcome::TrustRootSeeded(seed) if seed.trusted_key_count == 1));
    let needs = engine::needs(&lab.state, &Command::RotateOperatorKey);
    assert_eq!(needs, [Need::OperatorKey(OperatorKeyNeed::New)]);
    lab.operator_pem = OTHER_PEM;
    let outcome = lab.run(Command::RotateOperatorKey);
    assert!(matches!(outcome, Outcome::OperatorKeyRotated(new) if new.trusted_key_count == 2));
    assert!(root(&lab).key(&key_id(OPERATOR_PEM)).is_some(), "what it signed still verifies");
    root(&lab).validate().expect("a sound trust root");
}
