use greentic_conformance::{Check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, done, refused, same_state};

clauses! { "destroy";
    /// A destroyed environment is absent to every read and verb, and in no list.
    "leaves-nothing" => leaves_nothing;
    /// An environment that is created anew has nothing of the one that was destroyed.
    "begins-anew" => begins_anew;
    /// An environment with traffic or with revisions that warm, serve or drain is not destroyed.
    "spares-what-serves" with [OperatorKey] => spares_what_serves;
}

fn leaves_nothing(trial: Trial) -> Check {
    trial.create()?;
    trial.run_all([samples::add_pack(), samples::save_runtime(&trial.env_id, 1)])?;
    let destroyed = trial.run(Ok(Command::Destroy))?;
    let nothing = greentic_deploy_spec::engine::EnvState::default();
    same_state("nothing in the answer", &nothing, destroyed.after.state())?;
    same("no etag", &None, &destroyed.after.etag())?;
    let (store, env_id) = (trial.store(), &trial.env_id);
    let (kind, code) = (ErrorKind::NotFound, "environment-not-found");
    refused("a snapshot to find nothing", store.snapshot(env_id), kind, code)?;
    refused("load_env to find nothing", store.load_env(env_id), kind, code)?;
    refused("read_runtime to find nothing", store.read_runtime(env_id), kind, code)?;
    trial.refuse(samples::rename("Gone"), kind, code)?;
    trial.refuse(Ok(Command::Destroy), kind, code)?;
    same("env_exists", &false, &done("env_exists", store.env_exists(env_id))?)?;
    same("an empty list", &Vec::new(), &done("a list", store.list_env_ids())?)
}

fn begins_anew(trial: Trial) -> Check {
    trial.create()?;
    trial.run_all([
        samples::add_pack(),
        samples::trust_key(),
        samples::save_runtime(&trial.env_id, 1),
        samples::save_answers(1),
        Ok(Command::Destroy),
        samples::create(&trial.env_id, "Anew"),
    ])?;
    let state = trial.state()?;
    same("no runtime", &None, &state.runtime)?;
    same("no trust root", &None, &state.trust_root)?;
    same("no answers", &0, &state.pack_answers.len())?;
    let fresh = samples::environment(&trial.env_id, "Anew");
    same("a fresh environment", &fresh, trial.environment()?.typed())
}

fn spares_what_serves(trial: Trial) -> Check {
    trial.deploy(&[1])?;
    let kind = ErrorKind::Conflict;
    trial.refuse(Ok(Command::Destroy), kind, "environment-live")?;
    trial.run(samples::split(1, &[(1, 10_000)]))?;
    trial.refuse(Ok(Command::Destroy), kind, "environment-live")?;
    trial.run_all([samples::clear_split(1), samples::archive(1), Ok(Command::Destroy)])
}
