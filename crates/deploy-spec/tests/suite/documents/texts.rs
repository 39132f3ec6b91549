//! What is written as text: ids, descriptors, references, constants.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use greentic_deploy_spec::{
    BundleId, CapabilitySlot, CustomerId, DEFAULT_LISTEN_ADDR, DEFAULT_PLAN_ENDPOINT,
    DEFAULT_TRUST_DID, DeploymentId, EnvId, ExtensionRef, ExtensionRefParseError,
    GUI_DEFAULT_ENV_ID, INTEGRITY_ALGORITHM_SHA256, IdempotencyKey, MAX_CONFIG_OVERRIDE_BYTES,
    MAX_CONFIG_OVERRIDE_KEYS_PER_PACK, MAX_CONFIG_OVERRIDE_PACKS, MessagingEndpointId,
    POLICY_LOCAL_ONLY, PREV_PREFIX, PackDescriptor, PackDescriptorParseError, PackId,
    PackListEntry, PartyId, RevisionId, RuntimeRef, RuntimeRefParseError, SchemaVersion, SecretRef,
    SecretRefParseError, SemVer, TOTAL_BASIS_POINTS,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{from_value, json, to_value};

/// The text is read, by `FromStr` and from JSON alike, and written as `written`.
fn check_read<T>(text: &str, written: &str)
where
    T: FromStr + Display + Serialize + DeserializeOwned + PartialEq + Debug,
    T::Err: Debug,
{
    let parsed: T = text.parse().expect("the text is legal");
    assert_eq!(parsed.to_string(), written);
    assert_eq!(to_value(&parsed).expect("a JSON form"), json!(written));
    assert_eq!(from_value::<T>(json!(text)).expect("the text is legal"), parsed);
}

/// The text is refused, by `FromStr` and from JSON alike, with this message.
fn check_refused<T>(text: &str, message: &str)
where
    T: FromStr + DeserializeOwned + Debug,
    T::Err: Display + Debug,
{
    let error = text.parse::<T>().expect_err("the text is not legal");
    assert_eq!(error.to_string(), message, "for {text:?}");
    let error = from_value::<T>(json!(text)).expect_err("the text is not legal");
    assert_eq!(error.to_string(), message, "for {text:?} in JSON");
}

#[test]
fn an_environment_id_is_of_letters_digits_dots_underscores_and_dashes() {
    for text in ["local", "A.b_c-9", ".", ".."] {
        check_read::<EnvId>(text, text);
    }
    check_refused::<EnvId>("", "InvalidInput: EnvId must not be empty");
    for text in ["a b", "a/b", "é", "a\n"] {
        let message = format!(
            "InvalidInput: EnvId must contain only ASCII letters, digits, '.', '-', or '_' (got {text:?})"
        );
        check_refused::<EnvId>(text, &message);
    }
    let safe = |text: &str| text.parse::<EnvId>().expect("legal").is_safe_path_segment();
    assert!(safe("local") && safe("...") && !safe(".") && !safe(".."));
}

fn check_ulid_id<T>()
where
    T: FromStr + Display + Serialize + DeserializeOwned + PartialEq + Debug,
    T::Err: Display + Debug,
{
    let upper = "01JTKW0000000000000000REV1";
    check_read::<T>(upper, upper);
    check_read::<T>("01jtkw0000000000000000rev1", upper);
    check_read::<T>("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    for (text, length) in [("", 0), ("01JTKW0000000000000000REV", 25), (&format!("{upper}0"), 27)] {
        let message = format!("invalid length: a ULID has 26 characters, {text:?} has {length}");
        check_refused::<T>(text, &message);
    }
    for (text, character) in [
        ("01JTKW0000000000000000REVI", 'I'),
        ("01JTKW0000000000000000LEV1", 'L'),
        ("01JTKW0000000000000000oEV1", 'o'),
        ("01JTKW0000000000000000REVU", 'U'),
        ("01JTKW0000000000000000RE-1", '-'),
        ("01JTKW000000000000000000é", 'é'),
    ] {
        let message = format!(
            "invalid character {character:?} in ULID {text:?}: allowed are 0-9 and A-Z without I, L, O and U"
        );
        check_refused::<T>(text, &message);
    }
    for text in ["8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "zJTKW00000000000000000REV1"] {
        let message = format!("ULID {text:?} overflows 128 bits: its first character must be 0-7");
        check_refused::<T>(text, &message);
    }
}

#[test]
fn a_ulid_id_is_26_characters_that_fit_into_128_bits() {
    check_ulid_id::<RevisionId>();
    check_ulid_id::<DeploymentId>();
    check_ulid_id::<MessagingEndpointId>();
}

#[test]
fn fresh_ids_differ() {
    assert_ne!(RevisionId::new(), RevisionId::default());
}

#[test]
fn an_opaque_id_is_any_text_and_not_every_text_is_a_path_segment() {
    for text in ["customer.support", "", "..", "a/b"] {
        assert_eq!(from_value::<BundleId>(json!(text)).expect("any text"), BundleId::new(text));
        assert_eq!(to_value(PackId::from(text)).expect("a JSON form"), json!(text));
        assert_eq!(PartyId::new(text).as_str(), text);
    }
    let check = |text: &str, expected: Option<&str>| {
        let actual = CustomerId::new(text).check_segment().map_err(|error| error.to_string());
        assert_eq!(actual.err().as_deref(), expected);
    };
    check("customer.support", None);
    check("...", None);
    check(" ", Some(r#"customer_id " " must not be empty"#));
    check("..", Some(r#"customer_id ".." must not be `.` or `..`"#));
    check("a/b", Some(r#"customer_id "a/b" must not contain `/` or `\`"#));
    check(r"a\b", Some(r#"customer_id "a\\b" must not contain `/` or `\`"#));
    check("a\0", Some(r#"customer_id "a\0" must not contain control characters"#));
}

#[test]
fn an_idempotency_key_is_any_text_that_is_not_blank() {
    check_read::<IdempotencyKey>(" k ", " k ");
    for text in ["", " ", "\t\n"] {
        check_refused::<IdempotencyKey>(text, "idempotency key must not be empty");
    }
    let long = "k".repeat(255);
    assert!(IdempotencyKey::from_header(&long).is_ok());
    let error = IdempotencyKey::from_header(&format!("{long}k")).expect_err("too long");
    assert_eq!(error.to_string(), "idempotency key has 256 bytes, the limit is 255");
    assert!(IdempotencyKey::new(format!("{long}k")).is_ok(), "the limit is that of the header");
}

#[test]
fn the_slots_are_eight_and_two_have_lists_of_their_own() {
    let names: Vec<_> = CapabilitySlot::ALL.iter().map(|slot| slot.as_str()).collect();
    let expected = [
        "deployer",
        "secrets",
        "telemetry",
        "sessions",
        "state",
        "revocation",
        "messaging",
        "extension",
    ];
    assert_eq!(names, expected);
    for slot in CapabilitySlot::ALL.iter().copied() {
        check_read::<CapabilitySlot>(slot.as_str(), slot.as_str());
        let own_list = matches!(slot, CapabilitySlot::Messaging | CapabilitySlot::Extension);
        assert_eq!(slot.binds_in_packs(), !own_list);
    }
    let error = "Deployer".parse::<CapabilitySlot>().expect_err("no slot");
    let text = error.to_string();
    assert!(text.contains("\"Deployer\"") && text.contains(&expected.join(", ")), "{text}");
}

#[test]
fn a_pack_descriptor_is_a_dotted_path_and_a_strict_version() {
    use PackDescriptorParseError as Error;
    let check = |text: &str, expected: Error| {
        assert_eq!(PackDescriptor::try_new(text), Err(expected), "for {text:?}");
    };
    check("greentic.deployer", Error::MissingVersion);
    check("", Error::MissingVersion);
    check("@1.0.0", Error::EmptyPath);
    check("@x", Error::EmptyPath);
    check("deployer@1.0.0", Error::PathMissingDot);
    check("Deployer@1.0.0", Error::PathMissingDot);
    check("a.B_c@x", Error::InvalidPathChar('B'));
    check("a.b_c@1.0.0", Error::InvalidPathChar('_'));
    check("capability/memory.long-term@1.0.0", Error::InvalidPathChar('/'));
    for version in ["", "1", "1.0", "v1.0.0", "1.0.0 ", " 1.0.0", "01.0.0", "1.0.0@2.0.0"] {
        check(&format!("a.b@{version}"), Error::InvalidSemver(version.to_owned()));
    }
    for text in ["a.b@1.2.3", ".@0.0.0", "a..b@1.0.0", "-.-@1.0.0", "a.9@1.0.0-rc.1+build.7"] {
        check_read::<PackDescriptor>(text, text);
    }
    let descriptor = PackDescriptor::try_new("a.b@1.2.3-rc.1").expect("a descriptor");
    assert_eq!((descriptor.path(), descriptor.as_str()), ("a.b", "a.b@1.2.3-rc.1"));
    assert_eq!(descriptor.version(), &"1.2.3-rc.1".parse::<SemVer>().expect("a version"));
    check_refused::<PackDescriptor>("a.b", "pack descriptor missing `@<semver>` suffix");
}

#[test]
fn a_secret_reference_names_an_environment() {
    use SecretRefParseError as Error;
    for (text, env) in [("secret://local", "local"), ("secret://a b/x//y", "a b")] {
        check_read::<SecretRef>(text, text);
        assert_eq!(SecretRef::try_new(text).expect("a reference").env_segment(), env);
    }
    for (text, expected) in [
        ("secrets://local/x", Error::MissingScheme),
        ("Secret://local", Error::MissingScheme),
        ("secret://", Error::EmptyPath),
        ("secret:///x", Error::EmptyEnvSegment),
    ] {
        assert_eq!(SecretRef::try_new(text), Err(expected), "for {text:?}");
    }
    check_refused::<SecretRef>("x", "a reference must start with `secret://`");
}

#[test]
fn a_runtime_reference_names_an_environment() {
    use RuntimeRefParseError as Error;
    for text in ["runtime://local/discovered/alb_dns", "runtime://local"] {
        check_read::<RuntimeRef>(text, text);
    }
    for (text, expected) in [
        ("secret://local/x", Error::MissingScheme),
        ("runtime://", Error::EmptyPath),
        ("runtime:///discovered", Error::EmptyEnvSegment),
    ] {
        assert_eq!(RuntimeRef::try_new(text), Err(expected), "for {text:?}");
    }
}

#[test]
fn an_extension_reference_is_a_descriptor_path_and_maybe_an_instance() {
    use ExtensionRefParseError as Error;
    for (text, path, instance) in [
        ("ext://acme.oauth.auth0", "acme.oauth.auth0", None),
        ("ext://acme.oauth/primary-2", "acme.oauth", Some("primary-2")),
    ] {
        check_read::<ExtensionRef>(text, text);
        let reference = ExtensionRef::try_new(text).expect("a reference");
        assert_eq!((reference.path(), reference.instance_id()), (path, instance));
    }
    for (text, expected) in [
        ("acme.oauth", Error::MissingScheme),
        ("ext://", Error::EmptyPath),
        ("ext:///primary", Error::EmptyPath),
        ("ext://acme", Error::PathMissingDot),
        ("ext://acme.oauth@1.0.0", Error::InvalidPathChar('@')),
        ("ext://acme.oauth/", Error::EmptyInstance),
        ("ext://acme.oauth/a/b", Error::InvalidInstanceChar('/')),
        ("ext://acme.oauth/a.b", Error::InvalidInstanceChar('.')),
        ("ext://acme.oauth/Primary", Error::InvalidInstanceChar('P')),
    ] {
        assert_eq!(ExtensionRef::try_new(text), Err(expected), "for {text:?}");
    }
}

#[test]
fn a_version_is_strict_and_ordered() {
    check_read::<SemVer>("1.2.3-rc.1+b", "1.2.3-rc.1+b");
    assert!("1.2".parse::<SemVer>().is_err() && "v1.2.3".parse::<SemVer>().is_err());
    assert!(SemVer::new(1, 10, 0) > SemVer::new(1, 9, 9));
    assert!("1.0.0-rc.1".parse::<SemVer>().expect("a version") < SemVer::new(1, 0, 0));
    let entry = PackListEntry::from_lock_primitives("p".into(), "sha256:00".to_owned());
    assert_eq!((entry.version, entry.source_uri), (SemVer::new(0, 0, 0), None));
}

#[test]
fn schema_strings_are_what_was_published() {
    for (constant, name) in [
        (SchemaVersion::ENVIRONMENT_V1, "environment"),
        (SchemaVersion::ENVIRONMENT_RUNTIME_V1, "environment-runtime"),
        (SchemaVersion::REVISION_V1, "revision"),
        (SchemaVersion::TRAFFIC_SPLIT_V1, "traffic-split"),
        (SchemaVersion::BUNDLE_DEPLOYMENT_V1, "bundle-deployment"),
        (SchemaVersion::REVENUE_POLICY_V1, "revenue-policy"),
        (SchemaVersion::CREDENTIALS_V1, "credentials"),
        (SchemaVersion::PACK_CONFIG_V1, "pack-config"),
        (SchemaVersion::RUNTIME_CONFIG_V1, "runtime-config"),
        (SchemaVersion::PACK_LIST_LOCK_V1, "pack-list-lock"),
        (SchemaVersion::AUDIT_EVENT_V1, "audit.event"),
        (SchemaVersion::BACKUP_MANIFEST_V1, "backup-manifest"),
        (SchemaVersion::BACKUP_ARTIFACT_V1, "backup-artifact"),
        (SchemaVersion::MESSAGING_ENDPOINT_V1, "messaging-endpoint"),
        (SchemaVersion::UPDATE_CHANNEL_V1, "update-channel"),
        (SchemaVersion::TRUST_ROOT_V1, "trust-root"),
    ] {
        assert_eq!(constant, format!("greentic.{name}.v1"));
    }
    let unknown: SchemaVersion = from_value(json!("greentic.environment.v9")).expect("any text");
    assert_eq!(unknown, SchemaVersion::new("greentic.environment.v9"));
    assert_eq!(unknown.to_string(), unknown.as_str());
}

#[test]
fn constants_are_what_was_published() {
    assert_eq!(DEFAULT_LISTEN_ADDR.to_string(), "127.0.0.1:8080");
    assert_eq!((GUI_DEFAULT_ENV_ID, POLICY_LOCAL_ONLY), ("local", "local-only"));
    assert_eq!((INTEGRITY_ALGORITHM_SHA256, PREV_PREFIX), ("sha-256", "inline://"));
    let limits =
        [MAX_CONFIG_OVERRIDE_PACKS, MAX_CONFIG_OVERRIDE_KEYS_PER_PACK, MAX_CONFIG_OVERRIDE_BYTES];
    assert_eq!(limits, [32, 64, 16_384]);
    assert_eq!(TOTAL_BASIS_POINTS, 10_000);
    assert_eq!(DEFAULT_TRUST_DID, "did:web:trust.greentic.cloud");
    let plan = "https://updates.greentic.cloud/v1/environments/_/plan";
    assert_eq!(DEFAULT_PLAN_ENDPOINT, plan);
}
