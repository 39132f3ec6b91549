//! `cargo xtask ci`: everything that CI runs, in the order in which a mistake is cheapest to find.

use anyhow::{Context as _, Result};

use crate::shell::{Workspace, run};
use crate::{bench_report, components, deps, files, schemas, tidy};

/// Runs every step, stops at the first that fails, and says at the end what was skipped and why.
pub(crate) fn run_all(workspace: &Workspace) -> Result<()> {
    let mut skipped = Vec::new();
    let outcome = steps(workspace, &mut skipped);
    if outcome.is_err() {
        skipped.push("every step after the one that failed".to_owned());
    }
    println!();
    if skipped.is_empty() {
        println!("skipped: nothing");
    }
    for reason in &skipped {
        println!("skipped: {reason}");
    }
    outcome
}

fn steps(workspace: &Workspace, skipped: &mut Vec<String>) -> Result<()> {
    step("format", || run(&mut workspace.cargo(&["fmt", "--all", "--check"])))?;
    step("tidy", || tidy::run(workspace))?;
    step("dependencies", || deps::run(workspace))?;
    step("lints", || lint(workspace))?;
    step("schemas", || schemas::check(workspace))?;
    step("components", || components(workspace, skipped))?;
    step("performance page", || performance_page(workspace, skipped))?;
    step("documentation", || document(workspace))?;
    step("bans, licences, sources", || deny(workspace, skipped))?;
    step("tests", || test(workspace))
}

fn step(name: &str, action: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("\n== {name}");
    action().with_context(|| format!("step `{name}`"))
}

fn lint(workspace: &Workspace) -> Result<()> {
    // With all features, because an example that needs one is not even looked at without it.
    let mut clippy = workspace.cargo(&["clippy", "--workspace", "--all-targets"]);
    run(clippy.args(["--all-features", "--", "-D", "warnings"]))
}

/// Does not build for WebAssembly, which takes a toolchain that hardly any machine has.
fn components(workspace: &Workspace, skipped: &mut Vec<String>) -> Result<()> {
    skipped.push(format!(
        "building {} again: their record says they are up to date; `cargo xtask components --check` compares the bytes",
        components::FOLDER
    ));
    components::check_record(workspace)?;
    components::test(workspace)
}

fn performance_page(workspace: &Workspace, skipped: &mut Vec<String>) -> Result<()> {
    if workspace.path(bench_report::PAGE).is_file() {
        return bench_report::check(workspace);
    }
    skipped.push(format!(
        "the check of {}: there is no such page yet; `cargo xtask bench-report` writes it",
        bench_report::PAGE
    ));
    Ok(())
}

fn document(workspace: &Workspace) -> Result<()> {
    let mut doc = workspace.cargo(&["doc", "--workspace", "--no-deps"]);
    run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny(workspace: &Workspace, skipped: &mut Vec<String>) -> Result<()> {
    let probe = workspace.cargo(&["deny", "--version"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        let reason = "cargo-deny is not installed";
        skipped.push(format!("cargo deny check bans licenses sources: {reason}"));
        return Ok(());
    }
    run(&mut workspace.cargo(&["deny", "check", "bans", "licenses", "sources"]))
}

/// Runs the very command that README.md tells people to run, so that what it promises is what is tested.
fn test(workspace: &Workspace) -> Result<()> {
    let readme = files::read(&workspace.path("README.md"))?;
    let command = test_command(&readme).context(
        "README.md has no command to test with: it needs a heading `## Test` and a fenced `sh` block under it",
    )?;
    println!("{command}");
    run(&mut workspace.command("sh", &["-c", &command]))
}

/// Finds the first `sh` block under the heading `## Test`.
fn test_command(readme: &str) -> Option<String> {
    let section = readme
        .lines()
        .map(str::trim_end)
        .skip_while(|line| *line != "## Test")
        .skip(1)
        .take_while(|line| !line.starts_with("## "));
    let block: Vec<&str> = section
        .skip_while(|line| *line != "```sh")
        .skip(1)
        .take_while(|line| *line != "```")
        .collect();
    let command = block.join("\n");
    (!command.trim().is_empty()).then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(readme: &str, expected: Option<&str>) {
        assert_eq!(test_command(readme).as_deref(), expected);
    }

    #[test]
    fn the_test_command_is_the_first_shell_block_under_its_heading() {
        check(
            "# T\n\n## Build\n\n```sh\ncargo build\n```\n\n## Test\n\nLike so:\n\n```text\nno\n```\n\n```sh\ncargo test\n```\n",
            Some("cargo test"),
        );
        check("## Test\n```sh\na\nb\n```\n```sh\nc\n```\n", Some("a\nb"));
    }

    #[test]
    fn a_readme_without_a_test_command_has_none() {
        check("# T\n\n```sh\ncargo build\n```\n", None);
        check("## Test\n\nNothing.\n\n## Build\n\n```sh\ncargo build\n```\n", None);
        check("## Test\n\n```sh\n```\n", None);
    }
}
