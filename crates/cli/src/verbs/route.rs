//! `gtc route`: which revision a request reaches.

use clap::Args;
use greentic_deploy_spec::{Environment, TrafficSplitEntry};
use greentic_env_store::EnvironmentReads;
use greentic_gateway::{RouteCandidate, RouteExplanation, explain};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Run;
use super::summaries::percent;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;

super::verbs! { Explain }

/// Explain which deployment and which revision a request reaches, and why. Nothing is asked or
/// changed: the gateway decides by the same function.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(
    after_help = "Example:\n  gtc route explain /shop/cart --host example.org --key conversation-1"
)]
pub(crate) struct Explain {
    /// The path; `/` unless said.
    #[arg(value_name = "PATH")]
    path: Option<String>,
    /// The host name of the request.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// What the caller is told apart by: the `session_id` of a request; of a webchat conversation, its id up
    /// to the `-`.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

impl Run for Explain {
    const NAME: Name = Name { noun: "route", op: "explain" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(None)?;
        let snapshot = session.store()?.snapshot(&env_id)?;
        let path = self.path.as_deref().unwrap_or("/");
        if !path.starts_with('/') {
            return Err(CliError::Argument {
                value: path.to_owned(),
                expected: "path",
                how: format!("write /{path}"),
            });
        }
        let key = self.key.as_deref().unwrap_or_default();
        let environment = snapshot.require()?;
        let routing = snapshot.routing();
        let explanation = explain(environment, routing, self.host.as_deref(), path, key);
        Answer::of(&Explained::new(environment, explanation, self.key.is_some()))
    }
}

/// An explanation with how the traffic is shared. Without a key of a caller, no slot and no one
/// revision can be told.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    route: RouteExplanation,
    shares: Vec<TrafficSplitEntry>,
}

impl Explained {
    fn new(environment: &Environment, mut route: RouteExplanation, has_key: bool) -> Self {
        let split = route.deployment_id.and_then(|id| environment.split_of(id));
        let shares = split.map(|split| split.entries.clone()).unwrap_or_default();
        if !has_key {
            route.slot = None;
            route.revision_id = route.revision_id.filter(|_| shares.len() == 1);
        }
        Self { route, shares }
    }
}

impl Report for Explained {
    fn view(&self) -> View {
        let route = &self.route;
        let is_open = route.slot.is_none() && route.deployment_id.is_some();
        let no_key =
            "no --key was given, which decides for one revision where several have a share";
        let share = |one: &TrafficSplitEntry| {
            vec![one.revision_id.to_string(), percent(one.weight_bps.into())]
        };
        let view = route.view().table(
            &["REVISION", "TRAFFIC"],
            self.shares.iter().map(share),
            "nothing serves",
        );
        if is_open { view.text(no_key) } else { view }
    }
}

impl Report for RouteExplanation {
    fn view(&self) -> View {
        let row = |one: &RouteCandidate| {
            vec![one.bundle_id.to_string(), one.host.clone(), one.path_prefix.clone()]
        };
        View::new()
            .fields([
                ("host", self.host.clone()),
                ("path", Some(self.path.clone())),
                ("bundle", self.bundle_id.as_ref().map(ToString::to_string)),
                ("tenant", self.tenant.clone()),
                ("why", Some(self.why.clone())),
                ("slot", self.slot.map(|slot| slot.to_string())),
                ("revision", self.revision_id.map(|id| id.to_string())),
            ])
            .table(
                &["CANDIDATE", "HOST", "PATH"],
                self.candidates.iter().map(row),
                "no route matches",
            )
    }
}
