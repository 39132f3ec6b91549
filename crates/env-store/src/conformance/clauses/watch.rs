use greentic_conformance::{Broken, Check, check, same};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::ErrorKind;

use crate::conformance::contract::clauses;
use crate::conformance::samples;
use crate::conformance::trial::{Trial, commit, done, refused, unsupported};
use crate::{Request, Watch};

clauses! { "watch";
    /// A watch tells the present generation at once.
    "tells-the-present" with [Watch] => tells_the_present;
    /// A watch that waits tells a generation that another thread commits.
    "tells-what-comes" with [Watch] => tells_what_comes;
    /// Of generations that came in a burst the newest is told, and none is told after a newer one.
    "tells-the-newest" with [Watch] => tells_the_newest;
    /// A watch tells nothing of other environments.
    "is-of-one-environment" with [Watch] => is_of_one_environment;
    /// A watch of an environment that is destroyed ends.
    "ends-with-the-environment" with [Watch] => ends_with_the_environment;
    /// A watch that is dropped ends, and disturbs neither writers nor other watches.
    "ends-when-dropped" with [Watch] => ends_when_dropped;
    /// An absent environment cannot be watched.
    "absent-is-not-found" with [Watch] => absent_is_not_found;
    /// A store that cannot watch says so.
    "without-watch-is-unsupported" without [Watch] => without_watch;
}

fn watch(trial: &Trial) -> Result<Watch, Broken> {
    done("a watch", trial.store().watch(&trial.env_id))
}

fn next(trial: &Trial, watch: &mut Watch) -> Result<u64, Broken> {
    trial.waits_for("the watch to tell a generation");
    let told = watch.next();
    trial.waits_for("");
    match told {
        Some(told) => done("a generation", told),
        None => Err(Broken::new("a generation", "the watch ended")),
    }
}

fn tells_the_present(trial: Trial) -> Check {
    trial.create()?;
    trial.run(samples::rename("Second"))?;
    for _ in 0..2 {
        same("the first that is told", &2, &next(&trial, &mut watch(&trial)?)?)?;
    }
    Ok(())
}

fn tells_what_comes(trial: Trial) -> Check {
    trial.create()?;
    let mut watch = watch(&trial)?;
    same("the first that is told", &1, &next(&trial, &mut watch)?)?;
    for generation in 2..=4 {
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| trial.run(samples::no_change()));
            let told = next(&trial, &mut watch);
            let panicked = |_| Broken::new("a writer that ends", "it panicked");
            writer.join().map_err(panicked)??;
            same("what is told next", &generation, &told?)
        })?;
    }
    Ok(())
}

fn tells_the_newest(trial: Trial) -> Check {
    trial.create()?;
    let mut watch = watch(&trial)?;
    let mut last = next(&trial, &mut watch)?;
    for number in 0..10 {
        trial.run(samples::save_runtime(&trial.env_id, number))?;
    }
    while last < 11 {
        let told = next(&trial, &mut watch)?;
        check(told > last, "a newer generation", || format!("{told} after {last}"))?;
        last = told;
    }
    same("the newest", &11, &last)
}

fn is_of_one_environment(trial: Trial) -> Check {
    trial.create()?;
    let other = samples::env_id("other")?;
    let mut watch = watch(&trial)?;
    same("the first that is told", &1, &next(&trial, &mut watch)?)?;
    let create = Request::new(samples::create(&other, "Other")?);
    commit(trial.store(), &other, create)?;
    for _ in 0..3 {
        commit(trial.store(), &other, Request::new(samples::no_change()?))?;
    }
    trial.run(samples::no_change())?;
    same("what is told next", &2, &next(&trial, &mut watch)?)
}

fn ends_with_the_environment(trial: Trial) -> Check {
    trial.create()?;
    let mut watch = watch(&trial)?;
    same("the first that is told", &1, &next(&trial, &mut watch)?)?;
    trial.run(Ok(Command::Destroy))?;
    trial.waits_for("the watch to end");
    match watch.next() {
        None => Ok(()),
        Some(told) => Err(Broken::new("the watch to end", format!("{told:?}"))),
    }
}

fn ends_when_dropped(trial: Trial) -> Check {
    trial.create()?;
    let mut kept = watch(&trial)?;
    same("the first that is told", &1, &next(&trial, &mut kept)?)?;
    trial.waits_for("a watch to be dropped");
    drop(watch(&trial)?);
    let mut begun = watch(&trial)?;
    same("the first that is told", &1, &next(&trial, &mut begun)?)?;
    trial.waits_for("a watch to be dropped");
    drop(begun);
    trial.waits_for("a change after a watch was dropped");
    trial.run(samples::no_change())?;
    same("what the other watch tells", &2, &next(&trial, &mut kept)?)
}

fn absent_is_not_found(trial: Trial) -> Check {
    let (kind, code) = (ErrorKind::NotFound, "environment-not-found");
    let answer = trial.store().watch(&trial.env_id);
    refused("a watch of an absent environment to be refused", answer, kind, code)?;
    trial.create()?;
    trial.run(Ok(Command::Destroy))?;
    let answer = trial.store().watch(&trial.env_id);
    refused("a watch of a destroyed environment to be refused", answer, kind, code)
}

fn without_watch(trial: Trial) -> Check {
    trial.create()?;
    unsupported("a watch", trial.store().watch(&trial.env_id))
}
