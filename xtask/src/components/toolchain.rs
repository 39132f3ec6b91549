//! What can build for WebAssembly on this machine.
//!
//! The pinned toolchain comes without a target for it. Two ways around that are known, and either is enough: the system's
//! own compiler with the sources of its standard library, as Debian packages them, or a target added to rustup's toolchain.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::MANIFEST;
use crate::home;
use crate::shell::{Workspace, capture, run};

/// A compiler, its target, and how they are used.
pub(super) struct Toolchain {
    name: String,
    way: Way,
}

enum Way {
    /// The system's compiler builds the standard library along with the components, and this linker links them.
    System { linker: String },
    /// The compiler in use has the target.
    Rustup,
}

const SYSTEM_RUSTC: &str = "/usr/bin/rustc";
const SYSTEM_CARGO: &str = "/usr/bin/cargo";
const SYSTEM_TARGET: &str = "wasm32-unknown-unknown";
const RUSTUP_TARGET: &str = "wasm32-wasip2";

/// What a component starts with: a stack of 256 KiB, its data, and a heap that is enough for small calls. The host looks through
/// all of it after each call.
const MEMORY: [&str; 2] =
    ["-Clink-args=-z stack-size=262144", "-Clink-arg=--initial-memory=589824"];

/// Separates flags in the variable that may hold flags with spaces.
const SEPARATOR: &str = "\u{1f}";

const NEITHER: &str = "nothing here builds for WebAssembly; either is enough:
  on Debian 12: apt-get install rustc-web rust-web-src cargo-web lld-22
  elsewhere:    rustup target add wasm32-wasip2";

impl Toolchain {
    /// Finds the system's compiler, or else rustup's target.
    pub(super) fn find(workspace: &Workspace) -> Result<Self> {
        match system(workspace).or_else(|| rustup(workspace)) {
            Some(toolchain) => Ok(toolchain),
            None => bail!(NEITHER),
        }
    }

    /// Returns the version and the target. Equal names give equal bytes.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether its output is a component already, and not yet a module.
    pub(super) fn makes_components(&self) -> bool {
        matches!(self.way, Way::Rustup)
    }

    /// Builds these packages and returns the folder with their files.
    pub(super) fn build(
        &self,
        workspace: &Workspace,
        names: &[String],
        folder: &Path,
    ) -> Result<PathBuf> {
        let (mut command, target) = match &self.way {
            Way::System { linker } => (system_cargo(workspace, linker), SYSTEM_TARGET),
            Way::Rustup => (workspace.cargo(&["build"]), RUSTUP_TARGET),
        };
        command.args(["--release", "--locked", "--manifest-path", MANIFEST, "--target", target]);
        for name in names {
            command.args(["--package", name]);
        }
        command.env("CARGO_TARGET_DIR", folder);
        command.env("CARGO_ENCODED_RUSTFLAGS", self.flags(workspace)?);
        command.env_remove("RUSTFLAGS").env_remove("RUSTC_WRAPPER");
        run(&mut command)?;
        Ok(folder.join(target).join("release"))
    }

    /// Returns the compiler's flags. No path of this machine gets into the files: the same sources give the same bytes
    /// everywhere.
    fn flags(&self, workspace: &Workspace) -> Result<OsString> {
        let mut flags: Vec<OsString> = MEMORY.map(OsString::from).to_vec();
        if let Way::System { .. } = self.way {
            flags.push(OsString::from("-Clinker-flavor=wasm-ld"));
            flags.push(remap(Path::new("/usr/lib/rustlib/src/rust"), "/rust"));
        }
        flags.push(remap(workspace.root(), "/workspace"));
        for folder in home::package_folders()? {
            flags.push(remap(&folder, "/packages"));
        }
        Ok(flags.join(SEPARATOR.as_ref()))
    }
}

fn remap(from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

fn system_cargo(workspace: &Workspace, linker: &str) -> Command {
    let mut command = workspace.command(SYSTEM_CARGO, &["build", "-Zbuild-std=std,panic_abort"]);
    command.env("RUSTC", SYSTEM_RUSTC).env("RUSTC_BOOTSTRAP", "1");
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    // Rustup points this at its own toolchain's libraries.
    command.env_remove("LD_LIBRARY_PATH").env_remove("RUSTUP_TOOLCHAIN");
    command
}

fn system(workspace: &Workspace) -> Option<Toolchain> {
    let sources = "/usr/lib/rustlib/src/rust/library/Cargo.lock";
    if !Path::new(SYSTEM_CARGO).is_file() || !Path::new(sources).is_file() {
        return None;
    }
    let mut version = workspace.command(SYSTEM_RUSTC, &["-vV"]);
    let version = capture(version.env_remove("LD_LIBRARY_PATH")).ok()?;
    // The linker has to understand what the compiler's LLVM writes, so it is of the same release.
    let linker = format!("wasm-ld-{}", llvm_release(&version)?);
    capture(&mut workspace.command(&linker, &["--version"])).ok()?;
    let name = format!("{}, {SYSTEM_TARGET}", version.lines().next()?);
    Some(Toolchain { name, way: Way::System { linker } })
}

fn rustup(workspace: &Workspace) -> Option<Toolchain> {
    let query = ["--print", "target-libdir", "--target", RUSTUP_TARGET];
    let libraries = capture(&mut workspace.command("rustc", &query)).ok()?;
    if !Path::new(libraries.trim()).is_dir() {
        return None;
    }
    let version = capture(&mut workspace.command("rustc", &["--version"])).ok()?;
    Some(Toolchain { name: format!("{}, {RUSTUP_TARGET}", version.trim()), way: Way::Rustup })
}

/// Reads the release of LLVM from what `rustc -vV` prints.
fn llvm_release(version: &str) -> Option<&str> {
    let number = version.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    number.split('.').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_of_llvm_is_the_first_number_of_its_version() {
        let version = "rustc 1.96.0\nrelease: 1.96.0\nLLVM version: 22.1.8\n";
        assert_eq!(llvm_release(version), Some("22"));
        assert_eq!(llvm_release("rustc 1.96.0\n"), None);
    }

    #[test]
    fn remapping_keeps_the_whole_path() {
        assert_eq!(remap(Path::new("/a b"), "/c"), "--remap-path-prefix=/a b=/c");
    }
}
