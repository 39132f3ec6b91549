use clap::Args;
use greentic_deploy_spec::{EnvId, Environment, IdempotencyKey, TrustRootSeed};
use greentic_env_store::defaults::LOCAL_ENV_ID;
use greentic_env_store::{
    EnvironmentMutations, EnvironmentReads, LocalEnvOutcome, LocalFsStore, MutationsExt, Rehearsal,
};
use greentic_operations::{ensure_local_environment, rehearse_local_environment};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::changes::Rehearsed;

/// Make the environment of this machine, with its default env-packs and a trusted operator key.
///
/// What is there stays; what is missing is added.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op env init")]
pub(crate) struct Init {
    /// The environment: `local` is the one that is made this way.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    /// The address at which others reach it, stored when it is made.
    #[arg(long = "public-url", value_name = "URL")]
    public_base_url: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// An environment that is there now.
#[derive(Serialize)]
pub(crate) struct Initialised {
    environment_id: EnvId,
    bound_slots: Vec<String>,
    pack_count: usize,
    public_base_url: Option<String>,
    trust_root: Option<Seeded>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    added_slots: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Seeded {
    environment_id: EnvId,
    operator_key_id: String,
    operator_public_key_pem: String,
    trusted_key_count: usize,
}

impl Run for Init {
    const NAME: Name = Name { noun: "env", op: "init" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        if env_id.as_str() != LOCAL_ENV_ID {
            return Err(CliError::Argument {
                value: env_id.to_string(),
                expected: "environment that is made this way",
                how: "gtc op env init local".to_owned(),
            });
        }
        let store = session.store()?;
        if self.change.dry_run {
            let rehearsal = Rehearsal::of(&store, store.ports());
            rehearse_init(&store, &env_id, self.public_base_url, &rehearsal)?;
            let changes = rehearsal.changes(&env_id);
            return Answer::of(&Rehearsed::new(env_id, changes));
        }
        let key = self.change.key()?;
        let made = initialise(&store, &env_id, self.public_base_url, key)?;
        tell_missing_key(session, &store);
        Answer::of(&made)
    }
}

/// Tells that the operator key is not on this machine. A trust root that is there is left as it is, so that nobody gets trust by
/// deleting a file.
fn tell_missing_key(session: &Session, store: &LocalFsStore) {
    let signer = store.ports().signer.as_ref();
    if signer.is_some_and(|signer| matches!(signer.key(), Ok(None))) {
        session.progress().warn(
            "there is no operator key, and without one no bundle is added; gtc op trust-root bootstrap makes one and trusts it",
        );
    }
}

/// Makes sure that the environment of this machine is there and trusts its operator key.
pub(crate) fn initialise(
    store: &LocalFsStore,
    env_id: &EnvId,
    public_base_url: Option<String>,
    key: Option<IdempotencyKey>,
) -> Result<Initialised, CliError> {
    let (environment, outcome) = ensure_local_environment(store, public_base_url)?;
    // Asking changes nothing where there is one; a change that does nothing would still be recorded.
    let is_seeded = store.snapshot(env_id)?.trust_root().is_some();
    let seed = match key {
        _ if is_seeded => None,
        Some(key) => store.with_key(key).seed_trust_root_if_absent(env_id)?,
        None => store.seed_trust_root_if_absent(env_id)?,
    };
    Ok(Initialised::new(&environment, outcome, seed))
}

/// Does the same on a rehearsal of the store.
pub(crate) fn rehearse_init(
    store: &LocalFsStore,
    env_id: &EnvId,
    public_base_url: Option<String>,
    rehearsal: &dyn EnvironmentMutations,
) -> Result<(), CliError> {
    rehearse_local_environment(store, public_base_url, rehearsal)?;
    rehearsal.seed_trust_root_if_absent(env_id)?;
    Ok(())
}

impl Initialised {
    /// What was done.
    pub(crate) fn outcome(&self) -> &'static str {
        self.outcome
    }

    fn new(
        environment: &Environment,
        outcome: LocalEnvOutcome,
        seed: Option<TrustRootSeed>,
    ) -> Self {
        let environment_id = environment.environment_id.clone();
        let (outcome, added_slots) = match outcome {
            LocalEnvOutcome::Created => ("created", None),
            LocalEnvOutcome::AlreadyExists => ("untouched", None),
            LocalEnvOutcome::Healed { added_slots } => {
                ("healed", Some(added_slots.iter().map(ToString::to_string).collect()))
            }
        };
        let trust_root = seed.map(|seed| Seeded {
            environment_id: environment_id.clone(),
            operator_key_id: seed.key_id,
            operator_public_key_pem: seed.public_key_pem,
            trusted_key_count: seed.trusted_key_count,
        });
        Self {
            environment_id,
            bound_slots: environment.packs.iter().map(|pack| pack.slot.to_string()).collect(),
            pack_count: environment.packs.len(),
            public_base_url: environment.host_config.public_base_url.clone(),
            trust_root,
            outcome,
            added_slots,
        }
    }
}

impl Report for Initialised {
    fn view(&self) -> View {
        let seeded = self.trust_root.as_ref();
        View::new().fields([
            ("environment", Some(self.environment_id.to_string())),
            ("outcome", Some(self.outcome.to_owned())),
            ("bound slots", Some(self.bound_slots.join(", "))),
            ("added slots", self.added_slots.as_ref().map(|slots| slots.join(", "))),
            ("public URL", self.public_base_url.clone()),
            (
                "trusted now",
                seeded.map(|seeded| format!("operator key {}", seeded.operator_key_id)),
            ),
        ])
    }
}
