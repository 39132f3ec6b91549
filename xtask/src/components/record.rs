//! What the committed components were built from, and by what.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::FOLDER;
use crate::files;
use crate::shell::Workspace;

/// Where the record is.
const FILE: &str = "examples/components/built.json";

/// The interfaces are sources too.
const INTERFACES: &str = "crates/runner-host/wit";

/// The record of one build.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    toolchain: String,
    sources: String,
    components: BTreeMap<String, String>,
}

impl Record {
    /// Describes files that this toolchain built from the sources as they are now.
    pub(super) fn of(
        workspace: &Workspace,
        toolchain: &str,
        files: &[(String, Vec<u8>)],
    ) -> Result<Self> {
        let digests = files.iter().map(|(name, bytes)| (name.clone(), digest(bytes)));
        Ok(Self {
            toolchain: toolchain.to_owned(),
            sources: sources(workspace)?,
            components: digests.collect(),
        })
    }

    /// Reads the committed record.
    pub(super) fn read(workspace: &Workspace) -> Result<Self> {
        let text = files::read(&workspace.path(FILE))?;
        let value: Value =
            serde_json::from_str(&text).with_context(|| format!("{FILE} is no JSON"))?;
        Self::from_json(&value).with_context(|| format!("{FILE} is no record of a build"))
    }

    /// Writes the record beside the components.
    pub(super) fn write(&self, workspace: &Workspace) -> Result<()> {
        let value = json!({
            "toolchain": self.toolchain,
            "sources": self.sources,
            "components": self.components,
        });
        files::write(&workspace.path(FILE), format!("{value:#}\n"))
    }

    /// Returns what built the files.
    pub(super) fn toolchain(&self) -> &str {
        &self.toolchain
    }

    /// Says what is not as this record says.
    pub(super) fn differences(&self, present: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.sources != present.sources {
            found.push("the sources changed since the components were built".to_owned());
        }
        let names: BTreeSet<&String> =
            self.components.keys().chain(present.components.keys()).collect();
        for name in names {
            if self.components.get(name) != present.components.get(name) {
                found.push(format!("{name}.wasm is not the file that was built"));
            }
        }
        found
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        let components = value.get("components")?.as_object()?.iter();
        let components =
            components.map(|(name, found)| Some((name.clone(), found.as_str()?.to_owned())));
        Some(Self {
            toolchain: text("toolchain")?,
            sources: text("sources")?,
            components: components.collect::<Option<_>>()?,
        })
    }
}

/// Hashes every file that a component is made of, with its name.
fn sources(workspace: &Workspace) -> Result<String> {
    let mut hash = Sha256::new();
    for folder in [FOLDER, INTERFACES] {
        for path in files::walk(&workspace.path(folder))? {
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            if !["rs", "toml", "lock", "wit"].contains(&extension.as_ref()) {
                continue;
            }
            let name = path.strip_prefix(workspace.root())?.to_string_lossy().into_owned();
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            hash.update(format!("{name}\n{}\n", bytes.len()));
            hash.update(bytes);
        }
    }
    Ok(hex(&hash.finalize()))
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    format!("sha256:{}", digits.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(sources: &str, components: &[(&str, &str)]) -> Record {
        let components = components.iter().map(|(name, hash)| (name.to_string(), hash.to_string()));
        Record {
            toolchain: "t".to_owned(),
            sources: sources.to_owned(),
            components: components.collect(),
        }
    }

    #[test]
    fn changed_sources_and_files_that_were_not_built_are_named() {
        let built = record("s", &[("a", "1"), ("b", "2"), ("c", "3")]);
        let present = record("x", &[("a", "1"), ("b", "9"), ("d", "4")]);
        let found = built.differences(&present).join("; ");
        assert!(found.contains("the sources changed"), "{found}");
        assert!(!found.contains("a.wasm"), "{found}");
        for name in ["b.wasm", "c.wasm", "d.wasm"] {
            assert!(found.contains(name), "{found}");
        }
        assert!(built.differences(&record("s", &[("a", "1"), ("b", "2"), ("c", "3")])).is_empty());
    }

    #[test]
    fn a_record_needs_all_its_keys() {
        let whole = json!({"toolchain": "t", "sources": "s", "components": {"a": "1"}});
        assert_eq!(Record::from_json(&whole), Some(record("s", &[("a", "1")])));
        for broken in [json!({}), json!({"toolchain": "t", "sources": "s", "components": {"a": 1}})]
        {
            assert_eq!(Record::from_json(&broken), None, "{broken}");
        }
    }
}
