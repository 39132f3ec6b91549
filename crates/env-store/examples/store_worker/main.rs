//! A process that works on one environment of a local store, for the tests that need a real one: to
//! be killed, to be one of many, or to be counted by `strace`.
//!
//! ```text
//! store_worker <root> <environment> <mode> <count> <seed> [<threads>]
//! ```
//!
//! * `verbs`: carries out `count` verbs.
//! * `bytes`: carries out `count` verbs on a document of a megabyte, and tells what they leave.
//! * `storm`: starts `count` processes like itself, each with `threads` writers, with readers and with
//!   holders of the public lock between them, and checks what they left.
//! * `kill`: starts a process like itself, kills it at `count` random moments, and checks after each.
//! * `work`, `write`, `read`, `hold`: what `kill` and `storm` start.
//!
//! `bytes`, `storm` and `kill` print one line of JSON with figures, and end with 1 and the reasons on standard
//! error when something does not hold.

#![expect(
    clippy::disallowed_macros,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a program of tests talks to them through its output"
)]
#![expect(clippy::disallowed_methods, reason = "a program of tests measures how long things take")]
#![expect(clippy::panic, reason = "a program of tests that cannot go on says why")]

mod kill;
#[path = "../../tests/suite/large.rs"]
mod large;
mod outside;
mod random;
mod script;
mod storm;
mod trial;
#[expect(dead_code, reason = "the tests use more of the table")]
#[path = "../../tests/suite/verbs.rs"]
mod verbs;
mod work;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use greentic_deploy_spec::EnvId;

/// Why a mode ended early.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the command line says.
#[derive(Clone, Debug)]
struct Arguments {
    root: PathBuf,
    env_id: EnvId,
    mode: String,
    count: u64,
    seed: u64,
    threads: u64,
}

const USAGE: &str = "store_worker <root> <environment> <mode> <count> <seed> [<threads>]";

impl Arguments {
    fn read() -> Result<Self, Failure> {
        let words: Vec<String> = std::env::args().skip(1).collect();
        let (words, threads) = match words.as_slice() {
            [words @ .., threads] if words.len() == 5 => (words, threads.parse()?),
            words => (words, 1),
        };
        let [root, env_id, mode, count, seed] = words else { return Err(USAGE.into()) };
        Ok(Self {
            root: root.into(),
            env_id: env_id.parse()?,
            mode: mode.clone(),
            count: count.parse()?,
            seed: seed.parse()?,
            threads,
        })
    }

    /// This program in another mode, on the same environment.
    fn again(&self, mode: &str, count: u64, seed: u64, threads: u64) -> Result<Command, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(&self.root).args([self.env_id.as_str(), mode]);
        command.args([count, seed, threads].map(|number| number.to_string()));
        Ok(command)
    }
}

fn run() -> Result<Vec<String>, Failure> {
    let arguments = Arguments::read()?;
    match arguments.mode.as_str() {
        "verbs" => work::verbs(&arguments).map(|()| Vec::new()),
        "bytes" => work::bytes(&arguments),
        "work" => work::until_killed(&arguments).map(|()| Vec::new()),
        "write" => storm::write(&arguments).map(|()| Vec::new()),
        "read" => storm::read(&arguments).map(|()| Vec::new()),
        "hold" => storm::hold(&arguments).map(|()| Vec::new()),
        "storm" => storm::run(&arguments),
        "kill" => kill::run(&arguments),
        mode => Err(format!("there is no mode `{mode}`: {USAGE}").into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            problems.iter().for_each(|problem| eprintln!("does not hold: {problem}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
