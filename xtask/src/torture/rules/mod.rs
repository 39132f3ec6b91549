//! `cargo xtask torture rules`: removes the engine's rules one at a time; a test has to notice each removal.
//!
//! The list is written by hand, one entry for each rule that somebody relies on. It works on a copy of the sources.

mod list;
mod page;

use std::path::PathBuf;
use std::process::{Command, Output};

use anyhow::{Result, bail, ensure};

use crate::shell::{Workspace, describe, run as run_command};
use crate::{files, git};
use list::Rule;

const PACKAGE: &str = "greentic-deploy-spec";

/// What the copy needs to build and to be tested. What is not there is not needed.
const SOURCES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo",
    "clippy.toml",
    "README.md",
    "crates",
    "docs",
    "examples",
    "xtask",
];

/// What happened when a rule was gone.
enum Verdict {
    /// The first test that failed.
    Noticed(String),
    /// All tests passed: nothing holds this rule.
    Unnoticed,
    /// The entry in the list is wrong: what it makes is no program.
    DoesNotCompile,
}

/// Tries every entry of the list, writes the table into docs/testing.md, and fails if a removal went unnoticed.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let rules = list::read(workspace)?;
    // A page without room for the table should not be found out an hour later.
    page::check(workspace)?;
    let results = remove(workspace, rules)?;
    page::write(workspace, &git::commit(workspace, page::PAGE), &results)?;
    conclude(&results)
}

/// Tries the entries that docs/testing.md does not name yet, and leaves the page as it is: for whoever adds some.
pub(crate) fn run_new(workspace: &Workspace) -> Result<()> {
    let page = files::read(&workspace.path(page::PAGE))?;
    let rules = list::read(workspace)?.into_iter();
    let rules = rules.filter(|rule| !page::names(&page, rule)).collect();
    conclude(&remove(workspace, rules)?)
}

/// Removes each rule in a copy of the sources, in which all tests pass while every rule is in place.
fn remove(workspace: &Workspace, rules: Vec<Rule>) -> Result<Vec<(Rule, Verdict)>> {
    let scratch = Scratch::prepare(workspace)?;
    println!("all rules in place");
    for arguments in [&QUICK[..], &["-q"]] {
        run_command(&mut scratch.cargo_test(arguments))?;
    }
    let mut results = Vec::new();
    for rule in rules {
        let verdict = scratch.without(&rule)?;
        println!("{}: {}", rule.text, page::describe(&verdict));
        results.push((rule, verdict));
    }
    Ok(results)
}

fn conclude(results: &[(Rule, Verdict)]) -> Result<()> {
    let wrong: Vec<String> = results
        .iter()
        .filter(|(_, verdict)| !matches!(verdict, Verdict::Noticed(_)))
        .map(|(rule, verdict)| format!("{}: {}", rule.text, page::describe(verdict)))
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("not noticed by a test:\n  {}", wrong.join("\n  "))
}

/// A copy of the sources with a build folder of its own, so that the checkout is never left changed.
struct Scratch {
    copy: Workspace,
    build: PathBuf,
}

impl Scratch {
    fn prepare(workspace: &Workspace) -> Result<Self> {
        let target = workspace.target_dir()?;
        let root = target.join("xtask/torture-rules");
        files::remove_folder(&root)?;
        for name in SOURCES {
            let source = workspace.path(name);
            if source.exists() {
                files::copy(&source, &root.join(name))?;
            }
        }
        Ok(Self { copy: Workspace::at(root), build: target.join("torture-rules") })
    }

    fn cargo_test(&self, arguments: &[&str]) -> Command {
        let mut command = self.copy.cargo(&["test", "-p", PACKAGE]);
        command.args(arguments).env("CARGO_TARGET_DIR", &self.build);
        command
    }

    /// Takes the rule out, tests, and puts it back.
    fn without(&self, rule: &Rule) -> Result<Verdict> {
        let file = self.copy.path(&rule.file);
        let original = files::read(&file)?;
        files::write(&file, original.replacen(&rule.find, &rule.replace, 1))?;
        let verdict = self.verdict();
        files::write(&file, original)?;
        verdict
    }

    fn verdict(&self) -> Result<Verdict> {
        let compiled = self.cargo_test(&["-q", "--no-run", "--test", "suite"]).output()?;
        if !compiled.status.success() {
            return Ok(Verdict::DoesNotCompile);
        }
        // The tests that name the rule are tried before the long ones, which would notice as well.
        for arguments in [&QUICK[..], &["-q"]] {
            let mut test = self.cargo_test(arguments);
            let tested = test.output()?;
            if !tested.status.success() {
                return noticed(&test, &tested);
            }
        }
        Ok(Verdict::Unnoticed)
    }
}

/// The tests of single rules, without those that run thousands of random cases.
const QUICK: [&str; 8] =
    ["-q", "--test", "suite", "--", "--skip", "model::", "--skip", "routing::"];

fn noticed(test: &Command, tested: &Output) -> Result<Verdict> {
    let output = String::from_utf8_lossy(&tested.stdout);
    let name = first_failure(&output);
    ensure!(
        name.is_some() || !output.is_empty(),
        "`{}` failed without running a test:\n{}",
        describe(test),
        String::from_utf8_lossy(&tested.stderr)
    );
    // A stack overflow or an abort ends the process before a name is printed.
    Ok(Verdict::Noticed(
        name.unwrap_or_else(|| "the test process, which ended abnormally".to_owned()),
    ))
}

/// Finds the name of the first failed test in the output of the test harness.
fn first_failure(output: &str) -> Option<String> {
    output
        .lines()
        .filter_map(|line| line.strip_prefix("---- "))
        .find_map(|line| line.strip_suffix(" stdout ----"))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failed_test_is_named() {
        let output = "\nrunning 2 tests\nFF\nfailures:\n\n---- split::sums stdout ----\npanicked\n\n---- warm::again stdout ----\n\nfailures:\n    split::sums\n    warm::again\n";
        assert_eq!(first_failure(output).as_deref(), Some("split::sums"));
        assert_eq!(first_failure("running 1 test\n.\ntest result: ok.\n"), None);
    }
}
