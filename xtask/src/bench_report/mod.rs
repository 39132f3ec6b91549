//! `cargo xtask bench-report`: docs/performance.md is written by the benchmarks and by nobody else.

mod estimates;
pub(crate) mod machine;
pub(crate) mod page;
mod rows;

use anyhow::{Result, bail};

use crate::shell::{Workspace, run};
use crate::{files, first_build, git};
use rows::{PACKAGES, ROWS};

/// The page that the command writes.
pub(crate) const PAGE: &str = "docs/performance.md";

/// Runs the benchmarks and writes the page.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target_dir()?.join("criterion");
    // Figures of an earlier run must not stand in for a benchmark that no longer exists.
    for row in ROWS {
        files::remove_folder(&folder.join(row.group))?;
    }
    for package in PACKAGES {
        run(&mut workspace.cargo(&["bench", "-p", package]))?;
    }
    let measured =
        ROWS.iter().map(|row| estimates::measure(&folder, row)).collect::<Result<Vec<_>>>()?;
    let machine = machine::describe(workspace)?;
    let commit = git::commit(workspace, PAGE);
    let first_build = first_build::paragraph(workspace)?;
    let text = page::seal(&page::render(&machine, &commit, &measured, first_build.as_deref()));
    files::write(&workspace.path(PAGE), &text)?;
    println!("{text}");
    Ok(())
}

/// Fails if the page is not as the command wrote it. Runs no benchmark.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let text = files::read(&workspace.path(PAGE))?;
    if page::is_sealed(&text) {
        println!("{PAGE} is as it was written");
        return Ok(());
    }
    bail!("{PAGE} was changed by hand; `cargo xtask bench-report` writes it")
}
