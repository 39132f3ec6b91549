//! Kills a process that works, many times, at moments that follow from a seed.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::random::Random;
use crate::trial::{Figures, Trial};
use crate::work::Said;
use crate::{Arguments, Failure};

/// After so many kills, another environment begins, so that checking all of it stays quick.
const KILLS_OF_ONE: u64 = 100;

/// A process lives up to this long.
const LONGEST_LIFE: Duration = Duration::from_millis(80);

pub(crate) fn run(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    let started = Instant::now();
    let mut random = Random::new(arguments.seed);
    let mut figures = Figures::default();
    let mut problems = Vec::new();
    let mut left = arguments.count;
    let mut number = 0;
    while left > 0 {
        number += 1;
        let own = Arguments {
            root: arguments.root.join(format!("trial-{number}")),
            seed: random.next(),
            ..arguments.clone()
        };
        std::fs::create_dir_all(&own.root)?;
        let mut trial = Trial::new(own);
        for _ in 0..left.min(KILLS_OF_ONE) {
            let said = live_and_die(&trial, &mut random)?;
            trial.after_kill(&said, &mut random, &mut figures)?;
        }
        trial.conclude(&mut random, &mut figures)?;
        problems.append(&mut trial.problems);
        left = left.saturating_sub(KILLS_OF_ONE);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{}", line(arguments, &figures, seconds, problems.len()));
    Ok(problems)
}

/// Starts a process, lets it work for a while, and kills it. Gives what it said.
fn live_and_die(trial: &Trial, random: &mut Random) -> Result<Vec<Said>, Failure> {
    let (arguments, at) = (&trial.arguments, trial.position());
    let mut command = arguments.again("work", at.run, arguments.seed, at.step as u64)?;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().ok_or("no output")?;
    let listener = std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.filter_map(|line| Said::read(&line)).collect::<Vec<_>>()
    });
    let life = random.below(u64::try_from(LONGEST_LIFE.as_micros())?);
    std::thread::sleep(Duration::from_micros(life));
    let ended_itself = child.try_wait()?;
    child.kill()?;
    child.wait()?;
    let said = listener.join().map_err(|_| "the listener panicked")?;
    match ended_itself {
        None => Ok(said),
        Some(status) => Err(format!("a worker ended by itself at {at:?}: {status}").into()),
    }
}

fn line(arguments: &Arguments, figures: &Figures, seconds: f64, problems: usize) -> String {
    json!({
        "mode": "kill",
        "seed": arguments.seed,
        "kills": arguments.count,
        "kills_in_a_verb": figures.in_a_verb,
        "kills_in_upkeep": figures.in_upkeep,
        "kills_at_start": figures.at_start,
        "acknowledged_verbs": figures.acknowledged,
        "answered_by_retry": figures.answered_by_retry,
        "replays_compared": figures.replayed,
        "commits": figures.commits,
        "warnings": figures.warnings,
        "leftovers_removed": figures.leftovers,
        "slowest_recovery_ms": figures.slowest_recovery.as_millis(),
        "seconds": seconds.round(),
        "problems": problems,
    })
    .to_string()
}
