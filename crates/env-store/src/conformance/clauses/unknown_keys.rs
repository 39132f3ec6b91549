use greentic_conformance::{Broken, Check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{DocumentType, EnvPackBinding, EnvironmentRuntime};
use serde_json::{Value, json};

use super::verbs;
use crate::EnvironmentStore;
use crate::conformance::contract::clauses;
use crate::conformance::samples::{self, Made};
use crate::conformance::trial::{Trial, done};

clauses! { "unknown-keys";
    /// Keys that a later tool gave an environment survive every verb.
    "survive-every-verb" => survive_every_verb;
    /// An element has the keys that its payload had, and keeps them when it or others change.
    "of-elements-survive" => of_elements_survive;
    /// Keys that a later tool gave the runtime survive a write of the runtime.
    "of-the-runtime-survive" => of_the_runtime_survive;
    /// Saving what was loaded changes nothing: the etag stays.
    "survive-a-save" => survive_a_save;
}

/// A document as a later tool would write it.
fn later<T: DocumentType>(typed: T, places: &[&str]) -> Result<Value, Broken> {
    let mut raw = samples::document(typed)?.into_raw();
    for place in places {
        let object = raw.pointer_mut(place).and_then(Value::as_object_mut);
        object.and_then(|object| object.insert("x-later".to_owned(), mark()));
    }
    Ok(raw)
}

fn mark() -> Value {
    json!({"of": ["a", "later", "tool"]})
}

fn create_later(trial: &Trial) -> Made {
    let environment = samples::environment(&trial.env_id, "Later");
    Ok(Command::Replace(samples::read(later(environment, &["", "/host_config"])?)?))
}

fn marked(what: &str, raw: &Value, place: &str) -> Check {
    let expected = format!("`x-later` of {what}");
    same(&expected, &Some(&mark()), &raw.pointer(place).and_then(|at| at.get("x-later")))
}

fn survive_every_verb(trial: Trial) -> Check {
    trial.run(create_later(&trial))?;
    let mut life = verbs::whole_life(&trial).into_iter().skip(1).peekable();
    while let Some(command) = life.next() {
        if life.peek().is_none() {
            return Ok(());
        }
        let command = command?;
        let name = command.name();
        trial.run(Ok(command))?;
        let environment = trial.environment()?;
        marked(&format!("the environment after {name}"), environment.raw(), "")?;
        marked(&format!("the host after {name}"), environment.raw(), "/host_config")?;
    }
    Ok(())
}

fn binding(trial: &Trial) -> Result<Value, Broken> {
    let raw = trial.environment()?.into_raw();
    let list = raw.get("packs").and_then(Value::as_array);
    let found = list.and_then(|list| list.iter().find(|pack| pack["slot"] == "secrets")).cloned();
    found.ok_or_else(|| Broken::new("a binding of the slot `secrets`", raw.to_string()))
}

fn of_elements_survive(trial: Trial) -> Check {
    trial.create()?;
    trial.run(samples::merge())?;
    let raw = later(samples::secrets_pack("1.0.0")?, &[""])?;
    trial.run(Ok(Command::AddPackBinding(samples::read::<EnvPackBinding>(raw)?)))?;
    marked("a new binding", &binding(&trial)?, "")?;
    trial.run(samples::update_pack("2.0.0"))?;
    marked("a binding that was changed", &binding(&trial)?, "")?;
    trial.run(samples::roll_back_pack())?;
    marked("a binding that was rolled back", &binding(&trial)?, "")?;
    let slot = greentic_deploy_spec::CapabilitySlot::Telemetry;
    trial.run(Ok(Command::RemovePackBinding { slot }))?;
    marked("a binding after another was removed", &binding(&trial)?, "")
}

fn of_the_runtime_survive(trial: Trial) -> Check {
    trial.create()?;
    let raw = later(samples::runtime(&trial.env_id, 1)?, &[""])?;
    trial.run(Ok(Command::SaveRuntime(samples::read::<EnvironmentRuntime>(raw)?)))?;
    let runtime = samples::runtime(&trial.env_id, 2)?;
    done("a runtime to be saved", trial.store().save_runtime(&runtime))?;
    let snapshot = trial.snapshot()?;
    let saved = snapshot.runtime().map(|runtime| runtime.raw().clone()).unwrap_or_default();
    marked("the runtime", &saved, "")?;
    same("the runtime that was saved", &json!(2), &saved["generation"])
}

fn survive_a_save(trial: Trial) -> Check {
    let before = trial.run(create_later(&trial))?.after;
    let loaded = done("a load", trial.store().load(&trial.env_id))?;
    done("a save", trial.store().save(&loaded))?;
    let after = trial.snapshot()?;
    marked("the environment", trial.environment()?.raw(), "")?;
    same("the etag", &before.etag(), &after.etag())
}
