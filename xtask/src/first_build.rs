//! `cargo xtask first-build`: how long README's first command builds on a machine that never built anything of ours.
//!
//! Downloads are fetched before the clock starts: they measure the network. The record is kept in a file, because `bench-report`
//! should not take minutes longer for a figure that rarely changes.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::bench_report::machine;
use crate::shell::{Workspace, run};
use crate::{files, git};

/// The record.
const RECORD: &str = "docs/first-build.json";
/// What README's first command builds before it runs.
const BUILD: &[&str] = &["build", "--release", "--locked", "--bin", "gtc"];
const TARGET: Duration = Duration::from_secs(600);

/// Builds in an empty folder, and writes the record.
#[expect(clippy::disallowed_methods, reason = "measuring time is what the command is for")]
pub(crate) fn measure(workspace: &Workspace) -> Result<()> {
    run(&mut workspace.cargo(&["fetch", "--locked"]))?;
    let folder = workspace.target_dir()?.join("xtask/first-build");
    files::remove_folder(&folder)?;
    let begin = Instant::now();
    run(workspace.cargo(BUILD).env("CARGO_TARGET_DIR", &folder).env("CARGO_NET_OFFLINE", "true"))?;
    let took = begin.elapsed();
    files::remove_folder(&folder)?;
    let machine = machine::describe(workspace)?;
    let record = json!({
        "command": format!("cargo {}", BUILD.join(" ")),
        "seconds": took.as_secs(),
        "commit": git::commit(workspace, RECORD),
        "processor": machine.cpu,
        "cores": machine.cores,
    });
    files::write(&workspace.path(RECORD), format!("{record:#}\n"))?;
    println!("{}", describe(&record)?);
    Ok(())
}

/// What the page says about it; nothing when it was never measured.
pub(crate) fn paragraph(workspace: &Workspace) -> Result<Option<String>> {
    let path = workspace.path(RECORD);
    if !path.is_file() {
        return Ok(None);
    }
    let record = serde_json::from_str(&files::read(&path)?).context(RECORD)?;
    describe(&record).map(Some)
}

fn describe(record: &Value) -> Result<String> {
    let text = |name: &str| record[name].as_str().with_context(|| format!("{RECORD}: no `{name}`"));
    let seconds = record["seconds"].as_u64().with_context(|| format!("{RECORD}: no `seconds`"))?;
    let met = if seconds <= TARGET.as_secs() { "met" } else { "**not met**" };
    Ok(format!(
        "The first build, `{}` with nothing built before and everything downloaded, took {} min {} s on {} cores ({}) at commit {}. \
         Target: ≤ {} minutes on 2 cores, {met}. Measured by `cargo xtask first-build`.",
        text("command")?,
        seconds / 60,
        seconds % 60,
        record["cores"],
        text("processor")?,
        text("commit")?,
        TARGET.as_secs() / 60,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paragraph_says_whether_the_target_is_met() {
        let record = |seconds: u64| json!({"command": "cargo build", "seconds": seconds, "commit": "abc", "processor": "P", "cores": 2});
        assert!(describe(&record(600)).unwrap().contains(
            "10 min 0 s on 2 cores (P) at commit abc. Target: ≤ 10 minutes on 2 cores, met."
        ));
        assert!(describe(&record(601)).unwrap().contains("**not met**"));
        assert!(describe(&json!({})).is_err());
    }
}
