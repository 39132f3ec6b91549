use greentic_conformance::{Broken, Check, check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;
use greentic_deploy_spec::{TrustedKey, key_id_for_public_key_pem};

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, done, same_snapshot, unsupported};

clauses! { "trust-root";
    /// Bootstrapping trusts the operator key, which is an Ed25519 key under its own id; doing it again
    /// trusts the same one.
    "trusts-the-operator-key" with [OperatorKey] => trusts_the_operator_key;
    /// Seeding trusts the operator key once: a trust root that was emptied stays empty.
    "is-seeded-once" with [OperatorKey] => is_seeded_once;
    /// A rotation trusts a new operator key beside the old one, and puts it in use.
    "keeps-the-old-key" with [OperatorKey] => keeps_the_old_key;
    /// A bundle is deployed only where the operator key is trusted.
    "guards-bundles" with [OperatorKey] => guards_bundles;
    /// A store without an operator key refuses what needs one, and changes nothing.
    "without-operator-key-is-unsupported" without [OperatorKey] => without_operator_key;
}

fn trusted(trial: &Trial) -> Result<Vec<TrustedKey>, Broken> {
    let snapshot = trial.snapshot()?;
    Ok(snapshot.trust_root().map(|root| root.keys.clone()).unwrap_or_default())
}

fn trusts_the_operator_key(trial: Trial) -> Check {
    trial.create()?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let seed = done("a trust root", store.bootstrap_trust_root(env_id))?;
    let derived = key_id_for_public_key_pem(&seed.public_key_pem);
    check(derived.as_ref() == Ok(&seed.key_id), "an Ed25519 key under its own id", || {
        format!("`{}`, derived {derived:?}", seed.key_id)
    })?;
    let key = TrustedKey { key_id: seed.key_id, public_key_pem: seed.public_key_pem };
    same("the trusted keys", &vec![key.clone()], &trusted(&trial)?)?;
    let again = done("a trust root", store.bootstrap_trust_root(env_id))?;
    same("the same key", &(key.key_id.clone(), 1), &(again.key_id, again.trusted_key_count))?;
    same("the trusted keys", &vec![key], &trusted(&trial)?)?;
    same("a seeded trust root", &true, &done("a read", store.trust_root_is_seeded(env_id))?)
}

fn is_seeded_once(trial: Trial) -> Check {
    trial.create()?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let seed = || done("a seed", store.seed_trust_root_if_absent(env_id));
    let Some(seeded) = seed()? else {
        return Err(Broken::new("a trust root to be seeded", "it was there"));
    };
    same("no second seed", &None, &seed()?)?;
    trial.run(Ok(Command::RemoveTrustedKey { key_id: seeded.key_id }))?;
    same("no seed where trust was ended", &None, &seed()?)?;
    same("no trusted key", &Vec::new(), &trusted(&trial)?)
}

fn keeps_the_old_key(trial: Trial) -> Check {
    trial.seed()?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let old = trusted(&trial)?;
    let rotated = done("a rotation", store.rotate_operator_key(env_id, samples::key("rotate")?))?;
    let new = TrustedKey { key_id: rotated.key_id, public_key_pem: rotated.public_key_pem };
    let both: Vec<_> = old.iter().cloned().chain([new.clone()]).collect();
    check(!old.contains(&new), "a new key", || format!("{new:?}"))?;
    same("the trusted keys", &both, &trusted(&trial)?)?;
    let current = done("the key in use", store.bootstrap_trust_root(env_id))?;
    same("the key in use", &new.key_id, &current.key_id)?;
    // Only the new key is trusted now, so only what it signs is taken.
    for key in old {
        trial.run(Ok(Command::RemoveTrustedKey { key_id: key.key_id }))?;
    }
    trial.run(samples::add_bundle(1, "bundle-1")).map(drop)
}

fn guards_bundles(trial: Trial) -> Check {
    trial.seed()?;
    let key_id = trusted(&trial)?.into_iter().map(|key| key.key_id).next().unwrap_or_default();
    trial.run(samples::trust_key())?;
    trial.run(Ok(Command::RemoveTrustedKey { key_id }))?;
    let add = || samples::add_bundle(1, "bundle-1");
    trial.refuse(add(), ErrorKind::Conflict, "operator-key-not-trusted")?;
    trial.run(Ok(Command::BootstrapTrustRoot))?;
    trial.run(add()).map(drop)
}

fn without_operator_key(trial: Trial) -> Check {
    let before = trial.create()?.after;
    for command in [Command::BootstrapTrustRoot, Command::SeedTrustRootIfAbsent] {
        let what = command.name().to_string();
        unsupported(&what, trial.answer(Ok(command))?)?;
        same_snapshot("the same after the refusal", &before, &trial.snapshot()?)?;
    }
    Ok(())
}
