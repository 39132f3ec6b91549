//! What every verb works with: configuration, flags of all verbs, the store, the terminal.

use greentic_deploy_spec::EnvId;
use greentic_env_store::{LocalFsStore, Warning};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::{Global, LogFormat};
use crate::compose;
use crate::config::Config;
use crate::error::CliError;
use crate::extension::Extension;
use crate::output::{Progress, Renderer};

/// One call of the program.
#[derive(Debug)]
pub(crate) struct Session {
    config: Config,
    global: Global,
    extension: Box<dyn Extension>,
}

/// The environment that a verb is about when nothing names one.
const DEFAULT_ENV: &str = "local";

impl Session {
    pub(crate) fn new(config: Config, global: Global, extension: Box<dyn Extension>) -> Self {
        Self { config, global, extension }
    }

    pub(crate) fn renderer(&self) -> Renderer {
        Renderer::new(self.global.output, &self.config)
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress::new(&self.config)
    }

    pub(crate) fn global(&self) -> &Global {
        &self.global
    }

    /// The store. Nothing is touched until it is used.
    pub(crate) fn store(&self) -> Result<LocalFsStore, CliError> {
        compose::store(&self.config, &self.global)
    }

    /// The environment that a verb is about: the one that it names, else `--env`, else GREENTIC_ENV,
    /// else `local`.
    pub(crate) fn env_id(&self, named: Option<&str>) -> Result<EnvId, CliError> {
        let flag = self.global.env.as_deref();
        if let (Some(named), Some(flag)) = (named, flag)
            && named != flag
        {
            let (first, second) = (format!("environment `{named}`"), format!("--env {flag}"));
            return Err(CliError::Contradiction { first, second });
        }
        let name = named.or(flag).or(self.config.env.as_deref()).unwrap_or(DEFAULT_ENV);
        let name = if name == "dev" { self.instead_of_dev()? } else { name };
        name.parse().map_err(|_: greentic_deploy_spec::InvalidEnvId| CliError::EnvId {
            id: name.to_owned(),
        })
    }

    /// Older tools call the environment of this machine `dev`. One that really has that name wins.
    fn instead_of_dev(&self) -> Result<&'static str, CliError> {
        const DEV: &str = "dev";
        let there = compose::store_root(&self.config, &self.global)
            .is_ok_and(|root| root.join(DEV).join("environment.json").exists());
        if there {
            return Ok(DEV);
        }
        if self.config.refuses_dev {
            return Err(CliError::DevAlias);
        }
        self.progress().warn("`dev` is the old name of the environment `local`; name it `local`");
        Ok(DEFAULT_ENV)
    }

    /// Env-packs that the program has beyond those of this workspace.
    pub(crate) fn extension(&self) -> &dyn Extension {
        &*self.extension
    }

    /// Tells what follows a commit and is not done yet. Nothing of it is lost.
    pub(crate) fn tell_warnings(&self, warnings: &[Warning]) {
        for warning in warnings {
            self.progress().warn(&warning_text(warning));
        }
    }

    /// Writes logs to stderr from here on: at the level that was asked for, else at the one of the
    /// verb, if it has one.
    pub(crate) fn start_logs(&self, usual: Option<&str>) -> Result<(), CliError> {
        let asked = self.global.log.as_deref().or(self.config.log.as_deref());
        let Some(level) = asked.or(usual) else { return Ok(()) };
        let filter: Targets =
            level.parse().map_err(|error: tracing_subscriber::filter::ParseError| {
                CliError::Log { value: level.to_owned(), problem: error.to_string() }
            })?;
        let colours = self.config.stderr_is_terminal && !self.config.no_color;
        let lines =
            tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
        let registry = tracing_subscriber::registry().with(filter);
        // A program that embeds this one may log in its own way already.
        let _ = match self.global.log_format {
            LogFormat::Text => registry.with(lines).try_init(),
            LogFormat::Json => registry.with(lines.json()).try_init(),
        };
        Ok(())
    }
}

fn warning_text(warning: &Warning) -> String {
    let code = warning.code();
    match warning {
        Warning::ProjectionLagging { file, detail } => {
            format!("{code}: `{file}` is not written yet ({detail}); the next change writes it")
        }
        Warning::AuditLagging { detail } => {
            format!("{code}: a line of the audit log is not written yet ({detail})")
        }
        Warning::SecretLagging { secret_ref, detail } => {
            format!("{code}: the secret `{secret_ref}` is not deleted yet ({detail})")
        }
        Warning::OperatorKeyLagging { detail } => {
            format!("{code}: the new operator key is not in use yet ({detail})")
        }
        Warning::Recovered { file, kept_as } => {
            format!("{code}: `{file}` was in the way and is kept as `{kept_as}`")
        }
        Warning::Adopted { generation } => {
            format!("{code}: an edit by hand was taken over as generation {generation}")
        }
        _ => code.to_owned(),
    }
}
