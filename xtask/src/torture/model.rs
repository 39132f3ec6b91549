//! `cargo xtask torture model`: random commands, judged by the engine and by a small independent model.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::shell::{Workspace, describe};

/// How many commands run unless told otherwise.
pub(crate) const DEFAULT_COMMANDS: u64 = 1_000_000;

const TEST: &str = "model::a_million_random_commands_agree_with_the_model";

/// Runs the model test with this many commands, and fails also when there is no such test to run.
pub(crate) fn run(workspace: &Workspace, commands: u64) -> Result<()> {
    let mut test = workspace.cargo(&["test", "--release", "-p", "greentic-deploy-spec"]);
    test.args(["--test", "suite", "--", "--ignored", "--exact", TEST]);
    test.arg("--nocapture");
    test.env("GREENTIC_MODEL_COMMANDS", commands.to_string());
    let ran = stream(&mut test)?;
    // Cargo is content with a filter that matches nothing. We are not: a renamed test must not look like a passed one.
    ensure!(ran, "there is no test `{TEST}`, so nothing was tested");
    Ok(())
}

/// Runs the command, showing its output while it comes, and says whether a test passed.
fn stream(command: &mut Command) -> Result<bool> {
    let line = describe(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    let output = child.stdout.take().context("the output is not piped")?;
    let mut ran = false;
    for text in BufReader::new(output).lines() {
        let text = text?;
        println!("{text}");
        ran |= text.starts_with("test result: ok. 1 passed");
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(ran)
}
