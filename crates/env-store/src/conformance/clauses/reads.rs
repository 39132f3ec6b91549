use greentic_conformance::{Check, check, same};
use greentic_deploy_spec::remote::ErrorKind;

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, done, refused};
use crate::{EnvironmentStore, Request};

clauses! { "reads";
    /// An environment that never was is in no list, is not there, and no read finds it.
    "absent-is-not-found" => absent_is_not_found;
    /// Environments are listed sorted by id, each once, without those that were destroyed.
    "list-is-sorted" => list_is_sorted;
    /// Every way to read an environment shows the same documents.
    "agree" => agree;
    /// Where nothing was recorded there is nothing: no runtime, no answers, no trust root, no routing.
    "nothing-recorded" => nothing_recorded;
    /// Reading changes nothing: generation and etag stay, and what is absent stays absent.
    "change-nothing" => change_nothing;
    /// An id that cannot name a folder (`.` and `..`) is refused, and nothing is made under it.
    "unsafe-id-is-refused" => unsafe_id_is_refused;
    /// Every other id is an environment of its own, whatever it looks like.
    "odd-ids-are-environments" => odd_ids_are_environments;
}

fn absent_is_not_found(trial: Trial) -> Check {
    let (store, env_id) = (trial.store(), &trial.env_id);
    let what = |read: &str| format!("{read} of an absent environment to be refused");
    let (kind, code) = (ErrorKind::NotFound, "environment-not-found");
    refused(&what("snapshot"), store.snapshot(env_id), kind, code)?;
    refused(&what("load_env"), store.load_env(env_id), kind, code)?;
    refused(&what("read_runtime"), store.read_runtime(env_id), kind, code)?;
    refused(&what("load"), store.load(env_id), kind, code)?;
    refused(&what("load_environment"), store.load_environment(env_id), kind, code)?;
    same("env_exists of it", &false, &done("env_exists", store.env_exists(env_id))?)?;
    same("the list without it", &Vec::new(), &done("a list", store.list_env_ids())?)
}

fn list_is_sorted(trial: Trial) -> Check {
    let store = trial.store();
    for name in ["beta", "gamma", "alpha"] {
        let env_id = samples::env_id(name)?;
        let request = Request::new(samples::create(&env_id, name)?);
        done("an environment to be created", store.execute(&env_id, request))?;
    }
    let (alpha, beta, gamma) =
        (samples::env_id("alpha")?, samples::env_id("beta")?, samples::env_id("gamma")?);
    let destroy = Request::new(greentic_deploy_spec::engine::Command::Destroy);
    done("an environment to be destroyed", store.execute(&beta, destroy))?;
    let expected = vec![alpha, gamma];
    same("the list", &expected, &done("a list", store.list_env_ids())?)?;
    same("the same list", &expected, &done("a list", store.list())?)
}

fn agree(trial: Trial) -> Check {
    trial.create()?;
    trial.run_all([
        samples::add_pack(),
        samples::save_runtime(&trial.env_id, 1),
        samples::save_answers(1),
        samples::rename("Renamed"),
    ])?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let snapshot = trial.snapshot()?;
    let environment = trial.environment()?.into_typed();
    same("load_env", &environment, &done("load_env", store.load_env(env_id))?)?;
    same("load", &environment, &done("load", store.load(env_id))?)?;
    same("load_environment", &environment, &done("a load", store.load_environment(env_id))?)?;
    let runtime = snapshot.runtime().map(|runtime| runtime.typed().clone());
    same("read_runtime", &runtime, &done("read_runtime", store.read_runtime(env_id))?)?;
    same("load_runtime", &runtime, &done("load_runtime", store.load_runtime(env_id))?)?;
    same("env_exists", &true, &done("env_exists", store.env_exists(env_id))?)?;
    let state = greentic_deploy_spec::CapabilitySlot::State;
    let answers = snapshot.state().pack_answers.get(&state).cloned();
    check(answers.is_some() && runtime.is_some(), "what was saved", || format!("{snapshot:?}"))?;
    same("load_pack_answers", &answers, &done("answers", store.load_pack_answers(env_id, state))?)
}

fn nothing_recorded(trial: Trial) -> Check {
    trial.create()?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    same("no runtime", &None, &done("read_runtime", store.read_runtime(env_id))?)?;
    let state = greentic_deploy_spec::CapabilitySlot::State;
    same("no answers", &None, &done("answers", store.load_pack_answers(env_id, state))?)?;
    same("no trusted key", &false, &done("a read", store.trust_root_is_seeded(env_id))?)?;
    let snapshot = trial.snapshot()?;
    same("no runtime in the snapshot", &None, &snapshot.runtime())?;
    same("no trust root in the snapshot", &None, &snapshot.trust_root())?;
    check(snapshot.routing().is_none(), "no routing", || format!("{:?}", snapshot.routing()))
}

fn change_nothing(trial: Trial) -> Check {
    let created = trial.create()?;
    let store = trial.store();
    let absent = samples::env_id("absent")?;
    for env_id in [&trial.env_id, &absent] {
        // What these answer is the matter of other clauses.
        drop((store.load_env(env_id), store.read_runtime(env_id), store.snapshot(env_id)));
        drop((store.env_exists(env_id), store.list_env_ids()));
    }
    let snapshot = trial.snapshot()?;
    same("the generation", &created.after.generation(), &snapshot.generation())?;
    same("the etag", &created.after.etag(), &snapshot.etag())?;
    same("the list", &vec![trial.env_id.clone()], &done("a list", store.list_env_ids())?)
}

fn unsafe_id_is_refused(trial: Trial) -> Check {
    let store = trial.store();
    for name in [".", ".."] {
        let env_id = samples::env_id(name)?;
        for command in [samples::create(&env_id, "Unsafe"), samples::replace(&env_id, "Unsafe")] {
            let answer = store.execute(&env_id, Request::new(command?));
            let what = format!("an environment `{name}` to be refused");
            refused(&what, answer, ErrorKind::InvalidRequest, "unsafe-environment-id")?;
        }
    }
    same("an empty list", &Vec::new(), &done("a list", store.list_env_ids())?)
}

fn odd_ids_are_environments(trial: Trial) -> Check {
    let store = trial.store();
    let mut expected = Vec::new();
    for name in [
        "...",
        "..x",
        ".hidden",
        ".lock",
        "-",
        "_",
        "0",
        "a.b",
        "journal.db",
        "x".repeat(64).as_str(),
    ] {
        let env_id = samples::env_id(name)?;
        let create = Request::new(samples::create(&env_id, name)?);
        done(&format!("`{name}` to be created"), store.execute(&env_id, create))?;
        expected.push(env_id);
    }
    expected.sort();
    same("the list", &expected, &done("a list", store.list_env_ids())?)?;
    for env_id in &expected {
        let environment = done("a load", store.load_env(env_id))?;
        same("the environment", env_id.as_str(), &environment.name)?;
    }
    Ok(())
}
