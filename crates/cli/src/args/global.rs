use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Flags of every verb.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The environment; else GREENTIC_ENV, else `local`.
    #[arg(long, global = true, value_name = "ENV")]
    pub(crate) env: Option<String>,
    /// The folder of environments, instead of `~/.greentic/environments`.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) store_root: Option<PathBuf>,
    /// A remote store; else GREENTIC_STORE_URL.
    #[arg(long, global = true, value_name = "URL", hide = true)]
    pub(crate) store_url: Option<String>,
    /// The token of a remote store; else GREENTIC_STORE_TOKEN.
    #[arg(long, global = true, value_name = "TOKEN", hide = true)]
    pub(crate) store_token: Option<String>,
    /// Read what the verb is given from a file (.json, .yaml); flags win over it.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Show the JSON Schema of what the verb takes, and do nothing.
    #[arg(long, global = true)]
    pub(crate) schema: bool,
    /// How results are shown; without it, tables on a terminal and JSON otherwise.
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) output: Option<OutputFormat>,
    /// What is logged to stderr: error, warn, info, debug, trace, or `target=level,…`; else GREENTIC_LOG, else warn for `up` and `serve`.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log: Option<String>,
    /// How it is logged.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
}

/// How results and errors are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    Table,
    /// For programs: one line of JSON.
    Json,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one line of JSON for each event.
    Json,
}
