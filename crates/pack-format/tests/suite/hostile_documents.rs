//! CBOR, JSON and text that mean harm.

use greentic_pack_format::{DocumentProblem, Limits, Pack, PackError, SbomStatus, VerifyPolicy};

use crate::lab::{Zip, ZipEntry, hex, limits};

/// What is said of a manifest with these bytes.
fn manifest(bytes: Vec<u8>) -> DocumentProblem {
    manifest_within(bytes, &limits())
}

fn manifest_within(bytes: Vec<u8>, limits: &Limits) -> DocumentProblem {
    let entries = vec![ZipEntry::new("manifest.cbor", bytes)];
    match Pack::from_bytes(&Zip { entries, ..Zip::default() }.bytes(), limits).unwrap_err() {
        PackError::Document { entry, problem } => {
            assert_eq!(entry, "manifest.cbor");
            problem
        }
        other => panic!("{other}"),
    }
}

fn is_syntax(problem: &DocumentProblem) -> bool {
    matches!(problem, DocumentProblem::Syntax { syntax: "CBOR", .. })
}

#[test]
fn nested_cbor_is_refused_before_it_takes_the_stack() {
    for opener in [0x81_u8, 0x9f, 0xa1, 0xc1] {
        let problem = manifest(vec![opener; 1_000_000]);
        let is_refused =
            matches!(problem, DocumentProblem::TooDeep { limit: 64 }) || is_syntax(&problem);
        assert!(is_refused, "{opener:x}: {problem}");
    }
    assert_eq!(manifest(vec![0x81; 1_000_000]), DocumentProblem::TooDeep { limit: 64 });
}

#[test]
fn huge_lengths_take_no_memory() {
    for text in [
        "9b ffffffffffffffff",
        "bb ffffffffffffffff",
        "5b 7fffffffffffffff",
        "7b ffffffffffffffff",
        "9a ffffffff 01",
        "ba 7fffffff 01 01",
        "a1 63 616263 5a ffffffff 00",
    ] {
        let problem = manifest(hex(text));
        assert!(is_syntax(&problem), "{text}: {problem}");
    }
}

#[test]
fn more_values_or_bytes_than_allowed_are_refused() {
    let mut many = vec![0x9a, 0x00, 0x0f, 0x42, 0x40];
    many.extend(vec![0x01; 1_000_000]);
    assert_eq!(manifest(many), DocumentProblem::TooManyValues { limit: 500_000 });
    let mut limits = limits();
    limits.document_bytes = 10;
    assert_eq!(manifest_within(vec![0; 11], &limits), DocumentProblem::TooLarge { limit: 10 });
}

#[test]
fn cbor_that_is_none_or_means_two_things_is_refused() {
    for text in [
        "",
        "a0 00",
        "a2 61 61 01 61 61 02",
        "a1 f4 01",
        "ff",
        "1c",
        "1f",
        "61 ff",
        "7f 41 00 ff",
        "5f 5f ff ff",
        "a1 61 61",
        "a1 61 61 1b",
        "bf 61 61 ff",
        "a1 61 61 c2 49 010000000000000000",
        "a1 61 61 3b ffffffffffffffff",
    ] {
        let problem = manifest(hex(text));
        assert!(is_syntax(&problem) || text.contains("c2 49"), "`{text}`: {problem}");
    }
}

#[test]
fn a_manifest_of_a_hundred_megabytes_is_refused_by_its_size() {
    let entries = vec![ZipEntry::new("manifest.cbor", vec![0; 100_000_000])];
    let error =
        Pack::from_bytes(&Zip { entries, ..Zip::default() }.bytes(), &limits()).unwrap_err();
    let expected = "`manifest.cbor` cannot be read: it is larger than 8388608 bytes";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_list_of_files_that_means_harm_is_said_to_be_unreadable() {
    let manifest = {
        let value = serde_json::json!({"schema_version": "pack-v1", "pack_id": "a", "version": "1.0.0", "kind": "library"});
        let mut bytes = Vec::new();
        ciborium::into_writer(&value, &mut bytes).unwrap();
        bytes
    };
    let status = |name: &str, bytes: &[u8]| {
        let entries = vec![ZipEntry::new("manifest.cbor", &manifest), ZipEntry::new(name, bytes)];
        let pack = Pack::from_bytes(&Zip { entries, ..Zip::default() }.bytes(), &limits()).unwrap();
        match pack.verify(VerifyPolicy::Warn, &[]).unwrap().sbom {
            SbomStatus::Unreadable { detail } => detail,
            other => panic!("{other:?}"),
        }
    };
    let deep = "[".repeat(100_000);
    assert!(status("sbom.json", deep.as_bytes()).contains("recursion limit"));
    let wide = format!("[{}1]", "1,".repeat(600_000));
    assert!(status("sbom.json", wide.as_bytes()).contains("more than 500000 values"));
    let huge = format!("\"{}\"", "x".repeat(100_000_000));
    assert!(status("sbom.json", huge.as_bytes()).contains("larger than 8388608 bytes"));
    assert!(status("sbom.json", b"{\"format\": \"\xff\"}").contains("no JSON"));
    let twice = br#"{"format":"greentic-sbom-v1","files":[{"path":"a","size":1,"hash_blake3":""},{"path":"a","size":2,"hash_blake3":""}]}"#;
    assert!(status("sbom.json", twice).contains("there twice"));
    assert!(
        status("sbom.json", b"{\"format\":\"other\",\"files\":[]}").contains("greentic-sbom-v1")
    );
    assert!(status("sbom.cbor", &[0x9f; 70]).contains("nested more than 64 levels"));
}
