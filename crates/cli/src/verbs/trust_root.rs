//! `gtc op trust-root`: the keys that an environment trusts.

use clap::Args;
use greentic_deploy_spec::{EnvId, TrustRootSeed, TrustedKey};
use greentic_env_store::{EnvironmentMutations, EnvironmentReads, MutationsExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Run;
use super::changes::{Done, carry_out};
use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;

super::verbs! { Bootstrap, List }

/// Trust the operator key of this machine; one is made when there is none.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op trust-root bootstrap")]
pub(crate) struct Bootstrap {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// List the keys that an environment trusts.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op trust-root list")]
pub(crate) struct List {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
}

#[derive(Serialize)]
struct Trusting {
    environment_id: EnvId,
    operator_key_id: String,
    operator_public_key_pem: String,
    trusted_key_count: usize,
}

#[derive(Serialize)]
struct Keys {
    environment_id: EnvId,
    keys: Vec<TrustedKey>,
}

impl Run for Bootstrap {
    const NAME: Name = Name { noun: "trust-root", op: "bootstrap" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let store = session.store()?;
        let key = self.change.key()?;
        let done = carry_out(&store, &env_id, &self.change, |store| {
            Ok(match key {
                Some(key) => store.with_key(key).bootstrap_trust_root(&env_id)?,
                None => store.bootstrap_trust_root(&env_id)?,
            })
        })?;
        let seed: TrustRootSeed = match done {
            Done::Rehearsed(rehearsed) => return Answer::of(&rehearsed),
            Done::Committed(seed) => seed,
        };
        Answer::of(&Trusting {
            environment_id: env_id,
            operator_key_id: seed.key_id,
            operator_public_key_pem: seed.public_key_pem,
            trusted_key_count: seed.trusted_key_count,
        })
    }
}

impl Run for List {
    const NAME: Name = Name { noun: "trust-root", op: "list" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let snapshot = session.store()?.snapshot(&env_id)?;
        let keys = snapshot.trust_root().map(|root| root.keys.clone()).unwrap_or_default();
        Answer::of(&Keys { environment_id: env_id, keys })
    }
}

impl Report for Trusting {
    fn view(&self) -> View {
        View::new().fields([
            ("environment", Some(self.environment_id.to_string())),
            ("operator key", Some(self.operator_key_id.clone())),
            ("trusted keys", Some(self.trusted_key_count.to_string())),
        ])
    }
}

impl Report for Keys {
    fn view(&self) -> View {
        let rows = self.keys.iter().map(|key| vec![key.key_id.clone()]);
        let empty = "nothing is trusted; trust the operator key with: gtc op trust-root bootstrap";
        View::new().table(&["KEY"], rows, empty)
    }
}
