use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use greentic_env_store::defaults::LOCAL_ENV_ID;
use greentic_env_store::{EnvironmentReads, LocalFsStore, Rehearsal};
use greentic_operations::{DeployRequest, Mode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ready::{self, Place};
use crate::args::Change;
use crate::compose::Machine;
use crate::error::CliError;
use crate::output::{Answer, Name};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::changes::Rehearsed;
use crate::verbs::deploy::What;
use crate::verbs::env::{initialise, rehearse_init};

/// Make the environment of this machine if there is none, deploy a bundle to it, and serve it in the
/// foreground. Doing it again with the same bundle changes nothing.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(
    after_help = "Examples:\n  gtc up examples/hello\n  gtc up hello.gtbundle --listen 127.0.0.1:0"
)]
pub(crate) struct Up {
    #[command(flatten)]
    #[serde(flatten)]
    what: What,
    /// The address to listen on; the environment's own unless said. Port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

impl Run for Up {
    const NAME: Name = Name { noun: "gateway", op: "up" };
    const LOGS: Option<&'static str> = ready::LOGS;

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = self.what.env_id(session)?;
        let store = session.store()?;
        let request = self.what.request(env_id.clone(), &self.change)?;
        let is_local = env_id.as_str() == LOCAL_ENV_ID;
        if self.change.dry_run {
            return self.rehearse(session, store, &request);
        }
        if is_local {
            let made = initialise(&store, &env_id, None, None)?;
            session.progress().step(&format!("environment `{env_id}`: {}", made.outcome()));
        }
        let environment = store.load_env(&env_id)?;
        let claim = ready::claim(&env_id, &store.env_path(&env_id)?)?;
        let address = self.listen.unwrap_or_else(|| environment.host_config.resolved_listen_addr());
        let machine = Machine::for_serving(session, &store, &env_id)?;
        // The address is taken before anything is deployed: whoever cannot serve changes nothing.
        let listener = machine.block_on(ready::listen(address))?;
        let deployed =
            machine.operator(session, store.clone()).deploy(&request, self.change.mode())?;
        session.tell_warnings(&deployed.warnings);
        let place = Place { store, env_id, claim, listener };
        let bundle_id = Some(deployed.result.bundle_id.to_string());
        machine.block_on(ready::serve(session, &machine, place, Self::NAME, bundle_id))?;
        Ok(Answer::told())
    }
}

impl Up {
    /// The environment is made on a rehearsal, and the deploy is rehearsed over that.
    fn rehearse(
        &self,
        session: &Session,
        store: LocalFsStore,
        request: &DeployRequest,
    ) -> Result<Answer, CliError> {
        let env_id = &request.env_id;
        let machine = Machine::new(session, &store, env_id)?;
        let rehearsal = Arc::new(Rehearsal::of(Arc::new(store.clone()), store.ports()));
        if env_id.as_str() == LOCAL_ENV_ID {
            rehearse_init(&store, env_id, None, &*rehearsal)?;
        }
        let mut changes = rehearsal.changes(env_id);
        let mut operator = machine.operator(session, store);
        operator.ports = rehearsal.ports().clone();
        operator.store = rehearsal;
        let deployed = operator.deploy(request, Mode::DryRun)?;
        changes.extend(deployed.changes.unwrap_or_default());
        Answer::of(&Rehearsed::new(env_id.clone(), changes))
    }
}
