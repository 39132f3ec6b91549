//! Where the workspace is, and how other programs are started in it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// The checkout that the command works on.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the checkout that contains the current folder.
    ///
    /// The folder is looked for each time instead of being compiled in: a build cache shared between checkouts may hand out a
    /// binary that another checkout built.
    pub(crate) fn find() -> Result<Self> {
        let here = std::env::current_dir().context("the current folder cannot be read")?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("xtask/Cargo.toml").is_file())
            .with_context(|| format!("{} is not inside the workspace", here.display()))?;
        Ok(Self { root: root.to_owned() })
    }

    /// Takes a folder as a checkout without looking for one.
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Returns the workspace's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns a path given relative to the workspace's folder.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Prepares a program that runs in the workspace's folder and has nothing to read.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null());
        command
    }

    /// Prepares a cargo command.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        self.command("cargo", arguments)
    }

    /// Returns what `cargo metadata` says about the members of the workspace.
    pub(crate) fn metadata(&self) -> Result<Value> {
        let text = capture(&mut self.cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
        serde_json::from_str(&text).context("cargo metadata did not print JSON")
    }

    /// Returns the folder that cargo builds into, wherever it was configured.
    pub(crate) fn target_dir(&self) -> Result<PathBuf> {
        let metadata = self.metadata()?;
        let folder = metadata["target_directory"]
            .as_str()
            .context("cargo metadata names no target folder")?;
        Ok(PathBuf::from(folder))
    }
}

/// Runs a command that writes to the terminal, and fails unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("cannot start `{}`", describe(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", describe(command));
    }
    Ok(())
}

/// Runs a command and returns what it printed, and fails unless it succeeds.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output =
        command.output().with_context(|| format!("cannot start `{}`", describe(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({})\n{}", describe(command), output.status, complaint.trim_end());
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` did not print UTF-8", describe(command)))
}

/// Returns the command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let _ = write!(line, " {}", argument.to_string_lossy());
    }
    line
}
