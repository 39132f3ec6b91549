//! The project's own commands, started with `cargo xtask`.
//!
//! It links no crate of the workspace: it starts cargo on the tests, examples and benchmarks that live in the crates. So it
//! builds in seconds, and a crate that does not compile does not take the checks down with it.

#![expect(
    clippy::disallowed_macros,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a tool on the command line talks to its user through the terminal"
)]

mod bench_report;
mod ci;
mod components;
mod deps;
mod files;
mod first_build;
mod fixtures;
mod git;
mod home;
mod schemas;
mod shell;
mod tidy;
mod torture;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use crate::shell::Workspace;

const USAGE: &str = "\
usage: cargo xtask <command>

  ci                              everything that CI runs
  tidy                            house rules that no lint knows
  deps                            edges between crates, and dependencies a crate must not have
  schemas [--check]               write docs/schemas, or compare it with the code
  components [--check]            build examples/components, or compare the committed files with what the sources give
  fixtures [FOLDER]               fetch the published packs that tests run, into a cache or into this folder
  bench-report [--check]          run the benchmarks and write docs/performance.md, or check that page's seal
  first-build                     build `gtc` in an empty folder and record how long it took
  torture model [--commands N]    random commands against the model (one million unless told otherwise)
  torture rules                   remove the listed rules one at a time; a test has to notice each
  torture rules --new             only those that docs/testing.md does not name yet; leaves the page alone
  torture store [--kills N]       kill a process that works on a store (1,000 times), and 256 writers on one environment
  torture store --check           check the seal of what that wrote into docs/reliability.md
  torture worker [--check]        kill `gtc` 200 times, and change versions under load; or check what that wrote
  help                            this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<()> {
    if let [] | ["help" | "--help" | "-h"] = words {
        print!("{USAGE}");
        return Ok(());
    }
    let workspace = Workspace::find()?;
    match words {
        ["ci"] => ci::run_all(&workspace),
        ["tidy"] => tidy::run(&workspace),
        ["deps"] => deps::run(&workspace),
        ["schemas"] => schemas::write(&workspace),
        ["schemas", "--check"] => schemas::check(&workspace),
        ["components"] => components::write(&workspace),
        ["components", "--check"] => components::check(&workspace),
        ["fixtures"] => fixtures::fetch(&workspace, None),
        ["fixtures", folder] => fixtures::fetch(&workspace, Some(folder)),
        ["bench-report"] => bench_report::write(&workspace),
        ["bench-report", "--check"] => bench_report::check(&workspace),
        ["first-build"] => first_build::measure(&workspace),
        ["torture", "model"] => torture::model::run(&workspace, torture::model::DEFAULT_COMMANDS),
        ["torture", "model", "--commands", count] => {
            torture::model::run(&workspace, whole_number("--commands", count)?)
        }
        ["torture", "store"] => torture::store::run(&workspace, torture::store::DEFAULT_KILLS),
        ["torture", "store", "--kills", count] => {
            torture::store::run(&workspace, whole_number("--kills", count)?)
        }
        ["torture", "store", "--check"] => torture::store::check(&workspace),
        ["torture", "worker"] => torture::worker::run(&workspace),
        ["torture", "worker", "--check"] => torture::worker::check(&workspace),
        ["torture", "rules"] => torture::rules::run(&workspace),
        ["torture", "rules", "--new"] => torture::rules::run_new(&workspace),
        _ => bail!("no such command: {}\n\n{USAGE}", words.join(" ")),
    }
}

fn whole_number(option: &str, text: &str) -> Result<u64> {
    text.parse().with_context(|| format!("{option} takes a whole number, not `{text}`"))
}
