//! What the tests of several crates share. A dev-dependency only: nothing that is shipped uses it.
//!
//! * [`skip`] says that a test shows nothing on this machine.
//! * [`published`] finds a file that others published and `cargo xtask fixtures` fetched.
//! * [`page`] reads the blocks of a page of the documentation, so that tests do what it says.

#![expect(clippy::disallowed_methods, reason = "tests look for what the machine has")]
#![expect(clippy::panic, reason = "a test that cannot go on says why")]

pub mod page;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Says on the terminal that a test shows nothing here, and why. The test runner keeps what is printed
/// from those who read only that all passed; this gets through.
pub fn skip(reason: &str) {
    let line = format!("SKIPPED: {reason}\n");
    // Without a terminal there is nobody to tell.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A file of the published fixtures, wherever below their folder it is. None, said loudly, when it was
/// not fetched.
///
/// The folder is `$GREENTIC_FIXTURES`, else the one in the user's cache that `cargo xtask fixtures` uses.
#[must_use]
pub fn published(name: &str) -> Option<PathBuf> {
    let found = folder().and_then(|folder| find(&folder, name));
    if found.is_none() {
        skip(&format!("no `{name}`; fetch it with `cargo xtask fixtures`"));
    }
    found
}

fn folder() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = || named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
    named("GREENTIC_FIXTURES").or_else(|| Some(cache()?.join("greentic-control-plane/fixtures")))
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find_map(|path| {
        if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) }
    })
}
