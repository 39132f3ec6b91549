//! `cargo xtask tidy`: house rules that no lint knows.
//!
//! It fails on what is never right, and lists what makes one look twice. The sources are read as text: that finds what a
//! person would find by searching, at once and without building anything.

mod layout;
mod mask;
mod never;
mod places;
mod source;

use anyhow::{Result, bail};

use crate::files;
use crate::shell::Workspace;
use source::{Finding, Source};

/// Fails on what is never right, after listing the places to look at.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let sources = sources(workspace)?;
    let places: Vec<Finding> = sources.iter().flat_map(places::look).collect();
    if !places.is_empty() {
        println!("places to look at:\n{}", list(&places));
    }
    let mut never: Vec<Finding> = sources.iter().flat_map(never::check).collect();
    let mut crates = files::folders(&workspace.path("crates"))?;
    crates.push(workspace.path("xtask"));
    for folder in crates.iter().filter(|folder| folder.join("Cargo.toml").is_file()) {
        never.extend(layout::check(workspace.root(), folder)?);
    }
    if never.is_empty() {
        println!("{} files, nothing that is never right", sources.len());
        return Ok(());
    }
    bail!("never right:\n{}", list(&never))
}

fn list(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(|one| format!("  {one}")).collect();
    lines.join("\n")
}

fn sources(workspace: &Workspace) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for folder in ["crates", "examples", "xtask"] {
        for path in files::walk(&workspace.path(folder))? {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(workspace.root())?;
                sources.push(Source::new(relative, files::read(&path)?));
            }
        }
    }
    Ok(sources)
}
