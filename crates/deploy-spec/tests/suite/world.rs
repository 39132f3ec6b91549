//! A small world in which anything may happen: random commands over a handful of bundles,
//! revisions, slots, extensions and endpoints, and an executor that supplies what they need.
//!
//! Everything follows from a seed. The commands look at the state, so that most of them are legal
//! and many of them are not, for every reason that a verb has.

pub(crate) mod commands;
mod generator;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use greentic_deploy_spec::engine::{
    self, Applied, Command, Context, EnvState, Need, OperatorKeyNeed, Rejection,
    SignedRevenuePolicy, Supplies,
};
use greentic_deploy_spec::{
    DeploymentId, EnvId, IdempotencyKey, MessagingEndpointId, RestoreMode, RevisionId, SecretRef,
    TrustedKey, key_id_for_public_key_pem,
};
use serde_json::{Value, json};

pub(crate) use generator::Generator;

/// The environment that every command is for.
pub(crate) const ENV: &str = "local";
/// An environment that no command is for.
pub(crate) const OTHER_ENV: &str = "elsewhere";

/// The operator key of this world's executor; rotation makes [`NEXT_OPERATOR_KEY`].
pub(crate) const OPERATOR_KEY: u8 = 1;
pub(crate) const NEXT_OPERATOR_KEY: u8 = 9;

pub(crate) fn revision_id(number: u128) -> RevisionId {
    RevisionId((0x0100_0000 + number).into())
}

pub(crate) fn deployment_id(number: u128) -> DeploymentId {
    DeploymentId((0x0200_0000 + number).into())
}

pub(crate) fn endpoint_id(number: u128) -> MessagingEndpointId {
    MessagingEndpointId((0x0300_0000 + number).into())
}

pub(crate) fn env_id() -> EnvId {
    ENV.parse().expect("an environment id")
}

pub(crate) fn idempotency_key(text: &str) -> IdempotencyKey {
    text.parse().expect("not blank")
}

/// The beginning of this world.
pub(crate) fn start() -> DateTime<Utc> {
    "2026-06-16T08:00:00Z".parse().expect("a time")
}

/// An Ed25519 public key of 32 equal bytes, as PEM. A key id does not ask for a point on the curve.
pub(crate) fn public_key_pem(number: u8) -> String {
    const SPKI_PREFIX: [u8; 12] =
        [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];
    let der = [&SPKI_PREFIX[..], &[number; 32]].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

pub(crate) fn trusted_key(number: u8) -> TrustedKey {
    let public_key_pem = public_key_pem(number);
    let key_id = key_id_for_public_key_pem(&public_key_pem).expect("an Ed25519 key");
    TrustedKey { key_id, public_key_pem }
}

/// The id that is minted for the command at `index` of the request with this key (FNV-1a).
pub(crate) fn minted(key: &IdempotencyKey, index: usize) -> u128 {
    let bytes = key.as_str().bytes().chain(index.to_be_bytes());
    bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

/// What tells the webhook secret of a rotation from the ones before.
pub(crate) fn minted_suffix(key: &IdempotencyKey, index: usize) -> String {
    format!("{:x}", minted(key, index))
}

fn supply(
    supplies: &mut Supplies,
    need: &Need,
    key: &IdempotencyKey,
    index: usize,
) -> Result<(), Rejection> {
    match need {
        Need::DeploymentId => {
            supplies.deployment_id = Some(DeploymentId(minted(key, index).into()));
        }
        Need::EndpointId => {
            supplies.endpoint_id = Some(MessagingEndpointId(minted(key, index).into()));
        }
        Need::OperatorKey(OperatorKeyNeed::Current) => {
            supplies.operator_key = Some(trusted_key(OPERATOR_KEY));
        }
        Need::OperatorKey(OperatorKeyNeed::New) => {
            supplies.operator_key = Some(trusted_key(NEXT_OPERATOR_KEY));
        }
        Need::RevenuePolicy(policy) => {
            let key_id = trusted_key(OPERATOR_KEY).key_id;
            // A store asks before it writes a signature, so that a refusal leaves nothing behind.
            policy.check_signer(&key_id)?;
            supplies.revenue_policy =
                Some(SignedRevenuePolicy { policy_ref: policy.policy_ref(), key_id });
        }
        Need::WebhookSecret(secret) => {
            let endpoint = secret
                .endpoint_id
                .unwrap_or_else(|| MessagingEndpointId(minted(key, index).into()));
            let reference: Result<SecretRef, _> = match &secret.replaces {
                None => secret.first_ref(endpoint),
                Some(_) => secret.next_ref(endpoint, &minted_suffix(key, index)),
            };
            supplies.webhook_secret_ref = reference.ok();
        }
        Need::Step { index, need } => {
            if supplies.steps.len() <= *index {
                supplies.steps.resize_with(index + 1, Supplies::default);
            }
            supply(&mut supplies.steps[*index], need, key, *index)?;
        }
        need => unreachable!("an executor must know how to supply {need:?}"),
    }
    Ok(())
}

/// What a command is judged with, with everything supplied that it needs.
///
/// # Errors
/// When the operator key may not sign what the command needs signed.
pub(crate) fn context(
    state: &EnvState,
    command: &Command,
    now: DateTime<Utc>,
    key: &IdempotencyKey,
) -> Result<Context, Rejection> {
    let mut supplies = Supplies::default();
    for need in engine::needs(state, command) {
        supply(&mut supplies, &need, key, 0)?;
    }
    let (env_id, actor) = (env_id(), engine::local_user("alice"));
    Ok(Context { env_id, now, actor, key: key.clone(), supplies })
}

/// Does what a store does with a command, without storing anything.
pub(crate) fn step(
    state: &EnvState,
    command: &Command,
    now: DateTime<Utc>,
    key: &IdempotencyKey,
) -> Result<Applied, Rejection> {
    engine::apply(state, command, &context(state, command, now, key)?)
}

/// The names of all commands, as the crate itself lists them when it meets an unknown one.
pub(crate) fn command_names() -> Vec<String> {
    let unknown = serde_json::from_value::<Command>(json!({"command": "?"}));
    let message = unknown.expect_err("no command has this name").to_string();
    let (_, names) = message.split_once("expected one of ").expect("the names");
    names
        .split('`')
        .filter(|name| name.starts_with(char::is_alphabetic))
        .map(str::to_owned)
        .collect()
}

/// A command as it goes over the wire.
pub(crate) fn command(name: &str, payload: Value) -> Command {
    let wire = json!({"command": name, "payload": payload});
    serde_json::from_value(wire.clone()).unwrap_or_else(|e| unreachable!("{e} in {wire}"))
}

/// The name of a command as it goes over the wire; a restore tells its mode as well.
pub(crate) fn name_of(command: &Command) -> String {
    match command {
        Command::Restore { mode: RestoreMode::Backup, .. } => "restore backup".to_owned(),
        Command::Restore { mode: RestoreMode::Import, .. } => "restore import".to_owned(),
        Command::Restore { mode: RestoreMode::Undo, .. } => "restore undo".to_owned(),
        // The whole wire form would write whole documents only to read one key.
        Command::Replace(_) => "replace".to_owned(),
        Command::Adopt(_) => "adopt".to_owned(),
        Command::Batch(_) => "batch".to_owned(),
        command => {
            let wire = serde_json::to_value(command).expect("commands have a wire form");
            wire["command"].as_str().expect("every command has a name").to_owned()
        }
    }
}

/// Runs commands that are legal, all at the start of this world.
pub(crate) fn run(state: &EnvState, commands: impl IntoIterator<Item = Command>) -> EnvState {
    let next = |state: EnvState, (at, command): (usize, Command)| {
        let judged = step(&state, &command, start(), &idempotency_key(&format!("run-{at}")));
        judged.unwrap_or_else(|rejection| unreachable!("{rejection}: {command:?}")).state
    };
    commands.into_iter().enumerate().fold(state.clone(), next)
}
