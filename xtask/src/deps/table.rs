//! Which crate may use which: the architecture's layers, as a table.
//!
//! A row may only name rows above it, so an arrow can only point down. A new crate gets a row; a new edge gets a name in its
//! user's row, in the same change as ARCHITECTURE.md.

/// One crate of the workspace.
pub(super) struct Row {
    /// Folder, relative to the workspace.
    pub(super) folder: &'static str,
    /// Name of its package.
    pub(super) package: &'static str,
    /// Packages of the workspace that it may use.
    pub(super) uses: &'static [&'static str],
    /// Packages from elsewhere that must not stand in its manifest.
    pub(super) bans_directly: &'static [&'static str],
    /// Packages from elsewhere that must not be in it at all, neither directly nor through another.
    pub(super) bans: &'static [&'static str],
}

/// The only package that dev-dependencies may use beyond their crate's row.
pub(super) const TESTKIT: &str = "greentic-testkit";

pub(super) const TABLE: &[Row] = &[
    Row {
        folder: "xtask",
        package: "xtask",
        uses: &[],
        bans_directly: &[],
        bans: &["tokio", "reqwest", "hyper"],
    },
    Row {
        folder: "crates/conformance",
        package: "greentic-conformance",
        uses: &[],
        bans_directly: &["clap"],
        bans: &["tokio", "reqwest", "hyper", "kube", "rusqlite", "wasmtime"],
    },
    Row {
        folder: "crates/deploy-spec",
        package: "greentic-deploy-spec",
        uses: &[],
        // Random reaches it through ulid only, in the one module that mints ids.
        bans_directly: &["getrandom", "rand", "uuid"],
        bans: &["tokio", "reqwest", "hyper", "kube", "rusqlite", "wasmtime"],
    },
    Row {
        folder: "crates/env-store",
        package: "greentic-env-store",
        uses: &["greentic-conformance", "greentic-deploy-spec"],
        bans_directly: &["clap"],
        bans: &["reqwest", "hyper", "kube", "wasmtime"],
    },
    Row {
        folder: "crates/pack-format",
        package: "greentic-pack-format",
        uses: &["greentic-deploy-spec"],
        bans_directly: &["clap"],
        bans: &["wasmtime", "rusqlite", "kube"],
    },
    Row {
        folder: "crates/deployer",
        package: "greentic-deployer",
        uses: &["greentic-conformance", "greentic-deploy-spec"],
        bans_directly: &["clap"],
        bans: &["kube", "rusqlite", "wasmtime"],
    },
    Row {
        folder: "crates/env-pack",
        package: "greentic-env-pack",
        uses: &["greentic-deploy-spec", "greentic-deployer"],
        bans_directly: &["clap"],
        bans: &["kube", "rusqlite", "wasmtime"],
    },
    Row {
        folder: "crates/testkit",
        package: TESTKIT,
        uses: &[
            "greentic-deploy-spec",
            "greentic-env-store",
            "greentic-pack-format",
            "greentic-deployer",
            "greentic-env-pack",
        ],
        bans_directly: &[],
        bans: &["kube"],
    },
    Row {
        folder: "crates/env-pack-local",
        package: "greentic-env-pack-local",
        uses: &[
            "greentic-deploy-spec",
            "greentic-env-store",
            "greentic-pack-format",
            "greentic-deployer",
            "greentic-env-pack",
        ],
        bans_directly: &["clap"],
        bans: &["kube"],
    },
    Row {
        folder: "crates/env-pack-k8s",
        package: "greentic-env-pack-k8s",
        uses: &[
            "greentic-deploy-spec",
            "greentic-env-store",
            "greentic-pack-format",
            "greentic-deployer",
            "greentic-env-pack",
        ],
        bans_directly: &["clap"],
        bans: &["wasmtime"],
    },
    Row {
        folder: "crates/runner-host",
        package: "greentic-runner-host",
        uses: &["greentic-deploy-spec", "greentic-pack-format", "greentic-env-pack"],
        bans_directly: &["clap"],
        bans: &["rusqlite", "kube"],
    },
    Row {
        folder: "crates/operations",
        package: "greentic-operations",
        uses: &[
            "greentic-deploy-spec",
            "greentic-env-store",
            "greentic-pack-format",
            "greentic-deployer",
            "greentic-env-pack",
        ],
        bans_directly: &["clap"],
        bans: &["kube"],
    },
    Row {
        folder: "crates/gateway",
        package: "greentic-gateway",
        uses: &[
            "greentic-deploy-spec",
            "greentic-env-store",
            "greentic-pack-format",
            "greentic-env-pack",
            "greentic-runner-host",
        ],
        bans_directly: &["clap"],
        bans: &["kube"],
    },
    Row {
        folder: "crates/cli",
        package: "greentic-cli",
        uses: &[
            "greentic-conformance",
            "greentic-deploy-spec",
            "greentic-env-store",
            "greentic-pack-format",
            "greentic-deployer",
            "greentic-env-pack",
            "greentic-env-pack-local",
            "greentic-env-pack-k8s",
            "greentic-runner-host",
            "greentic-operations",
            "greentic-gateway",
        ],
        bans_directly: &[],
        bans: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_only_point_to_rows_above() {
        let mut above: Vec<&str> = Vec::new();
        for row in TABLE {
            for used in row.uses {
                assert!(above.contains(used), "{} → {used}", row.package);
            }
            assert!(!above.contains(&row.package), "{} twice", row.package);
            above.push(row.package);
        }
    }
}
