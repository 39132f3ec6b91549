use greentic_conformance::{Check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{CapabilitySlot, EnvId, RevisionLifecycle};

use crate::StoreError;
use crate::conformance::Capability;
use crate::conformance::contract::clauses;
use crate::conformance::engine_says::follows;
use crate::conformance::samples::{self, Made};
use crate::conformance::trial::{Trial, done};

clauses! { "verbs";
    /// Creating, changing and merging bindings into an environment do what the engine says.
    "environment" => environment;
    /// Writing whole documents (the environment, the runtime, pack answers) does what the engine says.
    "documents" => documents;
    /// Binding, rebinding, rolling back and freeing a slot do what the engine says.
    "pack-bindings" => pack_bindings;
    /// Adding, changing, rolling back and removing an extension do what the engine says.
    "extension-bindings" => extension_bindings;
    /// Trusting a key and ending the trust do what the engine says.
    "trusted-keys" => trusted_keys;
    /// Trusting and rotating the operator key do what the engine says.
    "operator-key" with [OperatorKey] => operator_key;
    /// Deploying, changing and removing a bundle do what the engine says.
    "bundles" with [OperatorKey] => bundles;
    /// Every step of a revision's life does what the engine says.
    "revisions" with [OperatorKey] => revisions;
    /// Sharing traffic, rolling it back and clearing it do what the engine says, slot tables included.
    "traffic" with [OperatorKey] => traffic;
    /// Adding, linking, greeting, unlinking and removing messaging endpoints do what the engine says.
    "messaging" with [OperatorKey] => messaging;
    /// Adding an endpoint with a minted webhook secret and rotating the secret do what the engine says.
    "messaging-secrets" with [Secrets] => messaging_secrets;
    /// Typed verbs answer what was recorded.
    "typed-answers" => typed_answers;
    /// A change after which nothing is left to do warns of nothing.
    "warn-of-nothing" => warn_of_nothing;
}

/// Commands that are legal one after the other, from nothing until nothing is left: every verb that
/// the store can do.
pub(super) fn whole_life(trial: &Trial) -> Vec<Made> {
    let env_id = &trial.env_id;
    let mut life = environment_life(env_id);
    life.extend(documents_life(env_id));
    life.extend(packs_life());
    life.extend(extensions_life());
    life.extend(keys_life());
    if trial.has(Capability::OperatorKey) {
        life.extend(operator_key_life());
        life.extend(bundles_life());
        life.extend(revisions_life());
        life.extend(traffic_life());
        life.extend(messaging_life(env_id));
    }
    if trial.has(Capability::Secrets) {
        life.extend(secrets_life(env_id));
    }
    life.push(samples::all_say(env_id, 9));
    life.push(Ok(Command::Destroy));
    life
}

fn environment_life(env_id: &EnvId) -> Vec<Made> {
    vec![
        samples::create(env_id, "Conformance"),
        samples::rename("Renamed"),
        samples::no_change(),
        samples::merge(),
    ]
}

fn documents_life(env_id: &EnvId) -> Vec<Made> {
    vec![
        samples::replace(env_id, "Replaced"),
        samples::save_runtime(env_id, 1),
        samples::save_runtime(env_id, 2),
        samples::save_answers(1),
        samples::delete_answers(),
        samples::delete_answers(),
    ]
}

fn packs_life() -> Vec<Made> {
    vec![
        samples::add_pack(),
        samples::update_pack("2.0.0"),
        samples::update_pack("3.0.0"),
        samples::roll_back_pack(),
        samples::remove_pack(),
    ]
}

fn extensions_life() -> Vec<Made> {
    vec![
        samples::add_extension("one"),
        samples::add_extension("two"),
        samples::update_extension("one", "other-pack"),
        samples::roll_back_extension("one"),
        samples::remove_extension("one"),
    ]
}

fn keys_life() -> Vec<Made> {
    vec![
        samples::trust_key(),
        samples::trust_key(),
        samples::distrust_key(),
        samples::distrust_key(),
    ]
}

fn operator_key_life() -> Vec<Made> {
    vec![
        Ok(Command::SeedTrustRootIfAbsent),
        Ok(Command::BootstrapTrustRoot),
        Ok(Command::RotateOperatorKey),
        Ok(Command::SeedTrustRootIfAbsent),
    ]
}

fn bundles_life() -> Vec<Made> {
    vec![
        samples::add_bundle(10, "bundle-10"),
        samples::pause_bundle(10),
        samples::share_revenue(10),
        samples::remove_bundle(10),
        samples::add_unnumbered_bundle("bundle-11"),
    ]
}

fn revisions_life() -> Vec<Made> {
    vec![
        samples::add_bundle(20, "bundle-20"),
        samples::stage(20, 21),
        samples::stage(20, 22),
        samples::begin_warm(21),
        samples::warm_from(21, RevisionLifecycle::Warming),
        samples::failing_warm(22),
        samples::retry(22),
        samples::warm(22),
        samples::drain(22),
        samples::finish_drain(22),
        samples::archive(22),
        samples::archive(21),
    ]
}

fn traffic_life() -> Vec<Made> {
    vec![
        samples::add_bundle(30, "bundle-30"),
        samples::stage(30, 31),
        samples::stage(30, 32),
        samples::warm(31),
        samples::warm(32),
        samples::split(30, &[(31, 10_000)]),
        samples::split(30, &[(31, 2_500), (32, 7_500)]),
        samples::roll_back_split(30),
        samples::clear_split(30),
        samples::archive(31),
        samples::archive(32),
    ]
}

fn messaging_life(env_id: &EnvId) -> Vec<Made> {
    vec![
        samples::add_bundle(40, "bundle-40"),
        samples::add_endpoint(env_id, 41),
        samples::link(41, "bundle-40"),
        samples::greet(41, "bundle-40"),
        samples::add_endpoint(env_id, 42),
        samples::link(42, "bundle-40"),
        samples::unlink(42, "bundle-40"),
        samples::remove_endpoint(42),
        samples::remove_endpoint(41),
    ]
}

fn secrets_life(env_id: &EnvId) -> Vec<Made> {
    vec![
        samples::add_minting_endpoint(env_id, 51),
        samples::rotate_secret(51),
        samples::add_minting_endpoint(env_id, 52),
        samples::remove_endpoint(51),
    ]
}

fn environment(trial: Trial) -> Check {
    follows(&trial, environment_life(&trial.env_id))?;
    follows(&trial, vec![Ok(Command::Destroy), samples::replace(&trial.env_id, "Made by a save")])
}

fn documents(trial: Trial) -> Check {
    trial.create()?;
    trial.run(samples::add_pack())?;
    follows(&trial, documents_life(&trial.env_id))
}

fn pack_bindings(trial: Trial) -> Check {
    trial.create()?;
    follows(&trial, packs_life())
}

fn extension_bindings(trial: Trial) -> Check {
    trial.create()?;
    follows(&trial, extensions_life())
}

fn trusted_keys(trial: Trial) -> Check {
    trial.create()?;
    follows(&trial, keys_life())
}

fn operator_key(trial: Trial) -> Check {
    trial.create()?;
    follows(&trial, operator_key_life())
}

fn bundles(trial: Trial) -> Check {
    trial.seed()?;
    follows(&trial, bundles_life())
}

fn revisions(trial: Trial) -> Check {
    trial.seed()?;
    follows(&trial, revisions_life())
}

fn traffic(trial: Trial) -> Check {
    trial.seed()?;
    follows(&trial, traffic_life())
}

fn messaging(trial: Trial) -> Check {
    trial.seed()?;
    follows(&trial, messaging_life(&trial.env_id))
}

fn messaging_secrets(trial: Trial) -> Check {
    trial.create()?;
    follows(&trial, secrets_life(&trial.env_id))
}

fn typed_answers(trial: Trial) -> Check {
    let created = trial.create()?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let recorded = created.after.require().map(|environment| environment.typed().clone());
    let loaded = store.load_environment(env_id);
    let what = "the environment that was made";
    same(what, &done(what, recorded)?, &done(what, loaded)?)?;
    let slot = CapabilitySlot::Secrets;
    let bound =
        || -> Result<_, StoreError> { Ok(store.load_env(env_id)?.pack_for_slot(slot).cloned()) };
    let key = samples::key;
    let added = store.add_pack_binding(env_id, samples::secrets_pack("1.0.0")?, key("add")?);
    same("the binding", &done("a binding", bound())?, &Some(done("a binding", added)?))?;
    for generation in 1..=2 {
        let binding = samples::secrets_pack(&format!("{generation}.1.0"))?;
        let key = key(&format!("update-{generation}"))?;
        let changed = store.update_pack_binding(env_id, slot, binding, key);
        let (binding, answered) = done("a changed binding", changed)?;
        same("the changed binding", &done("a binding", bound())?, &Some(binding))?;
        same("the binding's generation", &generation, &answered)?;
    }
    let before = done("a binding", bound())?;
    let removed = store.remove_pack_binding(env_id, slot, key("remove")?);
    let (removed, generation) = done("a removed binding", removed)?;
    same("the removed binding", &before, &Some(removed))?;
    same("its generation", &2, &generation)?;
    same("no binding", &None, &done("a free slot", bound())?)
}

fn warn_of_nothing(trial: Trial) -> Check {
    for command in whole_life(&trial) {
        let command = command?;
        let name = command.name();
        let warnings = trial.run(Ok(command))?.warnings;
        same(&format!("warnings of {name}"), &Vec::new(), &warnings)?;
    }
    Ok(())
}
