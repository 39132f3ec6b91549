//! The rules that a document keeps by itself.

use std::collections::BTreeMap;

use greentic_deploy_spec::{
    BundleDeployment, Credentials, EnvironmentConfig, EnvironmentHostConfig, EnvironmentRuntime,
    InvalidTrustedKey, MessagingEndpoint, RevenuePolicyDocument, RevisionLifecycle, SchemaVersion,
    SecretRef, SpecError, StateIntegrity, TrafficSplit, TrustRoot, TrustedKey, UpdateAction,
    UpdateChannelConfig, is_telegram_class, is_valid_transition, key_id_for_public_key_pem,
    validate_public_base_url,
};
use serde_json::{Value, json};

use crate::samples;

/// The error's stable name and its text.
fn check(actual: Result<(), SpecError>, code: &str, text: &str) {
    let error = actual.expect_err("the rule is broken");
    assert_eq!((error.code(), error.to_string().as_str()), (code, text));
}

fn secret_of_prod() -> SecretRef {
    "secret://prod/x".parse().expect("a reference")
}

const EMPTY: &str = "must not be empty";
const WHITESPACE: &str = "must not contain whitespace";
const URI: &str = "is not a valid URI";
const SCHEME: &str = "must start with http:// or https://";
const USERINFO: &str = "must not include userinfo";
const HOST: &str = "must include a host";
const PORT: &str = "port is not a valid number";
const QUERY: &str = "must not include a query string";
const FRAGMENT: &str = "must not include a fragment";
const PATH: &str = "must be an origin without a path";

#[test]
fn a_public_base_url_that_is_no_origin_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", EMPTY),
        (" \t ", EMPTY),
        ("https://chat example.com", WHITESPACE),
        ("https://chat.example.com/\u{2003}x", WHITESPACE),
        ("https://ch%61t.example.com", URI),
        ("https://", URI),
        ("ftp://chat.example.com", SCHEME),
        ("chat.example.com", SCHEME),
        ("/chat", SCHEME),
        ("https://alice:pw@chat.example.com", USERINFO),
        ("https://@chat.example.com", USERINFO),
        ("https://:8080", HOST),
        ("https://chat.example.com:", PORT),
        ("https://chat.example.com:99999", PORT),
        ("https://chat.example.com:http", PORT),
        ("https://chat.example.com?x=1", QUERY),
        ("https://chat.example.com/?", QUERY),
        ("https://chat.example.com/#x", FRAGMENT),
        ("https://chat.example.com/support", PATH),
        ("https://chat.example.com//", PATH),
    ] {
        let expected = SpecError::InvalidPublicBaseUrl { value: text.trim().to_owned(), reason };
        assert_eq!(validate_public_base_url(text), Err(expected), "for {text:?}");
    }
}

#[test]
fn the_first_rule_that_a_public_base_url_breaks_is_the_reason() {
    for (text, first) in [
        ("ftp://a b", WHITESPACE),
        ("ftp://ch%61t", URI),
        ("ftp://alice@h", SCHEME),
        ("https://alice@:80", USERINFO),
        ("https://alice@h:99999", USERINFO),
        ("https://:99999", HOST),
        ("https://h:99999?x", PORT),
        ("https://h?x#y", QUERY),
        ("https://h/p#y", FRAGMENT),
    ] {
        let reason = match validate_public_base_url(text) {
            Err(SpecError::InvalidPublicBaseUrl { reason, .. }) => reason,
            other => unreachable!("{text:?}: {other:?}"),
        };
        assert_eq!(reason, first, "for {text:?}");
    }
}

#[test]
fn a_public_base_url_is_trimmed_and_keeps_its_case() {
    for (text, canonical) in [
        (" https://chat.example.com/ ", "https://chat.example.com"),
        ("HTTPS://Chat.Example.com", "HTTPS://Chat.Example.com"),
        ("http://my_host:0", "http://my_host:0"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://localhost:65535", "http://localhost:65535"),
    ] {
        assert_eq!(validate_public_base_url(text), Ok(canonical.to_owned()));
    }
}

#[test]
fn a_lifecycle_has_exactly_fifteen_steps() {
    use RevisionLifecycle::{Archived, Draining, Failed, Inactive, Ready, Staged, Warming};
    let legal = [
        (Inactive, Staged),
        (Inactive, Failed),
        (Inactive, Archived),
        (Staged, Warming),
        (Staged, Failed),
        (Staged, Archived),
        (Warming, Ready),
        (Warming, Failed),
        (Warming, Archived),
        (Ready, Draining),
        (Ready, Failed),
        (Ready, Archived),
        (Draining, Inactive),
        (Failed, Staged),
        (Failed, Archived),
    ];
    assert_eq!(RevisionLifecycle::ALL.len(), 7);
    for from in RevisionLifecycle::ALL.iter().copied() {
        for to in RevisionLifecycle::ALL.iter().copied() {
            assert_eq!(is_valid_transition(from, to), legal.contains(&(from, to)), "{from} {to}");
        }
        assert_eq!(json!(from), json!(from.as_str()));
        assert_eq!(from.is_final(), !legal.iter().any(|step| step.0 == from), "{from}");
    }
    let error = SpecError::InvalidLifecycleTransition { from: Ready, to: Staged };
    assert_eq!(error.to_string(), "a revision cannot go from ready to staged");
}

fn overrides(packs: usize, keys: usize) -> BTreeMap<String, BTreeMap<String, Value>> {
    let keys: BTreeMap<_, _> = (0..keys).map(|key| (format!("k{key}"), json!(0))).collect();
    (0..packs).map(|pack| (format!("p{pack:02}"), keys.clone())).collect()
}

fn check_overrides(
    overrides: BTreeMap<String, BTreeMap<String, Value>>,
    expected: Result<(), SpecError>,
) {
    let bundle = BundleDeployment { config_overrides: overrides, ..samples::bundle() };
    assert_eq!(bundle.validate(), expected);
}

#[test]
fn overrides_have_limits_that_are_checked_in_order() {
    let too_many_packs = SpecError::ConfigOverridesTooManyPacks { count: 33, max: 32 };
    let too_many_keys = SpecError::ConfigOverridesTooManyKeysForPack {
        pack_id: "p00".to_owned(),
        count: 65,
        max: 64,
    };
    let without_pack_id = |mut all: BTreeMap<String, _>| {
        let keys = all.remove("p00").expect("a first pack");
        all.insert(String::new(), keys);
        all
    };
    let without_key = |mut all: BTreeMap<String, BTreeMap<_, _>>| {
        let first = all.get_mut("p00").expect("a first pack");
        first.remove("k0");
        first.insert(String::new(), json!("x".repeat(20_000)));
        all
    };
    check_overrides(overrides(32, 64), Ok(()));
    check_overrides(without_pack_id(overrides(33, 65)), Err(too_many_packs));
    check_overrides(without_pack_id(overrides(1, 65)), Err(SpecError::ConfigOverrideEmptyPackId));
    check_overrides(without_key(overrides(1, 65)), Err(too_many_keys));
    check_overrides(
        without_key(overrides(1, 1)),
        Err(SpecError::ConfigOverrideEmptyKey { pack_id: "p00".to_owned() }),
    );
}

#[test]
fn overrides_have_at_most_16384_bytes_of_compact_json() {
    let of_size = |bytes: usize| {
        let frame = r#"{"p":{"k":""}}"#.len();
        let keys = [("k".to_owned(), json!("x".repeat(bytes - frame)))];
        BTreeMap::from([("p".to_owned(), keys.into())])
    };
    check_overrides(of_size(16_384), Ok(()));
    let error = SpecError::ConfigOverridesTooLarge { bytes: 16_385, max: 16_384 };
    assert_eq!(error.to_string(), "config_overrides has 16385 bytes of JSON, the limit is 16384");
    check_overrides(of_size(16_385), Err(error));
}

fn check_shares(points: &[u32], expected: Result<(), SpecError>) {
    let mut bundle = samples::bundle();
    let first = bundle.revenue_share[0].clone();
    let share = |basis_points: &u32| greentic_deploy_spec::RevenueShareEntry {
        basis_points: *basis_points,
        ..first.clone()
    };
    bundle.revenue_share = points.iter().map(share).collect();
    // What comes after the shares is broken, too.
    if expected.is_err() {
        bundle.config_overrides.insert(String::new(), BTreeMap::new());
    }
    assert_eq!(bundle.validate(), expected, "{points:?}");
}

#[test]
fn shares_are_at_most_10000_each_and_10000_in_all() {
    check_shares(&[10_000], Ok(()));
    check_shares(&[0, 3333, 6667], Ok(()));
    check_shares(&[], Err(SpecError::BasisPointsSum { sum: 0 }));
    check_shares(&[9999], Err(SpecError::BasisPointsSum { sum: 9999 }));
    check_shares(&[10_000, 1], Err(SpecError::BasisPointsSum { sum: 10_001 }));
    check_shares(&[1, 10_001], Err(SpecError::BasisPointsEntryTooLarge { value: 10_001 }));
    check_shares(&[u32::MAX], Err(SpecError::BasisPointsEntryTooLarge { value: u32::MAX }));
}

#[test]
fn weights_may_be_zero_and_a_revision_may_be_listed_twice() {
    let entry = |weight_bps| greentic_deploy_spec::TrafficSplitEntry {
        revision_id: samples::revision_id(1),
        weight_bps,
    };
    let split = |entries| TrafficSplit { entries, ..samples::split() };
    let twice = split(vec![entry(0), entry(4000), entry(6000)]);
    assert_eq!(twice.validate(), Ok(()));
    assert_eq!(twice.weight_of(samples::revision_id(1)), Some(10_000));
    assert_eq!(twice.weight_of(samples::revision_id(2)), None);
    assert_eq!(split(Vec::new()).validate(), Err(SpecError::BasisPointsSum { sum: 0 }));
    let twice_all = split(vec![entry(10_000), entry(10_000)]);
    assert_eq!(twice_all.validate(), Err(SpecError::BasisPointsSum { sum: 20_000 }));
}

#[test]
fn an_endpoint_is_checked_in_order() {
    type Break = fn(&mut MessagingEndpoint);
    let breaks: [(Break, &str, &str); 6] = [
        (
            |endpoint| endpoint.schema = SchemaVersion::new("x"),
            "schema-mismatch",
            "schema discriminator mismatch: expected `greentic.messaging-endpoint.v1`, got `x`",
        ),
        (
            |endpoint| endpoint.provider_id = " ".to_owned(),
            "empty-provider-id",
            "messaging endpoint provider_id must not be empty",
        ),
        (
            |endpoint| endpoint.provider_type = "\t".to_owned(),
            "empty-provider-type",
            "messaging endpoint provider_type must not be empty",
        ),
        (
            |endpoint| endpoint.secret_refs.push(secret_of_prod()),
            "cross-env-ref",
            "messaging_endpoint.secret_refs `secret://prod/x` belongs to environment `prod`, expected `local`",
        ),
        (
            |endpoint| {
                let flow = endpoint.welcome_flow.as_mut().expect("the sample has a flow");
                flow.flow_id = " ".to_owned();
            },
            "empty-welcome-flow-id",
            "messaging endpoint welcome_flow.flow_id must not be empty",
        ),
        (
            |endpoint| endpoint.webhook_secret_ref = Some(secret_of_prod()),
            "cross-env-ref",
            "messaging_endpoint.webhook_secret_ref `secret://prod/x` belongs to environment `prod`, expected `local`",
        ),
    ];
    let mut endpoint = samples::endpoint();
    endpoint.display_name = String::new();
    assert_eq!(endpoint.validate(), Ok(()));
    for (break_it, code, text) in breaks.into_iter().rev() {
        break_it(&mut endpoint);
        check(endpoint.validate(), code, text);
    }
}

#[test]
fn credentials_are_checked_in_order() {
    let mut credentials = samples::credentials();
    assert_eq!(credentials.validate(), Ok(()));
    credentials.bootstrap.as_mut().expect("minted").generated_credentials_ref = secret_of_prod();
    check(
        credentials.validate(),
        "cross-env-ref",
        "credentials.bootstrap.generated_credentials_ref `secret://prod/x` belongs to environment `prod`, expected `local`",
    );
    credentials.provided_credentials_ref = secret_of_prod();
    check(
        credentials.validate(),
        "cross-env-ref",
        "credentials.provided_credentials_ref `secret://prod/x` belongs to environment `prod`, expected `local`",
    );
    credentials.schema = SchemaVersion::new("x");
    check(
        credentials.validate(),
        "schema-mismatch",
        "schema discriminator mismatch: expected `greentic.credentials.v1`, got `x`",
    );
    let without = Credentials { bootstrap: None, ..samples::credentials() };
    assert_eq!(without.validate(), Ok(()), "the mode and `bootstrap` are not compared");
}

#[test]
fn a_revenue_policy_is_checked_in_order() {
    let mut policy = samples::revenue_policy();
    assert_eq!(policy.validate(), Ok(()));
    policy.revenue_share.clear();
    check(policy.validate(), "basis-points-sum", "basis-points entries must sum to 10000, got 0");
    policy.version = 0;
    let text = "revenue policy version must be 1 or more";
    check(policy.validate(), "revenue-policy-version-zero", text);
    policy.schema = SchemaVersion::new("");
    check(
        policy.validate(),
        "schema-mismatch",
        "schema discriminator mismatch: expected `greentic.revenue-policy.v1`, got ``",
    );
    let first = RevenuePolicyDocument { version: 1, ..samples::revenue_policy() };
    assert_eq!(first.validate(), Ok(()), "the version and `previous_version_ref` are not compared");
}

#[test]
fn a_runtime_document_belongs_to_one_environment() {
    let runtime = samples::samples().into_iter().find(|s| s.file == "environment-runtime.json");
    let runtime = runtime.expect("a sample").value();
    let mut runtime: EnvironmentRuntime = serde_json::from_value(runtime).expect("a runtime");
    assert_eq!(runtime.check_belongs_to(&samples::env_id()), Ok(()));
    let prod = "prod".parse().expect("an id");
    check(
        runtime.check_belongs_to(&prod),
        "env-id-mismatch",
        "env_id mismatch in runtime: expected `prod`, got `local`",
    );
    runtime.schema = SchemaVersion::new("x");
    check(
        runtime.check_belongs_to(&prod),
        "schema-mismatch",
        "schema discriminator mismatch: expected `greentic.environment-runtime.v1`, got `x`",
    );
}

/// The public key of RFC 8410, section 10.1, and the id of its 32 bytes.
const PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";

#[test]
fn a_trusted_key_has_the_id_of_its_key() {
    let id = key_id_for_public_key_pem(PEM).expect("an Ed25519 key");
    assert_eq!(id.len(), 32);
    let key = TrustedKey::checked(&id.to_uppercase(), PEM).expect("the id in the other case");
    assert_eq!(key.key_id, id);
    let mut root = TrustRoot { keys: vec![key], ..TrustRoot::empty() };
    assert_eq!(root.validate(), Ok(()));
    assert!(root.key(&id.to_uppercase()).is_some() && root.key("").is_none());
    assert_eq!(key_id_for_public_key_pem("PEM"), Err(InvalidTrustedKey::NotEd25519));
    root.keys[0].key_id = "00".repeat(16);
    let text = format!(
        "trusted key `{given}`: key_id `{given}` does not belong to the key, whose id is `{id}`",
        given = "00".repeat(16)
    );
    check(root.validate(), "invalid-trusted-key", &text);
}

fn channel(edit: impl FnOnce(&mut UpdateChannelConfig)) -> UpdateChannelConfig {
    let mut channel: UpdateChannelConfig = serde_json::from_value(
        json!({"schema": "greentic.update-channel.v1", "environment_id": "local"}),
    )
    .expect("a channel");
    edit(&mut channel);
    channel
}

#[test]
fn an_update_channel_that_says_nothing_is_off_and_would_stage() {
    let silent = channel(|_| {});
    assert!(!silent.resolved_enabled() && silent.resolved_push_enabled());
    assert_eq!(silent.resolved_action(), UpdateAction::Stage);
    assert_eq!(silent.resolved_poll_interval_secs(), 3600);
    assert_eq!(silent.resolved_stream_endpoint(), None);
}

#[test]
fn an_update_channel_resolves_what_it_says() {
    let older = channel(|c| c.on_notify = Some(UpdateAction::RecordOnly));
    assert_eq!(older.resolved_action(), UpdateAction::RecordOnly);
    let both = channel(|c| {
        c.on_notify = Some(UpdateAction::RecordOnly);
        c.on_update = Some(UpdateAction::Apply);
    });
    assert_eq!(both.resolved_action(), UpdateAction::Apply);
    for (said, resolved) in [(0, 60), (59, 60), (61, 61)] {
        let channel = channel(|c| c.poll_interval_secs = Some(said));
        assert_eq!(channel.resolved_poll_interval_secs(), resolved);
    }
    for (plan, stream) in [
        ("https://u/v1/plan", Some("https://u/v1/updates/stream")),
        ("https://u/v1/plan/", None),
        ("https://u/plan/v1", None),
    ] {
        let channel = channel(|c| c.plan_endpoint = Some(plan.to_owned()));
        assert_eq!(channel.resolved_stream_endpoint().as_deref(), stream, "{plan}");
    }
    let said = channel(|c| c.stream_endpoint = Some("https://s".to_owned()));
    assert_eq!(said.resolved_stream_endpoint().as_deref(), Some("https://s"));
}

#[test]
fn an_action_is_written_in_both_spellings() {
    use UpdateAction::{Apply, RecordOnly, Stage};
    for (action, older) in [(Apply, Stage), (Stage, Stage), (RecordOnly, RecordOnly)] {
        let channel = channel(|c| c.set_action(action));
        assert_eq!((channel.on_update, channel.on_notify), (Some(action), Some(older)));
    }
}

#[test]
fn a_host_falls_back_to_defaults() {
    let host = |id: &str| EnvironmentHostConfig::new(id.parse().expect("an id"));
    let listen = |text: &str| host(text).resolved_listen_addr().to_string();
    assert_eq!(listen("local"), "127.0.0.1:8080");
    assert!(host("local").resolved_gui_enabled() && !host("prod").resolved_gui_enabled());
    let off = EnvironmentHostConfig { gui_enabled: Some(false), ..host("local") };
    assert!(!off.resolved_gui_enabled());
    let older =
        EnvironmentConfig { env_id: samples::env_id(), region: Some("eu-west-1".to_owned()) };
    let copied = EnvironmentHostConfig { region: older.region.clone(), ..host("local") };
    assert_eq!(EnvironmentHostConfig::from(&older), copied);
}

#[test]
fn a_digest_matches_its_value_and_nothing_else() {
    let integrity = StateIntegrity::sha256_of(&json!({"b": 1, "a": [2]})).expect("a JSON form");
    let matches = |value: &Value| integrity.verify(value).expect("a known algorithm");
    assert!(matches(&json!({"a": [2], "b": 1})), "the order of keys does not count");
    assert!(!matches(&json!({"a": [2], "b": 1.0})) && !matches(&json!({"a": [2]})));
    let other = StateIntegrity { algorithm: "SHA-256".to_owned(), ..integrity };
    let error = other.verify(&json!({"a": [2], "b": 1})).expect_err("an unknown algorithm");
    assert_eq!(error.to_string(), "unsupported integrity algorithm `SHA-256` (expected `sha-256`)");
}

#[test]
fn telegram_is_one_class_with_or_without_its_prefix() {
    for yes in ["telegram", "messaging.telegram", "telegram.bot", "messaging.telegram.bot"] {
        assert!(is_telegram_class(yes), "{yes}");
    }
    for no in ["telegrams", "Telegram", "messaging.messaging.telegram", "slack.telegram", ""] {
        assert!(!is_telegram_class(no), "{no}");
    }
}
