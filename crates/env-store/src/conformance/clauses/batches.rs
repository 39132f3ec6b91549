use greentic_conformance::{Broken, Check, read_while, same};
use greentic_deploy_spec::engine::{Command, MAX_BATCH_COMMANDS, Outcome};
use greentic_deploy_spec::remote::ErrorKind;

use crate::conformance::contract::clauses;
use crate::conformance::engine_says::follows;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, done, fails, same_snapshot};

clauses! { "batches";
    /// A batch does all of its commands, each on what the ones before it made, as one commit.
    "are-one-commit" => are_one_commit;
    /// A batch of which one command is refused does none of them.
    "are-all-or-nothing" => are_all_or_nothing;
    /// A batch can create an environment and fill it; refused, it leaves none.
    "can-create" => can_create;
    /// A batch can destroy an environment and create it anew; nobody sees it absent, and nothing of
    /// the old one is left.
    "can-recreate" => can_recreate;
    /// A batch with more commands than the limit is refused.
    "are-limited" => are_limited;
}

fn are_one_commit(trial: Trial) -> Check {
    trial.create()?;
    let batch = samples::batch([
        samples::add_pack(),
        samples::update_pack("2.0.0"),
        samples::rename("Batched"),
        samples::save_answers(1),
    ])?;
    follows(&trial, vec![Ok(batch.clone())])?;
    same("the generation after one batch", &2, &trial.snapshot()?.generation())?;
    let committed = trial.run(samples::batch([samples::remove_pack(), samples::no_change()]))?;
    match committed.outcome {
        Outcome::Batch(steps) => same("an answer for each command", &2, &steps.len()),
        other => Err(Broken::new("the answer of a batch", format!("{other:?}"))),
    }
}

fn are_all_or_nothing(trial: Trial) -> Check {
    trial.create()?;
    let before = trial.run(samples::add_pack())?.after;
    let batches = [
        samples::batch([samples::rename("Never"), samples::add_pack()]),
        samples::batch([samples::add_pack(), samples::rename("Never")]),
        samples::batch([samples::save_answers(1), samples::drain(1), samples::no_change()]),
    ];
    for batch in batches {
        fails("a batch with an illegal command to be refused", trial.answer(batch)?)?;
        same_snapshot("the same after the refusal", &before, &trial.snapshot()?)?;
    }
    Ok(())
}

fn can_create(trial: Trial) -> Check {
    let env_id = &trial.env_id;
    let create = || samples::create(env_id, "Batched");
    let refused = samples::batch([create(), samples::remove_pack()]);
    fails("a batch with an illegal command to be refused", trial.answer(refused)?)?;
    same("env_exists", &false, &done("env_exists", trial.store().env_exists(env_id))?)?;
    follows(&trial, vec![samples::batch([create(), samples::add_pack()])])?;
    same("the generation", &1, &trial.snapshot()?.generation())
}

fn can_recreate(trial: Trial) -> Check {
    trial.create()?;
    let env_id = &trial.env_id;
    trial.run_all([samples::add_pack(), samples::all_say(env_id, 1), samples::trust_key()])?;
    let recreate = || {
        samples::batch([Ok(Command::Destroy), samples::create(env_id, "Anew"), samples::merge()])
    };
    let write = || follows(&trial, vec![recreate(), recreate(), recreate()]);
    read_while(write, || trial.snapshot().map(drop))?;
    same("the generation", &7, &trial.snapshot()?.generation())
}

fn are_limited(trial: Trial) -> Check {
    trial.create()?;
    let of = |count: usize| samples::batch((0..count).map(|_| samples::no_change()));
    trial.run(of(MAX_BATCH_COMMANDS))?;
    let kind = ErrorKind::InvalidRequest;
    trial.refuse(of(MAX_BATCH_COMMANDS + 1), kind, "batch-too-long")?;
    trial.run(Ok(Command::Batch(Vec::new()))).map(drop)
}
