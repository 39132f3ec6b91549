//! What the process environment says. The only place that reads it.

use std::io::IsTerminal;
use std::path::PathBuf;

/// Everything that the program takes from its surroundings, read once.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The user's home folder (`HOME`).
    pub home: Option<PathBuf>,
    /// The user's name (`USER`), for the audit log.
    pub user: Option<String>,
    /// The environment that verbs are about when they name none (`GREENTIC_ENV`).
    pub env: Option<String>,
    /// Refuses the old name `dev` of the environment `local` (`GREENTIC_DISABLE_DEV_ALIAS`).
    pub refuses_dev: bool,
    /// The store to use instead of the one in the home folder (`GREENTIC_STORE_URL`).
    pub store_url: Option<String>,
    /// The operator key (`GTC_OPERATOR_KEY_PATH`).
    pub operator_key: Option<PathBuf>,
    /// How much is logged (`GREENTIC_LOG`).
    pub log: Option<String>,
    /// No colours (`NO_COLOR`).
    pub no_color: bool,
    /// Whether people read the results.
    pub stdout_is_terminal: bool,
    /// Whether people read errors and progress.
    pub stderr_is_terminal: bool,
}

impl Config {
    /// Reads the process environment.
    #[must_use]
    pub fn from_process() -> Self {
        Self {
            home: path("HOME"),
            user: text("USER"),
            env: text("GREENTIC_ENV"),
            refuses_dev: text("GREENTIC_DISABLE_DEV_ALIAS").is_some(),
            store_url: text("GREENTIC_STORE_URL"),
            operator_key: path("GTC_OPERATOR_KEY_PATH"),
            log: text("GREENTIC_LOG"),
            no_color: text("NO_COLOR").is_some(),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
        }
    }
}

/// A variable that is set to something.
#[expect(clippy::disallowed_methods, reason = "this is the module that reads the environment")]
fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn text(name: &str) -> Option<String> {
    path(name).map(|value| value.to_string_lossy().into_owned())
}
