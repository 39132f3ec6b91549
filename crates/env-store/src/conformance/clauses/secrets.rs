use greentic_conformance::{Broken, Check, check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;
use greentic_deploy_spec::{AddMessagingEndpointPayload, SecretRef};
use serde_json::Value;

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, fails, same_snapshot, unsupported};
use crate::{Request, StoreError};

clauses! { "secrets";
    /// A minted secret is a reference of its own environment and endpoint.
    "are-references" with [Secrets] => are_references;
    /// A rotation puts another reference in the place of the old one, each time.
    "are-rotated" with [Secrets] => are_rotated;
    /// Whatever is named a secret in a document, an answer or an audit event is a reference.
    "are-never-plain" with [Secrets] => are_never_plain;
    /// A plain secret in the place of a reference is refused; the refusal does not repeat it.
    "plain-is-refused" => plain_is_refused;
    /// A store without a place for secrets refuses to mint one, and changes nothing.
    "without-secrets-is-unsupported" without [Secrets] => without_secrets;
}

fn minted(trial: &Trial, number: u128) -> Result<SecretRef, Broken> {
    let environment = trial.environment()?;
    let endpoint = environment.endpoint(samples::endpoint(number));
    let secret = endpoint.and_then(|endpoint| endpoint.webhook_secret_ref.clone());
    secret.ok_or_else(|| Broken::new("an endpoint with a webhook secret", "there is none"))
}

fn are_references(trial: Trial) -> Check {
    trial.create()?;
    let mut seen = Vec::new();
    for number in [1, 2] {
        trial.run(samples::add_minting_endpoint(&trial.env_id, number))?;
        let secret = minted(&trial, number)?.to_string();
        let own = format!("messaging-{}/", samples::endpoint(number));
        let scheme = format!("secret://{}/", trial.env_id);
        let expected = format!("a reference `{scheme}…/{own}…`");
        let named = secret.starts_with(&scheme) && secret.contains(&own);
        check(named && !seen.contains(&secret), &expected, || secret.clone())?;
        seen.push(secret);
    }
    Ok(())
}

fn are_rotated(trial: Trial) -> Check {
    trial.create()?;
    trial.run(samples::add_minting_endpoint(&trial.env_id, 1))?;
    let mut seen = vec![minted(&trial, 1)?];
    for _ in 0..2 {
        trial.run(samples::rotate_secret(1))?;
        let secret = minted(&trial, 1)?;
        check(!seen.contains(&secret), "another reference", || secret.to_string())?;
        seen.push(secret);
    }
    Ok(())
}

fn are_never_plain(trial: Trial) -> Check {
    trial.create()?;
    let commands = [samples::add_minting_endpoint(&trial.env_id, 1), samples::rotate_secret(1)];
    for command in commands {
        let committed = trial.run(command)?;
        only_references(&json(&committed.outcome)?)?;
        only_references(&json(&committed.audit)?)?;
        only_references(trial.environment()?.raw())?;
        let state = trial.state()?;
        state.runtime.iter().try_for_each(|runtime| only_references(runtime.raw()))?;
        state.pack_answers.values().try_for_each(only_references)?;
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<Value, Broken> {
    serde_json::to_value(value).map_err(|error| Broken::new("JSON", error.to_string()))
}

/// Every text under a key that speaks of a secret is a reference.
fn only_references(value: &Value) -> Check {
    match value {
        Value::Object(map) => map.iter().try_for_each(|(key, value)| {
            let binding = key == "secrets" || !key.contains("secret");
            if binding { only_references(value) } else { references(key, value) }
        }),
        Value::Array(list) => list.iter().try_for_each(only_references),
        _ => Ok(()),
    }
}

fn references(key: &str, value: &Value) -> Check {
    let expected = format!("`{key}` to be a reference");
    match value {
        Value::Null => Ok(()),
        Value::Array(list) => list.iter().try_for_each(|value| references(key, value)),
        Value::String(text) => {
            check(SecretRef::try_new(text.as_str()).is_ok(), &expected, || "plain text".to_owned())
        }
        _ => check(false, &expected, || "no text".to_owned()),
    }
}

const PLAIN: &str = "hunter2-correct-horse-battery-staple";

fn plain_is_refused(trial: Trial) -> Check {
    let before = trial.create()?.after;
    let teams = samples::endpoint_of(&trial.env_id, "messaging.teams", "teams");
    let telegram = samples::endpoint_of(&trial.env_id, "messaging.telegram.bot", "telegram");
    let payloads = [
        AddMessagingEndpointPayload { secret_refs: vec![PLAIN.to_owned()], ..teams },
        AddMessagingEndpointPayload { webhook_secret_ref: Some(PLAIN.to_owned()), ..telegram },
    ];
    for payload in payloads {
        let endpoint = samples::document(payload)?;
        let command = Command::AddMessagingEndpoint { endpoint_id: None, endpoint };
        let answer = trial.store().execute(&trial.env_id, Request::new(command));
        let error = fails("a plain secret to be refused", answer)?;
        same("the kind of error", &ErrorKind::InvalidRequest, &error.kind())?;
        does_not_repeat(&error)?;
        same_snapshot("the same after the refusal", &before, &trial.snapshot()?)?;
    }
    Ok(())
}

fn does_not_repeat(error: &StoreError) -> Check {
    let told = format!("{error} {error:?}");
    check(!told.contains(PLAIN), "a refusal without the secret in it", || {
        "one that repeats it".to_owned()
    })
}

fn without_secrets(trial: Trial) -> Check {
    let before = trial.create()?.after;
    let add = samples::add_minting_endpoint(&trial.env_id, 1);
    unsupported("minting a secret", trial.answer(add)?)?;
    same_snapshot("the same after the refusal", &before, &trial.snapshot()?)
}
