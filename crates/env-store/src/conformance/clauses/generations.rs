use greentic_conformance::{Check, same};
use greentic_deploy_spec::engine::Command;

use crate::conformance::contract::clauses;
use crate::conformance::samples::{self, Made};
use crate::conformance::trial::{Trial, done, fails, same_snapshot};

clauses! { "generations";
    /// The commit that creates an environment is generation 1.
    "begin-with-one" => begin_with_one;
    /// Every commit counts one, a batch as well, and one after which the documents are the same.
    "count-commits" => count_commits;
    /// A refused verb changes nothing: no document, no etag, no generation.
    "refused-changes-nothing" => refused_changes_nothing;
    /// A verb that is refused where no environment is makes none.
    "refused-makes-nothing" => refused_makes_nothing;
    /// An environment that is created after one of its name was destroyed goes on counting.
    "go-on-after-destroy" => go_on_after_destroy;
}

fn begin_with_one(trial: Trial) -> Check {
    let created = trial.create()?;
    same("the generation of create", &1, &created.after.generation())?;
    same("the generation read", &1, &trial.snapshot()?.generation())
}

fn count_commits(trial: Trial) -> Check {
    trial.create()?;
    let env_id = &trial.env_id;
    let commands = [
        samples::rename("One"),
        samples::no_change(),
        samples::delete_answers(),
        samples::all_say(env_id, 4),
        samples::all_say(env_id, 4),
        samples::batch([]),
        samples::save_runtime(env_id, 7),
    ];
    for (expected, command) in (2..).zip(commands) {
        let committed = trial.run(command)?;
        same("the generation in the answer", &expected, &committed.after.generation())?;
        same("the generation read", &expected, &trial.snapshot()?.generation())?;
    }
    Ok(())
}

/// Commands that an environment with one pack binding refuses.
fn illegal(trial: &Trial) -> Vec<Made> {
    vec![
        samples::create(&trial.env_id, "Again"),
        samples::add_pack(),
        samples::roll_back_pack(),
        samples::drain(1),
        samples::clear_split(1),
        samples::add_bundle(1, "without-trust"),
        Ok(Command::RotateOperatorKey),
        samples::batch([samples::rename("Never"), samples::add_pack()]),
    ]
}

fn refused_changes_nothing(trial: Trial) -> Check {
    trial.create()?;
    let before = trial.run(samples::add_pack())?.after;
    for command in illegal(&trial) {
        let command = command?;
        let what = format!("{} to be refused", command.name());
        fails(&what, trial.answer(Ok(command))?)?;
        same_snapshot("the same after the refusal", &before, &trial.snapshot()?)?;
    }
    Ok(())
}

fn refused_makes_nothing(trial: Trial) -> Check {
    let (store, env_id) = (trial.store(), &trial.env_id);
    let commands = [
        samples::rename("Nobody"),
        samples::save_runtime(env_id, 1),
        samples::save_answers(1),
        Ok(Command::Destroy),
        samples::batch([samples::create(env_id, "Never"), samples::drain(1)]),
    ];
    for command in commands {
        fails("a verb to be refused without an environment", trial.answer(command)?)?;
        same("env_exists", &false, &done("env_exists", store.env_exists(env_id))?)?;
        fails("no snapshot", store.snapshot(env_id))?;
        same("an empty list", &Vec::new(), &done("a list", store.list_env_ids())?)?;
    }
    let created = trial.create()?;
    same("the generation of create afterwards", &1, &created.after.generation())
}

fn go_on_after_destroy(trial: Trial) -> Check {
    trial.create()?;
    trial.run(samples::rename("Short-lived"))?;
    let destroyed = trial.run(Ok(Command::Destroy))?;
    same("the generation of destroy", &3, &destroyed.after.generation())?;
    let created = trial.create()?;
    same("the generation of the next create", &4, &created.after.generation())?;
    same("the generation read", &4, &trial.snapshot()?.generation())
}
