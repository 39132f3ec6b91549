//! The engine is a pure function: the same input gives the same output, a refusal changes nothing.

use chrono::TimeDelta;
use greentic_deploy_spec::Document;
use greentic_deploy_spec::engine::{
    self, Command, EnvState, Event, MAX_BATCH_COMMANDS, Need, OperatorKeyNeed, Outcome, Rejection,
};
use serde_json::{Value, json};

use crate::world::commands::{
    add_bundle, add_endpoint, create, drain, finish_drain, rollback_split, split, stage, warm, with,
};
use crate::world::{
    self, Generator, command, deployment_id, endpoint_id, idempotency_key, revision_id, run, start,
};

fn environment() -> EnvState {
    run(&EnvState::default(), [create()])
}

fn trusting() -> EnvState {
    run(&environment(), [Command::BootstrapTrustRoot])
}

fn update_bundle(id: u128, overrides: Value) -> Command {
    command(
        "update-bundle",
        json!({
            "deployment_id": deployment_id(id),
            "revenue_share": [{"party_id": "greentic", "basis_points": 10_000}],
            "config_overrides": overrides,
        }),
    )
}

// ---- The same input ----------------------------------------------------------------------------

#[test]
fn the_same_input_gives_the_same_output_and_stays_as_it_was() {
    for seed in 0..40 {
        let mut generator = Generator::new(2_000_000 + seed);
        let mut state = EnvState::default();
        for _ in 0..60 {
            let command = generator.next(&state);
            let (now, key) = (generator.tick(), generator.key());
            let (state_before, command_before) = (state.clone(), command.clone());
            let needs = engine::needs(&state, &command);
            assert_eq!(needs, engine::needs(&state, &command), "{command:?}");
            if let Ok(context) = world::context(&state, &command, now, &key) {
                let context_before = context.clone();
                let first = engine::apply(&state, &command, &context);
                assert_eq!(first, engine::apply(&state, &command, &context), "{command:?}");
                assert_eq!(context, context_before);
                assert_eq!((&state, &command), (&state_before, &command_before));
                if let Ok(applied) = first {
                    generator.remember(&state);
                    state = applied.state;
                }
            }
        }
    }
}

/// One command, whatever wraps it.
fn is_batch(command: &Command) -> bool {
    matches!(command, Command::Batch(_))
}

/// Whether a refusal is known only once there is something to supply: which key the store signs
/// with is not in the state.
fn depends_on_the_store(rejection: &Rejection) -> bool {
    rejection.code() == "operator-key-not-trusted"
}

#[test]
fn a_command_that_is_refused_needs_nothing() {
    let mut refused = 0;
    for seed in 0..200 {
        let mut generator = Generator::new(3_000_000 + seed);
        let mut state = EnvState::default();
        for _ in 0..60 {
            let command = generator.next(&state);
            let (now, key) = (generator.tick(), generator.key());
            match world::step(&state, &command, now, &key) {
                Ok(applied) => {
                    generator.remember(&state);
                    state = applied.state;
                }
                Err(rejection) if !is_batch(&command) && !depends_on_the_store(&rejection) => {
                    refused += 1;
                    let needs = engine::needs(&state, &command);
                    assert_eq!(needs, [], "{command:?}: {rejection}");
                }
                Err(_) => {}
            }
        }
    }
    assert!(refused > 1_000, "{refused}");
}

#[test]
fn an_update_that_the_environment_refuses_needs_no_signature() {
    let state = run(&trusting(), [add_bundle(Some(0), "shop"), stage(0, 0)]);
    let known = update_bundle(0, json!({"cart": {"limit": 1}}));
    assert_eq!(engine::needs(&state, &known).len(), 1);
    let unknown = update_bundle(0, json!({"search": {"limit": 1}}));
    assert_eq!(engine::needs(&state, &unknown), []);
    let judged = world::step(&state, &unknown, start(), &idempotency_key("k"));
    assert_eq!(
        judged.expect_err("no revision has the pack").code(),
        "config-override-unknown-pack"
    );
}

// ---- Batches -----------------------------------------------------------------------------------

fn judge(state: &EnvState, commands: Vec<Command>) -> Result<engine::Applied, Rejection> {
    world::step(state, &Command::Batch(commands), start(), &idempotency_key("batch"))
}

#[test]
fn a_whole_deployment_is_one_change() {
    let state = trusting();
    let commands =
        vec![add_bundle(Some(0), "shop"), stage(0, 0), warm(0), split(0, &[(0, 10_000)])];
    let needs = engine::needs(&state, &Command::Batch(commands.clone()));
    let [Need::Step { index: 0, need }] = &needs[..] else { unreachable!("{needs:?}") };
    assert!(matches!(&**need, Need::RevenuePolicy(policy) if policy.version == 1), "{need:?}");

    let applied = judge(&state, commands.clone()).expect("it is legal");
    let env = applied.state.environment.as_ref().expect("an environment");
    let bundle = env.deployment(deployment_id(0)).expect("the deployment");
    assert_eq!(bundle.current_revisions, [revision_id(0)]);
    assert_eq!(bundle.revenue_policy_ref.to_str(), Some("billing-policies/shop/acme/v1.json.sig"));
    let split = env.split_of(deployment_id(0)).expect("the split");
    assert_eq!((split.generation, split.idempotency_key.as_str()), (0, "batch"));
    let tables = &applied.state.routing.as_ref().expect("routing").tables;
    assert_eq!(tables.len(), 1);
    let Outcome::Batch(outcomes) = &applied.outcome else { unreachable!("{:?}", applied.outcome) };
    assert_eq!(outcomes.len(), commands.len());
    assert_eq!(applied.events.len(), 4, "staged, gate passed, warmed, split: {:?}", applied.events);
}

#[test]
fn a_batch_does_what_its_commands_do_one_by_one() {
    let commands = [
        add_bundle(Some(0), "shop"),
        stage(0, 0),
        warm(0),
        stage(1, 0),
        warm(1),
        split(0, &[(0, 10_000)]),
        split(0, &[(1, 10_000)]),
        drain(0),
        command("add-pack-binding", json!({"slot": "state", "kind": "a.b@1.0.0", "pack_ref": "p"})),
        command("remove-pack-binding", json!({"slot": "state"})),
    ];
    let key = idempotency_key("batch");
    let one_by_one = commands.iter().fold(trusting(), |state, command| {
        world::step(&state, command, start(), &key).expect("it is legal").state
    });
    assert_eq!(judge(&trusting(), commands.to_vec()).expect("it is legal").state, one_by_one);
}

#[test]
fn a_refused_batch_names_the_command_and_its_place() {
    let state = trusting();
    let before = state.clone();
    let commands = vec![add_bundle(Some(0), "shop"), stage(0, 0), drain(0), warm(0)];
    let rejection = judge(&state, commands).expect_err("nothing drains before it is ready");
    assert_eq!(state, before);
    let Rejection::BatchStep { index, verb, rejection: inner } = &rejection else {
        unreachable!("{rejection:?}")
    };
    assert_eq!((*index, verb.as_str(), inner.code()), (2, "revisions.drain", "lifecycle-conflict"));
    assert_eq!(rejection.code(), "lifecycle-conflict");
    assert_eq!(rejection.kind(), inner.kind());
    assert!(rejection.to_string().starts_with("command 2 of the batch (revisions.drain): "));
}

#[test]
fn a_batch_has_no_batch_inside_and_has_an_end() {
    let nested = judge(&trusting(), vec![Command::Batch(Vec::new())]);
    assert_eq!(nested, Err(Rejection::NestedBatch));
    let (actual, limit) = (MAX_BATCH_COMMANDS + 1, MAX_BATCH_COMMANDS);
    let long = judge(&trusting(), vec![Command::SeedTrustRootIfAbsent; actual]);
    assert_eq!(long, Err(Rejection::BatchTooLong { actual, limit }));
    assert_eq!(judge(&trusting(), Vec::new()).expect("nothing to do").state, trusting());
}

#[test]
fn each_command_of_a_batch_has_supplies_of_its_own() {
    let commands = vec![
        add_bundle(None, "shop"),
        add_endpoint(None, "a"),
        add_bundle(None, "faq"),
        add_endpoint(Some(1), "b"),
    ];
    let needs = engine::needs(&trusting(), &Command::Batch(commands.clone()));
    let places: Vec<_> = needs
        .iter()
        .map(|need| match need {
            Need::Step { index, need } => (*index, need.as_ref()),
            need => unreachable!("{need:?}"),
        })
        .collect();
    assert!(
        matches!(
            places[..],
            [
                (0, Need::DeploymentId),
                (0, Need::RevenuePolicy(_)),
                (1, Need::EndpointId),
                (1, Need::WebhookSecret(_)),
                (2, Need::DeploymentId),
                (2, Need::RevenuePolicy(_)),
                (3, Need::WebhookSecret(_)),
            ]
        ),
        "{places:?}"
    );
    let state = judge(&trusting(), commands).expect("it is legal").state;
    let env = state.environment.as_ref().expect("an environment");
    assert_eq!(env.bundles.len(), 2);
    assert_ne!(env.bundles[0].deployment_id, env.bundles[1].deployment_id);
    for endpoint in &env.messaging_endpoints {
        let secret = endpoint.webhook_secret_ref.as_ref().expect("it was minted");
        assert!(secret.as_str().contains(&endpoint.endpoint_id.to_string()), "{secret}");
    }
}

#[test]
fn a_batch_may_begin_before_the_environment_exists() {
    let commands = vec![create(), Command::BootstrapTrustRoot, add_endpoint(Some(0), "a")];
    let needs = engine::needs(&EnvState::default(), &Command::Batch(commands.clone()));
    assert_eq!(needs.len(), 2, "{needs:?}");
    let state = judge(&EnvState::default(), commands).expect("it is legal").state;
    assert_eq!(state.environment.expect("an environment").messaging_endpoints.len(), 1);
}

#[test]
fn a_batch_that_trusts_the_operator_key_may_deploy_as_well() {
    let commands = vec![Command::BootstrapTrustRoot, add_bundle(Some(0), "shop")];
    let needs = engine::needs(&environment(), &Command::Batch(commands.clone()));
    let current = Need::OperatorKey(OperatorKeyNeed::Current);
    assert!(needs.contains(&Need::Step { index: 0, need: Box::new(current) }), "{needs:?}");
    let state = judge(&environment(), commands).expect("it is legal").state;
    assert_eq!(state.environment.expect("an environment").bundles.len(), 1);
}

#[test]
fn a_batch_that_deploys_without_a_trusted_key_says_so() {
    let rejection = judge(&environment(), vec![add_bundle(Some(0), "shop")]);
    assert_eq!(rejection.expect_err("nobody may sign").code(), "trust-root-empty");
}

/// What a batch needs is found out at a time of the engine's own. What comes after commands that
/// read times which earlier ones wrote must be found all the same.
#[test]
fn a_batch_finds_its_needs_behind_commands_that_look_at_times() {
    let at_once = with(stage(1, 0), "/payload", "drain_seconds", json!(0));
    let shop = [add_bundle(Some(0), "shop"), stage(0, 0), warm(0), at_once, warm(1)];
    let state = run(&run(&trusting(), shop), [stage(2, 0), warm(2)]);
    let commands = vec![
        drain(1),
        finish_drain(1, 2),
        split(0, &[(0, 10_000)]),
        split(0, &[(2, 10_000)]),
        rollback_split(0),
        add_bundle(Some(1), "faq"),
    ];
    let state = judge(&state, commands).expect("it is legal").state;
    assert_eq!(state.environment.expect("an environment").bundles.len(), 2);
}

// ---- Secrets -----------------------------------------------------------------------------------

fn released(state: &EnvState, command: &Command) -> Vec<String> {
    let judged = world::step(state, command, start(), &idempotency_key("release"));
    let events = judged.expect("it is legal").events;
    let secret = |event: &Event| match event {
        Event::SecretReleased { secret_ref } => Some(secret_ref.to_string()),
        _ => None,
    };
    events.iter().filter_map(secret).collect()
}

#[test]
fn a_minted_secret_is_released_when_nothing_names_it_any_more() {
    let state = run(&environment(), [add_endpoint(Some(0), "a")]);
    let secret = format!("secret://local/default/_/messaging-{}/webhook_secret", endpoint_id(0));
    let remove = Command::RemoveMessagingEndpoint { endpoint_id: endpoint_id(0) };
    assert_eq!(released(&state, &remove), [secret.as_str()]);

    let shares =
        with(add_endpoint(Some(1), "b"), "/payload/endpoint", "secret_refs", json!([secret]));
    assert_eq!(released(&run(&state, [shares]), &remove), [""; 0], "another endpoint names it");

    // The endpoint that comes back has the same name for its secret.
    let again = Command::Batch(vec![remove, add_endpoint(Some(0), "a")]);
    assert_eq!(released(&state, &again), [""; 0]);
}

// ---- Time --------------------------------------------------------------------------------------

#[test]
fn a_drain_with_conversations_left_ends_at_its_deadline_and_not_before() {
    let state = run(&trusting(), [add_bundle(Some(0), "shop"), stage(0, 0), warm(0), drain(0)]);
    let finish = |parked: u64, seconds: i64| {
        let now = start() + TimeDelta::seconds(seconds);
        world::step(&state, &finish_drain(0, parked), now, &idempotency_key("finish"))
    };
    let early = finish(2, 29).expect_err("two conversations are parked");
    assert_eq!(early.code(), "drain-not-finished");
    assert!(early.to_string().contains("until 2026-06-16T08:00:30Z"), "{early}");
    assert!(finish(2, 30).is_ok());
    assert!(finish(0, 0).is_ok());
}

#[test]
fn a_document_that_is_written_back_as_it_is_changes_nothing() {
    let state = run(&trusting(), [add_bundle(Some(0), "shop"), stage(0, 0), warm(0)]);
    let document: Document<_> = state.environment.clone().expect("an environment");
    let replaced = world::step(&state, &Command::Replace(document), start(), &idempotency_key("r"));
    assert_eq!(replaced.expect("it is legal").state, state);
}
