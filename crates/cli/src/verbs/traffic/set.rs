use clap::Args;
use greentic_operations::{RevisionSelector, SetTrafficRequest, Weight};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::operate::{deployment, operate};

/// Share the traffic of a deployment anew. The weights are one whole.
///
/// A revision is `@latest`, `@previous`, `#2` or its ULID; a weight is `90`, `90%` or `9000bps`.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(
    after_help = "Examples:\n  gtc op traffic set @latest=10% @previous=90%\n  gtc op traffic set local '#2=100%' --deployment hello"
)]
pub(crate) struct Set {
    /// The environment.
    #[arg(skip)]
    environment_id: Option<String>,
    /// The shares; an environment may stand before them.
    #[arg(value_name = "REVISION=WEIGHT")]
    #[serde(default)]
    weights: Vec<String>,
    /// The shares, in a file.
    #[arg(skip)]
    #[serde(default)]
    entries: Vec<Share>,
    /// The deployment, by bundle or ULID; the only one there is unless said.
    #[arg(long = "deployment", value_name = "BUNDLE")]
    deployment_id: Option<String>,
    /// Who asks for it; `operator` unless said.
    #[arg(long, value_name = "WHO")]
    updated_by: Option<String>,
    /// What authorises it.
    #[arg(long, value_name = "REF")]
    authorization_ref: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// Whether it names an environment, and no revision whose weight was forgotten.
fn is_env(text: &str) -> bool {
    !text.contains('=') && !text.starts_with(['@', '#'])
}

/// A share of the traffic, in a file.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Share {
    /// The revision.
    revision_id: String,
    /// Its share in basis points.
    weight_bps: u32,
}

impl Run for Set {
    const NAME: Name = Name { noun: "traffic", op: "set" };

    fn run(mut self, session: &Session) -> Result<Answer, CliError> {
        if let Some(env) = self.weights.first().filter(|first| is_env(first)).cloned() {
            self.weights.remove(0);
            self.environment_id = Some(env);
        }
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let request = SetTrafficRequest {
            env_id: env_id.clone(),
            deployment: deployment(self.deployment_id.as_deref())?,
            entries: self.shares()?,
            updated_by: self.updated_by.clone().unwrap_or_else(|| "operator".to_owned()),
            authorization_ref: self.authorization_ref.clone(),
            key: self.change.key()?,
        };
        operate(session, &env_id, &self.change, |operator, mode| {
            operator.set_traffic(&request, mode)
        })
    }
}

impl Set {
    /// The shares of the flags, else those of the file.
    fn shares(&self) -> Result<Vec<(RevisionSelector, Weight)>, CliError> {
        let in_file = self
            .entries
            .iter()
            .map(|share| format!("{}={}bps", share.revision_id, share.weight_bps));
        let texts: Vec<String> =
            if self.weights.is_empty() { in_file.collect() } else { self.weights.clone() };
        if texts.is_empty() {
            let how = "gtc op traffic set REVISION=WEIGHT …";
            return Err(CliError::Missing { what: "a share of the traffic", how });
        }
        texts.iter().map(|text| share(text)).collect()
    }
}

fn share(text: &str) -> Result<(RevisionSelector, Weight), CliError> {
    let (revision, weight) = text.rsplit_once('=').ok_or_else(|| CliError::Argument {
        value: text.to_owned(),
        expected: "share of the traffic",
        how: "write REVISION=WEIGHT, such as @latest=10%".to_owned(),
    })?;
    Ok((revision.parse()?, weight.parse()?))
}
