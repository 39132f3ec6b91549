//! `cargo xtask torture store`: a process that works on a store, killed a thousand times, and 256
//! writers on one environment.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

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
        let figures = figures(workspace, &program, &root, &[mode, &count.to_string()], threads)?;
        println!("{figures}");
        runs.push(figures);
        files::remove_folder(&root)?;
    }
    let faults = faults(workspace)?;
    println!("{faults}");
    runs.push(faults);
    SECTION.write(workspace, &body(&runs))
}

/// Lets every operation on files fail in every way, in every verb.
fn faults(workspace: &Workspace) -> Result<Value> {
    let test = "every_operation_that_fails_once";
    let suite = ["test", "--release", "-p", PACKAGE, "--test", "suite", "--"];
    let mut command = workspace.cargo(&suite);
    command.args(["--ignored", "--nocapture", test]);
    let output = capture(&mut command)?;
    let line = output.lines().find(|line| line.starts_with('{'));
    let line = line.with_context(|| format!("no figures: {output}"))?;
    serde_json::from_str(line).with_context(|| format!("no figures: {line}"))
}

/// Fails if the section is not as [`run`] wrote it.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    SECTION.check(workspace)
}

fn figures(
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

/// One table for each run. A run in which something does not hold ends the command before this.
fn body(runs: &[Value]) -> String {
    let mut text = String::new();
    for figures in runs {
        let mode = figures["mode"].as_str().unwrap_or_default();
        let _ = write!(text, "{}\n\n| | |\n|---|---|\n", about(mode));
        for (name, value) in figures.as_object().into_iter().flatten() {
            if name != "mode" {
                let value = value.to_string().replace(['{', '}', '"'], "").replace(',', ", ");
                let _ = writeln!(text, "| {} | {value} |", name.replace('_', " "));
            }
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_become_a_table() {
        let text = body(&[serde_json::json!({"mode": "kill", "kills_in_a_verb": 7, "seed": 1})]);
        assert!(text.contains("| kills in a verb | 7 |\n| seed | 1 |"), "{text}");
        assert!(text.starts_with("A process"), "{text}");
    }
}
