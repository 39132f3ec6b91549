//! A section of docs/reliability.md that a command writes, with a seal that shows later edits. The rest
//! of that page is written by people.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};

use crate::bench_report::{machine, page};
use crate::shell::Workspace;
use crate::{files, git};

pub(crate) const PAGE: &str = "docs/reliability.md";

/// A section between two markers.
pub(super) struct Section {
    /// Its name in the markers.
    pub(super) name: &'static str,
    /// The command that writes it.
    pub(super) command: &'static str,
}

impl Section {
    /// Fails if the page has no room for the section.
    pub(super) fn find(&self, workspace: &Workspace) -> Result<()> {
        let text = files::read(&workspace.path(PAGE))?;
        self.split(&text).map(|_| ())
    }

    /// Writes the section: what it is about, and where and when it was found out.
    pub(super) fn write(&self, workspace: &Workspace, body: &str) -> Result<()> {
        let path = workspace.path(PAGE);
        let text = files::read(&path)?;
        let (before, _, after) = self.split(&text)?;
        let commit = git::commit(workspace, PAGE);
        let machine = machine::describe(workspace)?;
        let mut section = String::new();
        let _ = writeln!(
            section,
            "\nWritten by `{}` at commit `{commit}`, on {} ({} cores, {}, {}).\n\n{body}",
            self.command, machine.cpu, machine.cores, machine.memory, machine.system
        );
        let (begin, end, sealed) = (self.begin(), self.end(), page::seal(&section));
        files::write(&path, format!("{before}{begin}{sealed}{end}{after}"))
    }

    /// Fails if the section is not as the command wrote it.
    pub(super) fn check(&self, workspace: &Workspace) -> Result<()> {
        let text = files::read(&workspace.path(PAGE))?;
        let (_, section, _) = self.split(&text)?;
        if page::is_sealed(section) {
            println!("the section `{}` of {PAGE} is as it was written", self.name);
            return Ok(());
        }
        bail!(
            "the section `{}` of {PAGE} was changed by hand; `{}` writes it",
            self.name,
            self.command
        )
    }

    fn begin(&self) -> String {
        format!("<!-- {}:begin -->\n", self.name)
    }

    fn end(&self) -> String {
        format!("<!-- {}:end -->", self.name)
    }

    /// What stands before the section, in it, and after it.
    fn split<'t>(&self, text: &'t str) -> Result<(&'t str, &'t str, &'t str)> {
        let (begin, end) = (self.begin(), self.end());
        let missing = || format!("{PAGE} needs the lines `{}` and `{end}`", begin.trim_end());
        let (before, rest) = text.split_once(&begin).with_context(missing)?;
        let (section, after) = rest.split_once(&end).with_context(missing)?;
        Ok((before, section, after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_what_stands_between_its_markers() {
        let section = Section { name: "store", command: "cargo xtask torture store" };
        let text = "# Page\n<!-- store:begin -->\nold\n<!-- store:end -->\nMore.\n";
        assert_eq!(section.split(text).unwrap(), ("# Page\n", "old\n", "\nMore.\n"));
        assert!(section.split("# Page\n").is_err());
    }
}
