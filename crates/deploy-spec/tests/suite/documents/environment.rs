//! The rules of a whole environment, their order, what is lenient on purpose, and what is derived.

use greentic_deploy_spec::{
    BundleId, CapabilitySlot, DeploymentId, EnvId, Environment, ExtensionRef, MessagingEndpoint,
    MessagingEndpointId, Revision, RevisionLifecycle, SchemaVersion, SecretRef, SpecError,
    TrafficSplitEntry, materialize_runtime_config,
};

use crate::samples::{self, revision_id};

fn prod() -> EnvId {
    "prod".parse().expect("an environment id")
}

fn local() -> EnvId {
    samples::env_id()
}

fn secret(text: &str) -> SecretRef {
    text.parse().expect("a reference")
}

fn other_bundle() -> BundleId {
    "other".into()
}

fn other_deployment() -> DeploymentId {
    "01JTKW0000000000000000DEP2".parse().expect("a ULID")
}

fn other_endpoint() -> MessagingEndpointId {
    "01JTKW0000000000000000MEP2".parse().expect("a ULID")
}

fn unsound(text: &str) -> SchemaVersion {
    SchemaVersion::new(text)
}

/// A third revision, of the same deployment, with a share of nothing.
fn third(env: &mut Environment) -> &mut Revision {
    if env.revisions.len() == 2 {
        env.revisions.push(samples::revision(3));
        let entry = TrafficSplitEntry { revision_id: revision_id(3), weight_bps: 0 };
        env.traffic_splits[0].entries.push(entry);
    }
    &mut env.revisions[2]
}

/// A second endpoint, for another instance of the provider.
fn second(env: &mut Environment) -> &mut MessagingEndpoint {
    if env.messaging_endpoints.len() == 1 {
        env.messaging_endpoints.push(MessagingEndpoint {
            endpoint_id: other_endpoint(),
            provider_id: "tg-sales".to_owned(),
            ..samples::endpoint()
        });
    }
    &mut env.messaging_endpoints[1]
}

/// A rule: how to break it, and what is said then.
struct Rule {
    break_it: fn(&mut Environment),
    error: SpecError,
    text: &'static str,
}

fn rule(break_it: fn(&mut Environment), error: SpecError, text: &'static str) -> Rule {
    Rule { break_it, error, text }
}

fn schema_mismatch(expected: &'static str) -> SpecError {
    SpecError::SchemaMismatch { expected, actual: "x".to_owned() }
}

fn env_id_mismatch(context: &'static str) -> SpecError {
    SpecError::EnvIdMismatch { context, expected: local(), actual: prod() }
}

fn cross_env(context: &'static str) -> SpecError {
    SpecError::CrossEnvRef {
        context,
        uri: "secret://prod/x".to_owned(),
        expected_env: local(),
        actual_env: "prod".to_owned(),
    }
}

/// Every rule in the order of its evaluation.
fn rules() -> Vec<Rule> {
    [head_rules(), bundle_rules(), split_rules(), endpoint_rules(), extension_rules()]
        .into_iter()
        .flatten()
        .collect()
}

fn head_rules() -> Vec<Rule> {
    vec![
        rule(
            |env| env.schema = unsound("x"),
            schema_mismatch("greentic.environment.v1"),
            "schema discriminator mismatch: expected `greentic.environment.v1`, got `x`",
        ),
        rule(
            |env| env.host_config.env_id = prod(),
            env_id_mismatch("host_config"),
            "env_id mismatch in host_config: expected `local`, got `prod`",
        ),
        rule(
            |env| env.host_config.public_base_url = Some(" https://h/p ".to_owned()),
            SpecError::InvalidPublicBaseUrl {
                value: "https://h/p".to_owned(),
                reason: "must be an origin without a path",
            },
            "public_base_url `https://h/p` is invalid: must be an origin without a path",
        ),
        rule(
            |env| env.packs[4].slot = CapabilitySlot::Secrets,
            SpecError::DuplicateCapabilitySlot(CapabilitySlot::Secrets),
            "duplicate capability slot `secrets` in Environment.packs",
        ),
        rule(
            |env| env.credentials_ref = Some(secret("secret://prod/x")),
            cross_env("credentials_ref"),
            "credentials_ref `secret://prod/x` belongs to environment `prod`, expected `local`",
        ),
        rule(
            |env| env.revisions[0].schema = unsound("x"),
            schema_mismatch("greentic.revision.v1"),
            "schema discriminator mismatch: expected `greentic.revision.v1`, got `x`",
        ),
        rule(
            |env| env.revisions[0].env_id = prod(),
            env_id_mismatch("revision"),
            "env_id mismatch in revision: expected `local`, got `prod`",
        ),
    ]
}

fn bundle_rules() -> Vec<Rule> {
    vec![
        rule(
            |env| env.bundles[0].env_id = prod(),
            env_id_mismatch("bundle_deployment"),
            "env_id mismatch in bundle_deployment: expected `local`, got `prod`",
        ),
        rule(
            |env| env.bundles[0].schema = unsound("x"),
            schema_mismatch("greentic.bundle-deployment.v1"),
            "schema discriminator mismatch: expected `greentic.bundle-deployment.v1`, got `x`",
        ),
        rule(
            |env| env.bundles[0].revenue_share[0].basis_points = 2999,
            SpecError::BasisPointsSum { sum: 9999 },
            "basis-points entries must sum to 10000, got 9999",
        ),
        rule(
            |env| drop(env.bundles[0].config_overrides.insert(String::new(), [].into())),
            SpecError::ConfigOverrideEmptyPackId,
            "config_overrides has an empty pack id",
        ),
        rule(
            |env| env.bundles[0].current_revisions.insert(0, revision_id(9)),
            SpecError::UnknownRevision(revision_id(9)),
            "revision `01JTKW0000000000000000REV9` is named but not in `revisions`",
        ),
        rule(
            |env| env.revisions[0].deployment_id = other_deployment(),
            SpecError::BundleRevisionWrongDeployment {
                deployment: samples::deployment_id(),
                revision: revision_id(1),
                actual_deployment: other_deployment(),
            },
            "deployment `01JTKW0000000000000000DEP1` lists current revision `01JTKW0000000000000000REV1` of deployment `01JTKW0000000000000000DEP2`",
        ),
        rule(
            |env| env.revisions[0].bundle_id = other_bundle(),
            SpecError::BundleRevisionWrongBundle {
                deployment: samples::deployment_id(),
                revision: revision_id(1),
                expected_bundle: "customer.support".into(),
                actual_bundle: other_bundle(),
            },
            "deployment `01JTKW0000000000000000DEP1` of bundle `customer.support` lists current revision `01JTKW0000000000000000REV1` of bundle `other`",
        ),
        rule(
            |env| drop(env.bundles[0].config_overrides.insert("x".to_owned(), [].into())),
            SpecError::ConfigOverridePackNotInRevisions {
                deployment: samples::deployment_id(),
                pack_id: "x".to_owned(),
            },
            "config_overrides of deployment `01JTKW0000000000000000DEP1` names pack `x`, which is in none of its revisions",
        ),
    ]
}

fn split_rules() -> Vec<Rule> {
    vec![
        rule(
            |env| env.traffic_splits[0].env_id = prod(),
            env_id_mismatch("traffic_split"),
            "env_id mismatch in traffic_split: expected `local`, got `prod`",
        ),
        rule(
            |env| env.traffic_splits[0].schema = unsound("x"),
            schema_mismatch("greentic.traffic-split.v1"),
            "schema discriminator mismatch: expected `greentic.traffic-split.v1`, got `x`",
        ),
        rule(
            |env| env.traffic_splits[0].entries[1].weight_bps = 10_001,
            SpecError::BasisPointsEntryTooLarge { value: 10_001 },
            "basis-points entry exceeds 10000: 10001",
        ),
        rule(
            |env| env.traffic_splits[0].deployment_id = other_deployment(),
            SpecError::UnknownDeployment(other_deployment()),
            "traffic split names deployment `01JTKW0000000000000000DEP2`, which is not in `bundles`",
        ),
        rule(
            |env| env.traffic_splits[0].bundle_id = other_bundle(),
            SpecError::SplitDeploymentBundleMismatch {
                deployment: samples::deployment_id(),
                split_bundle: other_bundle(),
                deployment_bundle: "customer.support".into(),
            },
            "traffic split of deployment `01JTKW0000000000000000DEP1` names bundle `other`, the deployment is of bundle `customer.support`",
        ),
        rule(
            |env| {
                let entry = TrafficSplitEntry { revision_id: revision_id(8), weight_bps: 0 };
                env.traffic_splits[0].entries.insert(0, entry);
            },
            SpecError::UnknownRevision(revision_id(8)),
            "revision `01JTKW0000000000000000REV8` is named but not in `revisions`",
        ),
        rule(
            |env| third(env).deployment_id = other_deployment(),
            SpecError::SplitRevisionWrongDeployment {
                revision: revision_id(3),
                expected_deployment: samples::deployment_id(),
                actual_deployment: other_deployment(),
            },
            "traffic split of deployment `01JTKW0000000000000000DEP1` names revision `01JTKW0000000000000000REV3` of deployment `01JTKW0000000000000000DEP2`",
        ),
        rule(
            |env| third(env).bundle_id = other_bundle(),
            SpecError::SplitRevisionWrongBundle {
                revision: revision_id(3),
                expected_bundle: "customer.support".into(),
                actual_bundle: other_bundle(),
            },
            "traffic split of bundle `customer.support` names revision `01JTKW0000000000000000REV3` of bundle `other`",
        ),
    ]
}

fn endpoint_rules() -> Vec<Rule> {
    vec![
        rule(
            |env| second(env).provider_id = " ".to_owned(),
            SpecError::EmptyMessagingProviderId,
            "messaging endpoint provider_id must not be empty",
        ),
        rule(
            |env| {
                let endpoint = second(env);
                endpoint.env_id = prod();
                endpoint.secret_refs.clear();
                endpoint.webhook_secret_ref = Some(secret("secret://prod/x"));
            },
            env_id_mismatch("messaging_endpoint"),
            "env_id mismatch in messaging_endpoint: expected `local`, got `prod`",
        ),
        rule(
            |env| second(env).endpoint_id = samples::endpoint_id(),
            SpecError::DuplicateMessagingEndpoint(samples::endpoint_id()),
            "duplicate messaging endpoint `01JTKW0000000000000000MEP1` in Environment.messaging_endpoints",
        ),
        rule(
            |env| second(env).provider_id = "tg-legal".to_owned(),
            SpecError::DuplicateProviderInstance {
                provider_type: "telegram".to_owned(),
                provider_id: "tg-legal".to_owned(),
            },
            "duplicate provider instance `telegram`/`tg-legal` in Environment.messaging_endpoints",
        ),
        rule(
            |env| second(env).linked_bundles.push(other_bundle()),
            SpecError::MessagingEndpointBundleNotLinked {
                endpoint: other_endpoint(),
                bundle: other_bundle(),
            },
            "messaging endpoint `01JTKW0000000000000000MEP2` links bundle `other`, which is not deployed",
        ),
        rule(
            |env| {
                let flow = second(env).welcome_flow.as_mut().expect("the sample has a flow");
                flow.bundle_id = "another".into();
            },
            SpecError::WelcomeFlowBundleNotLinked {
                endpoint: other_endpoint(),
                bundle: "another".into(),
            },
            "messaging endpoint `01JTKW0000000000000000MEP2` has a welcome flow of bundle `another`, which it does not link",
        ),
    ]
}

fn extension_rules() -> Vec<Rule> {
    vec![
        rule(
            |env| env.extensions[0].instance_id = Some("a_b".to_owned()),
            SpecError::InvalidExtensionInstanceId {
                path: "acme.oauth.auth0".to_owned(),
                reason: "contains '_' in \"a_b\"; allowed are a-z, 0-9 and `-`".to_owned(),
            },
            "instance_id of extension `acme.oauth.auth0` contains '_' in \"a_b\"; allowed are a-z, 0-9 and `-`",
        ),
        rule(
            |env| env.extensions.push(samples::extension(None)),
            SpecError::DuplicateExtension {
                path: "acme.oauth.auth0".to_owned(),
                instance_id: None,
            },
            "duplicate extension `acme.oauth.auth0` (instance None) in Environment.extensions",
        ),
    ]
}

#[test]
fn the_samples_are_sound() {
    assert_eq!(samples::environment().validate(), Ok(()));
    assert_eq!(samples::minimal_environment().validate(), Ok(()));
}

#[test]
fn every_rule_says_what_is_broken() {
    for rule in rules() {
        let mut env = samples::environment();
        (rule.break_it)(&mut env);
        assert_eq!(rule.error.to_string(), rule.text);
        assert_eq!(env.validate(), Err(rule.error));
    }
}

/// Which rule an error is of; the values in it depend on what else is broken.
fn rule_of(error: &SpecError) -> (&'static str, &'static str) {
    let part = match error {
        SpecError::SchemaMismatch { expected, .. } => expected,
        SpecError::EnvIdMismatch { context, .. } | SpecError::CrossEnvRef { context, .. } => {
            context
        }
        _ => "",
    };
    (error.code(), part)
}

#[test]
fn of_two_broken_rules_the_earlier_one_is_reported() {
    let rules = rules();
    for (at, later) in rules.iter().enumerate() {
        for earlier in &rules[..at] {
            let mut env = samples::environment();
            (later.break_it)(&mut env);
            (earlier.break_it)(&mut env);
            let error = env.validate().expect_err("two rules are broken");
            assert_eq!(rule_of(&error), rule_of(&earlier.error), "not {}", later.text);
        }
    }
}

#[test]
fn each_element_is_checked_whole_before_the_next() {
    let mut env = samples::environment();
    env.revisions[1].schema = unsound("x");
    env.revisions[0].env_id = prod();
    assert_eq!(env.validate(), Err(env_id_mismatch("revision")));
}

fn check_sound(what: &str, edit: fn(&mut Environment)) {
    let mut env = samples::environment();
    edit(&mut env);
    assert_eq!(env.validate(), Ok(()), "{what}");
}

#[test]
fn what_a_verb_would_not_make_but_a_document_may_hold_passes() {
    check_sound("a name that says nothing", |env| env.name = String::new());
    check_sound("two revisions of one id", |env| env.revisions.push(samples::revision(1)));
    check_sound("two deployments of one id", |env| env.bundles.push(samples::bundle()));
    check_sound("two splits of one deployment", |env| {
        env.traffic_splits.push(samples::split());
    });
    check_sound("a share for a revision that is not ready", |env| {
        env.revisions[0].lifecycle = RevisionLifecycle::Archived;
    });
    check_sound("families of bindings among the packs", |env| {
        env.packs[3].slot = CapabilitySlot::Messaging;
        env.packs[4].slot = CapabilitySlot::Extension;
    });
    check_sound("a sequence that stands still", |env| env.revisions[1].sequence = 1);
    check_sound("digests and paths of any form", |env| {
        env.revisions[0].bundle_digest = "?".to_owned();
        env.revisions[0].signature_sidecar_ref = "/../x".into();
    });
    check_sound("an origin that is not in its canonical form", |env| {
        env.host_config.public_base_url = Some(" HTTPS://Chat.example.com/ ".to_owned());
    });
    check_sound("credentials of any path", |env| {
        env.credentials_ref = Some(secret("secret://local"));
    });
}

#[test]
fn the_first_of_several_with_one_id_counts() {
    let mut env = samples::environment();
    let mut twin = samples::revision(1);
    twin.deployment_id = other_deployment();
    env.revisions.push(twin);
    let mut twin = samples::bundle();
    twin.bundle_id = other_bundle();
    twin.current_revisions.clear();
    env.bundles.push(twin);
    assert_eq!(env.validate(), Ok(()));
    env.bundles.reverse();
    let code = |env: &Environment| env.validate().map_err(|error| error.code());
    assert_eq!(code(&env), Err("split-deployment-bundle-mismatch"));
    env.bundles.reverse();
    env.revisions.reverse();
    assert_eq!(code(&env), Err("bundle-revision-wrong-deployment"));
}

#[test]
fn overrides_may_name_any_pack_while_no_pack_is_known() {
    let unknown = |env: &mut Environment| {
        env.bundles[0].config_overrides = [("x".to_owned(), [].into())].into();
    };
    let mut env = samples::environment();
    unknown(&mut env);
    for revision in &mut env.revisions {
        revision.lifecycle = RevisionLifecycle::Archived;
    }
    assert_eq!(env.validate(), Ok(()), "packs of archived revisions do not count");
    env.revisions[1].lifecycle = RevisionLifecycle::Failed;
    assert_eq!(env.validate().map_err(|error| error.code()), Err("config-override-unknown-pack"));
    env.revisions[1].pack_list.clear();
    assert_eq!(env.validate(), Ok(()), "a revision without packs tells nothing");
}

#[test]
fn an_extension_is_told_apart_by_path_and_instance_alone() {
    let mut env = samples::environment();
    env.extensions[1].instance_id = Some("default".to_owned());
    env.extensions.push(samples::extension(None));
    assert_eq!(env.validate(), Ok(()), "no instance and `default` are two");
    env.extensions[2].kind = "acme.oauth.auth0@9.0.0".parse().expect("a descriptor");
    env.extensions[1].instance_id = None;
    let code = env.validate().map_err(|error| error.code());
    assert_eq!(code, Err("duplicate-extension"), "the version does not count");
    env.extensions[0].instance_id = Some(String::new());
    let text = env.validate().map_err(|error| error.to_string());
    let expected = "instance_id of extension `acme.oauth.auth0` must not be empty";
    assert_eq!(text, Err(expected.to_owned()));
}

#[test]
fn parts_are_found_by_what_names_them() {
    let env = samples::environment();
    let found = |text: &str| {
        let reference: ExtensionRef = text.parse().expect("a reference");
        env.extension_for_ref(&reference).map(|binding| binding.instance_id.clone())
    };
    assert_eq!(found("ext://acme.oauth.auth0/primary"), Some(Some("primary".to_owned())));
    assert_eq!(found("ext://acme.oauth.auth0"), Some(None));
    assert_eq!(found("ext://acme.oauth.auth0/default"), None);
    let secrets = env.pack_for_slot(CapabilitySlot::Secrets).expect("a binding");
    assert_eq!(secrets.kind.path(), "greentic.secrets.dev-store");
    assert_eq!(env.pack_for_slot(CapabilitySlot::Revocation), None);
}

#[test]
fn the_runtime_configuration_has_a_block_for_each_entry_of_each_split() {
    let env = samples::environment();
    let config = serde_json::to_value(materialize_runtime_config(&env)).expect("a JSON form");
    let golden = samples::all().into_iter().find(|(file, _)| *file == "runtime-config.json");
    assert_eq!(config, golden.expect("a sample").1);
    let weights = |env: &Environment| -> Vec<_> {
        let blocks = materialize_runtime_config(env).revisions;
        blocks.into_iter().map(|block| (block.revision_id, block.weight_bps)).collect()
    };
    let (first, second) = (revision_id(1), revision_id(2));
    let mut twice = env.clone();
    let zero = TrafficSplitEntry { revision_id: first, weight_bps: 0 };
    twice.traffic_splits[0].entries.push(zero);
    twice.traffic_splits.insert(0, samples::previous_split());
    twice.revisions[0].lifecycle = RevisionLifecycle::Failed;
    assert_eq!(weights(&twice), [(first, 10_000), (first, 9000), (second, 1000), (first, 0)]);
    assert!(weights(&samples::minimal_environment()).is_empty());
}

#[test]
fn a_block_has_the_references_of_the_revision_of_its_deployment() {
    let mut env = samples::environment();
    env.revisions[0].deployment_id = other_deployment();
    env.revisions[1].pack_list_lock_ref = "".into();
    env.traffic_splits[0].bundle_id = other_bundle();
    let [first, second] = &materialize_runtime_config(&env).revisions[..] else {
        unreachable!("the split has two entries")
    };
    assert!(first.pack_list_refs.is_empty() && first.pack_config_refs.is_empty());
    assert!(second.pack_list_refs.is_empty(), "an empty reference is none");
    assert_eq!(second.pack_config_refs, samples::revision(2).pack_config_refs);
    assert_eq!((&first.bundle_id, first.weight_bps), (&other_bundle(), 9000));
}
