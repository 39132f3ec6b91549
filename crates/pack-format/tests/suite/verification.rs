//! What the report says of packs that are not what they were built as.

use std::collections::BTreeMap;

use greentic_deploy_spec::TrustedKey;
use greentic_pack_format::{
    LockCheck, Pack, PackError, PackKey, SbomCheck, SbomStatus, SignatureStatus,
    VerificationReport, VerifyPolicy,
};

use crate::lab::{KEY, OTHER_KEY, Zip, ZipEntry, builder, limits};

fn key() -> PackKey {
    PackKey::from_pem(KEY).unwrap()
}

fn signed() -> Vec<u8> {
    builder().sign(&key()).unwrap().build().unwrap()
}

/// A signed pack with files changed: new content, or none to leave it out.
fn changed(changes: &[(&str, Option<&[u8]>)]) -> Pack {
    let pack = Pack::from_bytes(&signed(), &limits()).unwrap();
    let mut files: BTreeMap<String, Vec<u8>> =
        pack.files().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    for (name, content) in changes {
        match content {
            Some(content) => drop(files.insert((*name).to_owned(), content.to_vec())),
            None => drop(files.remove(*name).unwrap()),
        }
    }
    let entries = files.into_iter().map(|(name, bytes)| ZipEntry::new(name, bytes)).collect();
    Pack::from_bytes(&Zip { entries, ..Zip::default() }.bytes(), &limits()).unwrap()
}

fn report(pack: &Pack) -> VerificationReport {
    let trust = [key().trusted_key()];
    let report = pack.verify(VerifyPolicy::Warn, &trust).unwrap();
    match pack.verify(VerifyPolicy::Require, &trust) {
        Ok(_) => assert!(report.is_verified()),
        Err(PackError::NotVerified(refused)) => assert_eq!(refused.files, report.files),
        Err(other) => panic!("{other}"),
    }
    report
}

fn with(name: &str, content: &[u8]) -> VerificationReport {
    report(&changed(&[(name, Some(content))]))
}

fn file<'a>(report: &'a VerificationReport, path: &str) -> &'a SbomCheck {
    &report.files.iter().find(|file| file.path == path).unwrap().sbom
}

#[test]
fn a_signed_pack_passes_the_strictest_policy_and_every_file_is_listed() {
    let pack = Pack::from_bytes(&signed(), &limits()).unwrap();
    let report = report(&pack);
    assert!(report.is_verified(), "{:?}", report.problems());
    let key_ids = vec![key().trusted_key().key_id];
    assert_eq!(report.signature, SignatureStatus::Trusted { key_ids });
    assert_eq!(report.lock, LockCheck::Holds);
    let listed: Vec<_> = report.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(listed, pack.files().map(|(name, _)| name).collect::<Vec<_>>());
    let exempt: Vec<_> = report
        .files
        .iter()
        .filter(|file| file.sbom == SbomCheck::NotListable)
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(exempt, ["sbom.cbor", "signatures/sbom.dsse.json"]);
    let component = report.files.iter().find(|file| file.path.ends_with(".wasm")).unwrap();
    assert_eq!(component.lock, Some(LockCheck::Holds));
}

#[test]
fn nothing_is_checked_nor_claimed_when_the_policy_is_off() {
    let pack = changed(&[("assets/cards/hello.json", Some(b"changed"))]);
    let report = pack.verify(VerifyPolicy::Off, &[]).unwrap();
    assert!(!report.is_verified());
    assert_eq!(report.problems(), Vec::<String>::new());
    assert!(report.files.iter().all(|file| file.sbom == SbomCheck::Unchecked));
}

#[test]
fn a_changed_file_is_named() {
    let same_size = vec![b'x'; 800];
    let changed_bytes = with("assets/cards/hello.json", &same_size);
    assert!(matches!(
        file(&changed_bytes, "assets/cards/hello.json"),
        SbomCheck::HashDiffers { .. }
    ));
    assert_eq!(changed_bytes.problems(), ["`assets/cards/hello.json` has not the listed digest"]);
    let longer = with("assets/cards/hello.json", b"longer");
    assert_eq!(file(&longer, "assets/cards/hello.json"), &SbomCheck::SizeDiffers { listed: 800 });
}

#[test]
fn an_added_and_a_removed_file_are_named() {
    let added = with("assets/evil.json", b"{}");
    assert_eq!(added.problems(), ["`assets/evil.json` is not in the list of files"]);
    // The folder of signatures hides nothing: only the one member that is read is not listed.
    let hidden = with("signatures/evil", b"{}");
    assert_eq!(hidden.problems(), ["`signatures/evil` is not in the list of files"]);
    let removed = report(&changed(&[("schemas/config.schema.json", None)]));
    assert_eq!(removed.problems(), ["`schemas/config.schema.json` is listed, but not there"]);
}

#[test]
fn a_swapped_component_is_told_by_list_and_lock() {
    let path = "components/ai.example.greeter.wasm";
    let report = with(path, b"\0asm\x0d\0\x01\0\0\0");
    let component = report.files.iter().find(|file| file.path == path).unwrap();
    assert_eq!(component.sbom, SbomCheck::SizeDiffers { listed: 8 });
    assert!(matches!(component.lock, Some(LockCheck::Differs { .. })), "{component:?}");
}

#[test]
fn a_missing_or_broken_lock_and_missing_components_are_problems() {
    let lock = "pack.lock.cbor";
    let problems = |report: VerificationReport| report.problems().join("\n");
    assert!(problems(report(&changed(&[(lock, None)]))).contains("it has no lock"));
    assert!(problems(with(lock, b"\xff")).contains("its lock cannot be read"));
    assert!(
        problems(with(lock, &[0xa1, 0x67, b'v', b'e', b'r', b's', b'i', b'o', b'n', 1]))
            .contains("not in the lock")
    );
    let absent = report(&changed(&[("components/ai.example.greeter.wasm", None)]));
    let ids = vec!["ai.example.greeter".to_owned()];
    assert_eq!(absent.lock, LockCheck::ComponentsAbsent { ids });
}

#[test]
fn a_missing_or_broken_list_is_a_problem_and_not_an_error() {
    let missing = report(&changed(&[("sbom.cbor", None)]));
    assert_eq!(missing.sbom, SbomStatus::Missing);
    assert_eq!(missing.signature, SignatureStatus::OfAnotherList);
    let broken = with("sbom.cbor", b"\xbf");
    assert!(matches!(broken.sbom, SbomStatus::Unreadable { .. }), "{broken:?}");
    assert!(broken.files.iter().all(|file| file.sbom == SbomCheck::Unchecked));
    assert!(!broken.is_verified());
}

#[test]
fn a_list_in_json_does_as_well() {
    let pack = Pack::from_bytes(&signed(), &limits()).unwrap();
    let listed: Vec<_> = pack
        .files()
        .filter(|(name, _)| !name.starts_with("s") || name.starts_with("sch"))
        .map(|(path, bytes)| {
            serde_json::json!({
                "path": path,
                "size": bytes.len(),
                "hash_blake3": blake3::hash(bytes).to_hex().to_string(),
                "media_type": "application/octet-stream",
            })
        })
        .collect();
    let list = serde_json::json!({"format": "greentic-sbom-v1", "files": listed}).to_string();
    let pack = changed(&[
        ("sbom.cbor", None),
        ("signatures/sbom.dsse.json", None),
        ("sbom.json", Some(list.as_bytes())),
    ]);
    let report = report(&pack);
    assert_eq!(report.sbom, SbomStatus::Present { name: "sbom.json" });
    assert_eq!(report.problems(), ["it is not signed"]);
}

/// The signature's status for a list of trusted keys.
fn status(pack: &Pack, trust: &[TrustedKey]) -> SignatureStatus {
    pack.verify(VerifyPolicy::Warn, trust).unwrap().signature
}

#[test]
fn only_keys_of_the_trust_root_count() {
    let pack = Pack::from_bytes(&signed(), &limits()).unwrap();
    let other = PackKey::from_pem(OTHER_KEY).unwrap();
    let key_ids = vec![key().trusted_key().key_id];
    assert_eq!(status(&pack, &[]), SignatureStatus::NotTrusted { key_ids: key_ids.clone() });
    assert_eq!(
        status(&pack, &[other.trusted_key()]),
        SignatureStatus::NotTrusted { key_ids: key_ids.clone() }
    );
    // An id that is claimed for another key is a wrong signature, not a trusted one.
    let claimed = TrustedKey { key_id: key_ids[0].clone(), ..other.trusted_key() };
    let key_id = key_ids[0].clone();
    assert_eq!(status(&pack, &[claimed]), SignatureStatus::Wrong { key_id });
    // Nor does a key of the trust root count under an id that is not its own.
    let name = "signatures/sbom.dsse.json";
    let envelope = String::from_utf8(pack.file(name).unwrap().to_vec()).unwrap();
    let renamed = envelope.replace(&key_ids[0], "00");
    let misnamed = TrustedKey { key_id: "00".to_owned(), ..key().trusted_key() };
    let status_of = status(&changed(&[(name, Some(renamed.as_bytes()))]), &[misnamed]);
    assert_eq!(status_of, SignatureStatus::Wrong { key_id: "00".to_owned() });
    let both = builder().sign(&key()).unwrap().sign(&other).unwrap().build().unwrap();
    let both = Pack::from_bytes(&both, &limits()).unwrap();
    assert_eq!(
        status(&both, &[other.trusted_key()]),
        SignatureStatus::Trusted { key_ids: vec![other.trusted_key().key_id] }
    );
}

#[test]
fn a_signature_by_another_key_under_a_trusted_id_is_wrong() {
    let name = "signatures/sbom.dsse.json";
    let other = PackKey::from_pem(OTHER_KEY).unwrap();
    let forged = builder().sign(&other).unwrap().build().unwrap();
    let forged = Pack::from_bytes(&forged, &limits()).unwrap();
    let envelope = String::from_utf8(forged.file(name).unwrap().to_vec()).unwrap();
    let key_id = key().trusted_key().key_id;
    let envelope = envelope.replace(&other.trusted_key().key_id, &key_id);
    assert_eq!(with(name, envelope.as_bytes()).signature, SignatureStatus::Wrong { key_id });
}

#[test]
fn a_signature_of_another_pack_or_in_another_shape_does_not_count() {
    let name = "signatures/sbom.dsse.json";
    let pack = Pack::from_bytes(&signed(), &limits()).unwrap();
    let envelope = pack.file(name).unwrap().to_vec();
    let mut list = pack.file("sbom.cbor").unwrap().to_vec();
    *list.last_mut().unwrap() ^= 1;
    assert_eq!(with("sbom.cbor", &list).signature, SignatureStatus::OfAnotherList);
    let edited = |from: &str, to: &str| {
        let text = String::from_utf8(envelope.clone()).unwrap();
        assert!(text.contains(from));
        with(name, text.replacen(from, to, 1).as_bytes()).signature
    };
    assert!(matches!(edited("sbom.v1+cbor", "other"), SignatureStatus::Malformed { .. }));
    assert!(matches!(edited("\"sig\": \"", "\"sig\": \"AAAA"), SignatureStatus::Wrong { .. }));
    assert!(matches!(
        edited("\"payload\": \"", "\"payload\": \"%"),
        SignatureStatus::Malformed { .. }
    ));
    assert!(matches!(edited("{", "["), SignatureStatus::Malformed { .. }));
}

#[test]
fn a_key_that_is_none_is_refused_and_never_shown() {
    assert!(PackKey::from_pem("no key").is_err());
    let shown = format!("{:?}", key());
    assert!(
        shown.contains(&key().trusted_key().key_id) && !shown.contains("SigningKey"),
        "{shown}"
    );
}
