//! What every crate has to have besides its sources: the workspace's lints and one test binary.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::source::{Finding, find};
use crate::files;
use crate::tidy::mask::mask;

/// Checks one crate.
pub(super) fn check(root: &Path, folder: &Path) -> Result<Vec<Finding>> {
    let report = |path: &Path, what: &str| Finding {
        path: path.strip_prefix(root).unwrap_or(path).display().to_string(),
        line: 1,
        what: what.to_owned(),
    };
    let manifest = folder.join("Cargo.toml");
    let mut found = Vec::new();
    if !inherits_lints(&files::read(&manifest)?) {
        found.push(report(&manifest, "no `[lints] workspace = true`"));
    }
    let tests = folder.join("tests");
    for path in files::walk(&tests)? {
        if path.parent() == Some(&tests) && is_rust(&path) {
            found.push(report(&path, "a test binary of its own; move it into the crate's one"));
        }
    }
    let suites = suites(&tests)?;
    for extra in suites.iter().skip(1) {
        found.push(report(&extra.join("main.rs"), "a second test binary; a crate has one"));
    }
    for suite in &suites {
        for path in forgotten(suite)? {
            found.push(report(&path, "no `mod` declares this file, so its tests never run"));
        }
    }
    Ok(found)
}

/// Says whether the manifest takes over the lints of the workspace.
fn inherits_lints(manifest: &str) -> bool {
    let mut section = "";
    for line in manifest.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.starts_with('[') {
            section = line;
        }
        let setting: String = line.chars().filter(|one| !one.is_whitespace()).collect();
        let is_set = match section {
            "[lints]" => setting == "workspace=true",
            "" => setting == "lints.workspace=true",
            _ => false,
        };
        if is_set {
            return true;
        }
    }
    false
}

/// Lists the folders that cargo takes for test binaries.
fn suites(tests: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = files::folders(tests)?;
    folders.retain(|folder| folder.join("main.rs").is_file());
    Ok(folders)
}

/// Lists the files of a test binary that no other file declares.
fn forgotten(suite: &Path) -> Result<Vec<PathBuf>> {
    let mut sources = files::walk(suite)?;
    sources.retain(|path| is_rust(path));
    let mut code = String::new();
    for path in &sources {
        code.push_str(&mask(&files::read(path)?).code);
    }
    sources.retain(|path| {
        let is_root = *path == suite.join("main.rs");
        let name = module_name(path);
        !is_root && !declares(&code, &name)
    });
    Ok(sources)
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

fn module_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    let name = if stem == "mod" {
        path.parent().and_then(Path::file_name).unwrap_or_default()
    } else {
        stem
    };
    name.to_string_lossy().into_owned()
}

fn declares(code: &str, name: &str) -> bool {
    let declaration = format!("mod {name}");
    find(code, &declaration).any(|at| code[at + declaration.len()..].trim_start().starts_with(';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_are_inherited_in_two_spellings_only() {
        assert!(inherits_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"));
        assert!(inherits_lints("lints.workspace = true\n[package]\n"));
        assert!(!inherits_lints("[package]\nedition.workspace = true\n"));
        assert!(!inherits_lints("[lints]\n# workspace = true\n"));
        assert!(!inherits_lints("[lints]\n\n[dependencies]\nworkspace = true\n"));
    }

    #[test]
    fn a_module_is_declared_by_its_own_name() {
        assert!(declares("mod split;\npub mod warm ;", "split"));
        assert!(!declares("mod splits;", "split"));
        assert!(!declares("mod split { }", "split"));
        assert_eq!(module_name(Path::new("tests/suite/engine/mod.rs")), "engine");
    }

    #[test]
    fn stray_and_forgotten_tests_are_found() -> Result<()> {
        let root = std::env::temp_dir().join(format!("xtask-layout-{}", std::process::id()));
        let folder = root.join("crates/a");
        let manifest = "[package]\nname = \"a\"\n";
        files::write(&folder.join("Cargo.toml"), manifest)?;
        files::write(&folder.join("tests/stray.rs"), "")?;
        files::write(&folder.join("tests/fixtures/data.rs"), "")?;
        files::write(&folder.join("tests/suite/main.rs"), "mod used;\n// mod unused;\n")?;
        files::write(&folder.join("tests/suite/used.rs"), "")?;
        files::write(&folder.join("tests/suite/unused.rs"), "")?;
        files::write(&folder.join("tests/third/main.rs"), "")?;
        let found = check(&root, &folder)?;
        files::remove_folder(&root)?;
        let paths: Vec<&str> = found.iter().map(|one| one.path.as_str()).collect();
        let expected = [
            "crates/a/Cargo.toml",
            "crates/a/tests/stray.rs",
            "crates/a/tests/third/main.rs",
            "crates/a/tests/suite/unused.rs",
        ];
        assert_eq!(paths, expected);
        Ok(())
    }
}
