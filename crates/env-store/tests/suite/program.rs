//! Starts the example `store_worker`, the process that tests kill, multiply and count.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The program, which `cargo test` builds beside the tests.
pub(crate) fn program() -> PathBuf {
    let here = std::env::current_exe().expect("the path of this test");
    let built = here.parent().and_then(Path::parent).expect("the build folder");
    let program = built.join("examples/store_worker");
    assert!(
        program.is_file(),
        "{} is missing; build it with `cargo build -p greentic-env-store --examples`",
        program.display()
    );
    program
}

/// The program on the environment `local` in a folder.
pub(crate) fn worker(root: &Path, mode: &str, numbers: [u64; 3]) -> Command {
    let mut command = Command::new(program());
    command.arg(root).args(["local", mode]).args(numbers.map(|number| number.to_string()));
    command
}

/// Runs it to its end, which must be a good one, and gives the figures that it printed.
pub(crate) fn figures(root: &Path, mode: &str, numbers: [u64; 3]) -> Value {
    let Output { status, stdout, stderr } =
        worker(root, mode, numbers).output().expect("the program starts");
    let complaint = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{mode} {numbers:?}: {status}\n{complaint}");
    serde_json::from_slice(&stdout).expect("one line of JSON")
}
