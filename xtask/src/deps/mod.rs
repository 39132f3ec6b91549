//! `cargo xtask deps`: the edges between our crates, and what must not be in them, are what the architecture says.

mod table;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::shell::{Workspace, capture};
use table::{Row, TABLE, TESTKIT};

/// Fails on a crate or an edge that the table does not have, and on a banned dependency.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let members = members(&workspace.metadata()?)?;
    let mut problems = judge(&members);
    for row in TABLE {
        let exists = members.iter().any(|member| member.name == row.package);
        if exists && !row.bans.is_empty() {
            problems.extend(banned(row, &contents(workspace, row.package)?));
        }
    }
    if problems.is_empty() {
        println!("{} crates, every edge as in the architecture", members.len());
        return Ok(());
    }
    bail!("dependencies:\n  {}", problems.join("\n  "))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Dev,
}

struct Dependency {
    name: String,
    kind: Kind,
    is_path: bool,
}

struct Member {
    name: String,
    manifest: String,
    dependencies: Vec<Dependency>,
}

fn members(metadata: &Value) -> Result<Vec<Member>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    packages.iter().map(member).collect()
}

fn member(package: &Value) -> Result<Member> {
    let dependencies =
        package["dependencies"].as_array().context("a package without a list of dependencies")?;
    Ok(Member {
        name: text(&package["name"])?,
        manifest: text(&package["manifest_path"])?,
        dependencies: dependencies.iter().map(dependency).collect::<Result<_>>()?,
    })
}

fn dependency(entry: &Value) -> Result<Dependency> {
    Ok(Dependency {
        name: text(&entry["name"])?,
        kind: match entry["kind"].as_str() {
            Some("dev") => Kind::Dev,
            // A build script's dependency makes the crate what it is, just as a normal one does.
            _ => Kind::Normal,
        },
        is_path: entry["path"].is_string(),
    })
}

fn text(value: &Value) -> Result<String> {
    let text = value.as_str().context("cargo metadata has another shape")?;
    Ok(text.to_owned())
}

fn judge(members: &[Member]) -> Vec<String> {
    let mut problems = Vec::new();
    for member in members {
        let Some(row) = TABLE.iter().find(|row| row.package == member.name) else {
            problems.push(format!("{} has no row in xtask/src/deps/table.rs", member.name));
            continue;
        };
        let expected = format!("/{}/Cargo.toml", row.folder);
        if !member.manifest.ends_with(&expected) {
            problems.push(format!("{} is not in {}", member.name, row.folder));
        }
        for dependency in &member.dependencies {
            problems.extend(judge_one(row, dependency));
        }
    }
    problems
}

fn judge_one(row: &Row, dependency: &Dependency) -> Option<String> {
    let (user, used) = (row.package, dependency.name.as_str());
    if dependency.is_path {
        let is_dev = dependency.kind == Kind::Dev;
        let allowed = row.uses.contains(&used)
            // A crate names itself to switch on a feature for its own tests.
            || is_dev && used == user
            || is_dev && used == TESTKIT && user != "xtask";
        return (!allowed).then(|| format!("{user} → {used} is not an edge of the architecture"));
    }
    let banned = dependency.kind == Kind::Normal && row.bans_directly.contains(&used);
    banned.then(|| format!("{user} must not use {used} itself"))
}

/// Lists everything that a crate is built from, on every platform and with all its features.
///
/// `cargo tree` is asked, and not the resolve graph of `cargo metadata`: the latter joins the features that all members
/// switch on, and so would blame one crate for what another one needs.
fn contents(workspace: &Workspace, package: &str) -> Result<String> {
    let mut tree = workspace.cargo(&["tree", "--package", package, "--edges", "normal,build"]);
    tree.args(["--all-features", "--target", "all"]);
    capture(tree.args(["--prefix", "none", "--format", "{p}"]))
}

fn banned(row: &Row, contents: &str) -> Vec<String> {
    let mut found: Vec<String> = contents
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| row.bans.contains(name))
        .map(|name| format!("{} must not contain {name}", row.package))
        .collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(package: &str, folder: &str, dependencies: Value, expected: &[&str]) {
        let metadata = json!({ "packages": [{
            "name": package,
            "manifest_path": format!("/somewhere/{folder}/Cargo.toml"),
            "dependencies": dependencies,
        }]});
        assert_eq!(judge(&members(&metadata).unwrap()), expected);
    }

    fn ours(name: &str, kind: Option<&str>) -> Value {
        json!({ "name": name, "kind": kind, "path": "/somewhere" })
    }

    #[test]
    fn edges_of_the_table_are_accepted() {
        let down =
            json!([ours("greentic-deploy-spec", None), ours("greentic-testkit", Some("dev"))]);
        check("greentic-env-store", "crates/env-store", down, &[]);
        let itself = json!([ours("greentic-env-store", Some("dev"))]);
        check("greentic-env-store", "crates/env-store", itself, &[]);
    }

    #[test]
    fn other_edges_are_refused_by_name() {
        let up = json!([ours("greentic-env-store", None)]);
        let problem =
            "greentic-deploy-spec → greentic-env-store is not an edge of the architecture";
        check("greentic-deploy-spec", "crates/deploy-spec", up, &[problem]);
        let testkit = json!([ours("greentic-testkit", None)]);
        let problem = "greentic-env-store → greentic-testkit is not an edge of the architecture";
        check("greentic-env-store", "crates/env-store", testkit, &[problem]);
        let link = json!([ours("greentic-testkit", Some("dev"))]);
        let problem = "xtask → greentic-testkit is not an edge of the architecture";
        check("xtask", "xtask", link, &[problem]);
    }

    #[test]
    fn unknown_and_misplaced_crates_are_refused() {
        let problem = "greentic-surprise has no row in xtask/src/deps/table.rs";
        check("greentic-surprise", "crates/surprise", json!([]), &[problem]);
        let problem = "greentic-gateway is not in crates/gateway";
        check("greentic-gateway", "crates/door", json!([]), &[problem]);
    }

    #[test]
    fn direct_bans_hold_outside_tests_only() {
        let rand = json!([{ "name": "rand", "kind": null }]);
        let problem = "greentic-deploy-spec must not use rand itself";
        check("greentic-deploy-spec", "crates/deploy-spec", rand, &[problem]);
        let rand = json!([{ "name": "rand", "kind": "dev" }]);
        check("greentic-deploy-spec", "crates/deploy-spec", rand, &[]);
    }

    #[test]
    fn bans_reach_through_other_packages() {
        let spec = TABLE.iter().find(|row| row.package == "greentic-deploy-spec");
        let contents = "greentic-deploy-spec v0.1.0 (/somewhere)\ntokio-util v1.0.0\ntokio v1.0.0\ntokio v1.0.0 (*)\n";
        let expected = ["greentic-deploy-spec must not contain tokio"];
        assert_eq!(banned(spec.unwrap(), contents), expected);
    }
}
