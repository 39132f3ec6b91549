//! Tells the program which commit it is built from, without git: only files of `.git` are read, and
//! without them the commit is `unknown`. Whoever builds from an archive sets `GTC_COMMIT`.

use std::fs;
use std::path::{Path, PathBuf};

#[expect(clippy::disallowed_macros, reason = "this is how a build script talks to cargo")]
fn main() {
    println!("cargo::rerun-if-env-changed=GTC_COMMIT");
    let given = option_env!("GTC_COMMIT").map(str::to_owned);
    let found = git_folder().and_then(|folder| {
        println!("cargo::rerun-if-changed={}", folder.join("HEAD").display());
        let (commit, read) = commit(&folder)?;
        println!("cargo::rerun-if-changed={}", read.display());
        Some(commit)
    });
    let commit = given.or(found).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=GTC_COMMIT={commit}");
}

/// The `.git` folder of the workspace; a work tree has a file that names it.
fn git_folder() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.git");
    if path.is_dir() {
        return Some(path);
    }
    let text = fs::read_to_string(&path).ok()?;
    Some(path.parent()?.join(text.strip_prefix("gitdir:")?.trim()))
}

/// The first twelve digits of the commit that `HEAD` names, and the file that has it.
fn commit(git: &Path) -> Option<(String, PathBuf)> {
    let head = git.join("HEAD");
    let text = fs::read_to_string(&head).ok()?;
    let Some(name) = text.trim().strip_prefix("ref: ") else {
        return Some((shortened(&text)?, head));
    };
    // A work tree keeps branches in the folder that it shares with the others.
    let shared = fs::read_to_string(git.join("commondir")).ok();
    let shared = shared.map_or_else(|| git.to_owned(), |path| git.join(path.trim()));
    let loose = shared.join(name);
    if let Ok(text) = fs::read_to_string(&loose) {
        return Some((shortened(&text)?, loose));
    }
    let packed = shared.join("packed-refs");
    let refs = fs::read_to_string(&packed).ok()?;
    let line = refs.lines().find(|line| line.split_whitespace().nth(1) == Some(name))?;
    Some((shortened(line)?, packed))
}

fn shortened(text: &str) -> Option<String> {
    let digits = text.get(..12)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| digits.to_owned())
}
