//! The tree of verbs with their flags.

mod global;

use clap::{Args, Parser, Subcommand};

pub(crate) use global::{Global, LogFormat, OutputFormat};

use crate::verbs::{
    bundle, bundles, conformance, deploy, env, gateway, pack, revisions, route, traffic, trust_root,
};

/// Deploys and serves Greentic digital workers.
#[derive(Debug, Parser)]
#[command(
    name = "gtc",
    version = concat!(env!("CARGO_PKG_VERSION"), " (", env!("GTC_COMMIT"), ")"),
    after_help = "Example:\n  gtc up examples/hello",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Top,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Top {
    Up(gateway::Up),
    Serve(gateway::Serve),
    /// Work on environments: what is deployed, with which share of the traffic.
    #[command(after_help = "Example:\n  gtc op env show")]
    Op {
        #[command(subcommand)]
        noun: Op,
    },
    /// Ask which revision a request reaches.
    #[command(after_help = "Example:\n  gtc route explain / --key conversation-1")]
    Route {
        #[command(subcommand)]
        verb: route::Verb,
    },
    /// Build packs and look into them.
    #[command(after_help = "Example:\n  gtc pack build examples/hello")]
    Pack {
        #[command(subcommand)]
        verb: pack::Verb,
    },
    /// Build bundles and look into them.
    #[command(after_help = "Example:\n  gtc bundle inspect hello.gtbundle")]
    Bundle {
        #[command(subcommand)]
        verb: bundle::Verb,
    },
    /// Show whether a store or a deployer keeps its contract.
    #[command(after_help = "Example:\n  gtc conformance store")]
    Conformance {
        #[command(subcommand)]
        verb: conformance::Verb,
    },
}

/// What environments are made of.
#[derive(Debug, Subcommand)]
pub(crate) enum Op {
    /// Environments: make one, look at it, go back in its history.
    #[command(after_help = "Example:\n  gtc op env show")]
    Env {
        #[command(subcommand)]
        verb: env::Verb,
    },
    Deploy(deploy::Deploy),
    /// Deployed bundles.
    #[command(after_help = "Example:\n  gtc op bundles list")]
    Bundles {
        #[command(subcommand)]
        verb: bundles::Verb,
    },
    /// Revisions of deployed bundles.
    #[command(after_help = "Example:\n  gtc op revisions list")]
    Revisions {
        #[command(subcommand)]
        verb: revisions::Verb,
    },
    /// How the traffic of a deployment is shared among its revisions.
    #[command(after_help = "Example:\n  gtc op traffic show --deployment hello")]
    Traffic {
        #[command(subcommand)]
        verb: traffic::Verb,
    },
    /// The keys that an environment trusts.
    #[command(after_help = "Example:\n  gtc op trust-root list")]
    TrustRoot {
        #[command(subcommand)]
        verb: trust_root::Verb,
    },
}

/// How a change is carried out.
#[derive(
    Args, Clone, Debug, Default, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
pub(crate) struct Change {
    /// Show what would change, and change nothing.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) dry_run: bool,
    /// Name the change: repeating it under the same key changes nothing twice.
    #[arg(long, value_name = "KEY")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) idempotency_key: Option<String>,
}
