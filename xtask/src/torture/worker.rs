//! `cargo xtask torture worker`: `gtc` killed two hundred times, and half a minute of full load while versions change.

use anyhow::Result;

use super::figures;
use super::section::Section;
use crate::shell::Workspace;

const PACKAGE: &str = "greentic-cli";
const TESTS: [&str; 2] =
    ["worker::kills::two_hundred_kills", "worker::load::thirty_seconds_of_load"];
const SECTION: Section = Section { name: "worker", command: "cargo xtask torture worker" };

/// Runs both, and writes the section.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    // A page without room for the section should not be found out at the end.
    SECTION.find(workspace)?;
    let mut runs = Vec::new();
    for test in TESTS {
        let figures = figures::of_test(workspace, PACKAGE, test)?;
        println!("{figures}");
        runs.push(figures);
    }
    SECTION.write(workspace, &figures::tables(&runs, about))
}

/// Fails if the section is not as [`run`] wrote it.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    SECTION.check(workspace)
}

fn about(mode: &str) -> &'static str {
    match mode {
        "worker" => {
            "`gtc op deploy` and `gtc serve` are killed with SIGKILL at random moments. The deploy that was sent again \
             finished, with one deployment, one revision for each request and one folder for each revision; the \
             server that was started again served the same worker at the same address:"
        }
        _ => {
            "Callers hold conversations without a pause while versions are deployed and the split changes. Each \
             conversation was answered by the version that it began with, and no request failed:"
        }
    }
}
