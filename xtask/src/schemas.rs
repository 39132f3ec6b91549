//! `cargo xtask schemas`: the JSON Schemas in docs/schemas are what the code says.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};

use crate::files;
use crate::shell::{Workspace, run};

const FOLDER: &str = "docs/schemas";

type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// Writes the schemas and removes those that no longer exist. Files that are no `.json` are left alone.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let fresh = generate(workspace)?;
    let folder = workspace.path(FOLDER);
    let committed = files::tree(&folder, "json")?;
    for name in committed.keys().filter(|name| !fresh.contains_key(*name)) {
        let stale = folder.join(name);
        fs::remove_file(&stale).with_context(|| format!("cannot remove {}", stale.display()))?;
    }
    for (name, bytes) in &fresh {
        if committed.get(name) != Some(bytes) {
            files::write(&folder.join(name), bytes)?;
        }
    }
    println!("{FOLDER}: {} schemas", fresh.len());
    Ok(())
}

/// Fails if the schemas in the checkout are not, byte for byte, what the code says.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let fresh = generate(workspace)?;
    let committed = files::tree(&workspace.path(FOLDER), "json")?;
    let differences = differences(&fresh, &committed);
    if differences.is_empty() {
        println!("{FOLDER}: {} schemas, all up to date", fresh.len());
        return Ok(());
    }
    bail!(
        "{FOLDER} is not what the code says:\n  {}\nrun `cargo xtask schemas`",
        differences.join("\n  ")
    )
}

fn generate(workspace: &Workspace) -> Result<Tree> {
    let folder = workspace.target_dir()?.join("xtask/schemas");
    files::remove_folder(&folder)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut generator = workspace.cargo(&["run", "-q", "-p", "greentic-deploy-spec"]);
    generator.args(["--features", "schemas", "--example", "schemas", "--"]);
    run(generator.arg(&folder))?;
    let fresh = files::tree(&folder, "json")?;
    ensure!(!fresh.is_empty(), "the example `schemas` wrote no schema");
    Ok(fresh)
}

fn differences(fresh: &Tree, committed: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (name, bytes) in fresh {
        match committed.get(name) {
            None => found.push(format!("missing: {}", name.display())),
            Some(old) if old != bytes => found.push(format!("differs: {}", name.display())),
            Some(_) => {}
        }
    }
    for name in committed.keys().filter(|name| !fresh.contains_key(*name)) {
        found.push(format!("stale: {}", name.display()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &str)]) -> Tree {
        entries.iter().map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn names_missing_differing_and_stale_files() {
        let fresh = tree(&[("a.json", "1"), ("b.json", "2"), ("c.json", "3")]);
        let committed = tree(&[("a.json", "1"), ("b.json", "x"), ("d.json", "4")]);
        let expected = ["differs: b.json", "missing: c.json", "stale: d.json"];
        assert_eq!(differences(&fresh, &committed), expected);
        assert!(differences(&fresh, &fresh).is_empty());
    }
}
