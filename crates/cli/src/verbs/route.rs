//! `gtc route`: which revision a request reaches.

use clap::Args;
use greentic_env_store::EnvironmentReads;
use greentic_gateway::{RouteCandidate, RouteExplanation, explain};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Run;
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
    /// What the caller is told apart by, such as the id of a conversation.
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
        Answer::of(&explain(environment, routing, self.host.as_deref(), path, key))
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
