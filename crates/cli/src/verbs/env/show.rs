use clap::Args;
use greentic_deploy_spec::{Document, Environment};
use greentic_env_store::{EnvSnapshot, EnvironmentReads};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::summaries::{BundleSummary, percent, word};

/// Show an environment: its bundles, its traffic, its env-packs.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op env show local")]
pub(crate) struct Show {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    environment: Value,
    runtime: Option<Value>,
    generation: u64,
    etag: Option<String>,
    #[serde(skip)]
    snapshot: EnvSnapshot,
}

impl Run for Show {
    const NAME: Name = Name { noun: "env", op: "show" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let snapshot = session.store()?.snapshot(&env_id)?;
        if snapshot.is_lagging() {
            session.progress().warn("the journal cannot be read; this is what the files show");
        }
        Answer::of(&Shown {
            environment: snapshot.require()?.raw().clone(),
            runtime: snapshot.runtime().map(|runtime| runtime.raw().clone()),
            generation: snapshot.generation(),
            etag: snapshot.etag().map(|etag| etag.0.clone()),
            snapshot,
        })
    }
}

impl Report for Shown {
    fn view(&self) -> View {
        let Some(environment) = self.snapshot.environment().map(Document::typed) else {
            return View::new();
        };
        let host = &environment.host_config;
        let keys = self.snapshot.trust_root().map_or(0, |root| root.keys.len());
        let view = View::new().fields([
            ("environment", Some(environment.environment_id.to_string())),
            ("name", Some(environment.name.clone())),
            ("generation", Some(self.generation.to_string())),
            ("listens on", Some(host.resolved_listen_addr().to_string())),
            ("public URL", host.public_base_url.clone()),
            ("trusted keys", Some(keys.to_string())),
        ]);
        view.and(bundles(environment)).and(packs(environment))
    }
}

fn bundles(environment: &Environment) -> View {
    let rows = environment.bundles.iter().map(|bundle| {
        let summary = BundleSummary::of(environment, bundle);
        vec![
            summary.bundle_id.to_string(),
            summary.customer_id.to_string(),
            word(&summary.status),
            summary.reached_by(),
            traffic(environment, bundle.deployment_id),
        ]
    });
    let empty = "no bundles yet; deploy one with: gtc op deploy BUNDLE";
    View::new().table(&["BUNDLE", "CUSTOMER", "STATUS", "REACHED BY", "TRAFFIC"], rows, empty)
}

/// `#2 90%, #1 10%`, by the revisions' sequence numbers.
fn traffic(environment: &Environment, id: greentic_deploy_spec::DeploymentId) -> String {
    let Some(split) = environment.split_of(id) else { return "none".to_owned() };
    let shares = split.entries.iter().map(|entry| {
        let sequence = environment.revision(entry.revision_id).map(|revision| revision.sequence);
        let name =
            sequence.map_or_else(|| entry.revision_id.to_string(), |number| format!("#{number}"));
        format!("{name} {}", percent(entry.weight_bps.into()))
    });
    shares.collect::<Vec<_>>().join(", ")
}

fn packs(environment: &Environment) -> View {
    let rows = environment.packs.iter().map(|binding| {
        let answers = if binding.answers_ref.is_some() { "yes" } else { "-" };
        vec![binding.slot.to_string(), binding.kind.to_string(), answers.to_owned()]
    });
    let empty = "no env-packs; bind the defaults with: gtc op env init";
    View::new().table(&["SLOT", "ENV-PACK", "ANSWERS"], rows, empty)
}
