//! `cargo xtask torture store`: a process that works on a store, killed a thousand times, and 256
//! writers on one environment.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::figures;
use super::section::Section;
use crate::files;
use crate::shell::{Workspace, capture, run as run_command};

/// How many kills there are unless told otherwise.
pub(crate) const DEFAULT_KILLS: u64 = 1_000;

const PACKAGE: &str = "greentic-env-store";
const EXAMPLE: &str = "store_worker";
const SEED: u64 = 1;
const SECTION: Section = Section { name: "store", command: "cargo xtask torture store" };

/// Runs everything in full, and writes the section.
pub(crate) fn run(workspace: &Workspace, kills: u64) -> Result<()> {
    // A page without room for the section should not be found out at the end.
    SECTION.find(workspace)?;
    run_command(&mut workspace.cargo(&[
        "build",
        "--release",
        "-p",
        PACKAGE,
        "--example",
        EXAMPLE,
    ]))?;
    let target = workspace.target_dir()?;
    let program = target.join("release/examples").join(EXAMPLE);
    let scratch = target.join("xtask/torture-store");
    let mut runs = Vec::new();
    for (mode, count, threads) in [("kill", kills, 1), ("storm", 16, 16), ("bytes", 1_000, 1)] {
        let root = scratch.join(mode);
        files::remove_folder(&root)?;
        files::write(&root.join("about.txt"), "Left by `cargo xtask torture store`.\n")?;
        let figures = work(workspace, &program, &root, &[mode, &count.to_string()], threads)?;
        println!("{figures}");
        runs.push(figures);
        files::remove_folder(&root)?;
    }
    let faults = faults(workspace)?;
    println!("{faults}");
    runs.push(faults);
    SECTION.write(workspace, &figures::tables(&runs, about))
}

/// Lets every operation on files fail in every way, in every verb.
fn faults(workspace: &Workspace) -> Result<Value> {
    figures::of_test(workspace, PACKAGE, "every_operation_that_fails_once")
}

/// Fails if the section is not as [`run`] wrote it.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    SECTION.check(workspace)
}

fn work(
    workspace: &Workspace,
    program: &Path,
    root: &Path,
    words: &[&str],
    threads: u64,
) -> Result<Value> {
    let mut command = workspace.command(&program.to_string_lossy(), &[]);
    command.arg(root).arg("local").args(words).args([SEED, threads].map(|word| word.to_string()));
    let output = capture(&mut command)?;
    serde_json::from_str(&output).with_context(|| format!("no figures: {output}"))
}

fn about(mode: &str) -> &'static str {
    match mode {
        "kill" => {
            "A process carries out verbs and is killed with SIGKILL at random moments. After each kill \
             the next verb worked at once, no acknowledged verb was missing, generations made one \
             chain, files showed the newest one, and the audit log had each event once:"
        }
        "storm" => {
            "Processes with several threads each write one environment, between readers and holders of \
             the public lock. Generations made one chain, nobody saw two of them mixed, nothing failed:"
        }
        "faults" => {
            "Each operation on files failed once in each verb and each way (not done, half done, done \
             without an answer, killed). Opened again, the state was the one before or after as the \
             message said, and the verb sent again ended well. Faults by verb:"
        }
        _ => "Bytes of an environment's folder after many small changes of a large document:",
    }
}
