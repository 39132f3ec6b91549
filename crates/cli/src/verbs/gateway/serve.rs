use std::net::SocketAddr;

use clap::Args;
use greentic_deploy_spec::EnvId;
use greentic_env_store::EnvironmentReads;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ready::{self, Place};
use crate::compose::Machine;
use crate::error::CliError;
use crate::output::{Answer, Name};
use crate::session::Session;
use crate::verbs::Run;

/// Serve an environment in the foreground: its bundles, by its traffic splits, as they change.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc serve --listen 127.0.0.1:8080")]
pub(crate) struct Serve {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    /// The address to listen on; the environment's own unless said. Port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Run for Serve {
    const NAME: Name = Name { noun: "gateway", op: "serve" };
    const LOGS: Option<&'static str> = ready::LOGS;

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id: EnvId = session.env_id(self.environment_id.as_deref())?;
        let store = session.store()?;
        let environment = store.load_env(&env_id)?;
        let claim = ready::claim(&env_id, &store.env_path(&env_id)?)?;
        let address = self.listen.unwrap_or_else(|| environment.host_config.resolved_listen_addr());
        let machine = Machine::for_serving(session, &store, &env_id)?;
        machine.block_on(async {
            let listener = ready::listen(address).await?;
            let place = Place { store, env_id, claim, listener };
            ready::serve(session, &machine, place, Self::NAME, None).await
        })?;
        Ok(Answer::told())
    }
}
