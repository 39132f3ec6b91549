//! `gtc op deploy`: a bundle goes in, a worker answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use greentic_deploy_spec::{BundleId, CustomerId, EnvId};
use greentic_operations::{
    ConfigOverrides, DeployRequest, DeployStatus, DeploySummary, RouteRequest,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::operate::operate;
use super::{Run, files};
use crate::answers;
use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;

/// Deploy a bundle: stage it as a revision, start it, and give it all traffic. A bundle that serves
/// already is left as it is; one that was deployed before and still runs gets the traffic as the
/// revision that it is; one whose deploy was interrupted is finished.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(
    after_help = "Examples:\n  gtc op deploy examples/hello\n  gtc op deploy --bundle hello.gtbundle --host example.org"
)]
pub(crate) struct Deploy {
    #[command(flatten)]
    #[serde(flatten)]
    what: What,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// What is deployed, and how it is reached.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct What {
    /// The environment.
    #[arg(skip)]
    environment_id: Option<String>,
    /// A `.gtbundle` or `.gtpack` file, or a folder with `bundle.yaml` or `pack.yaml`.
    #[arg(value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
    /// The same as BUNDLE.
    #[arg(long = "bundle", value_name = "PATH", conflicts_with = "bundle", hide = true)]
    bundle_path: Option<PathBuf>,
    /// The digest that the bundle must have, `sha256:<hex>`.
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// What the environment calls the bundle; what it calls itself unless said.
    #[arg(long, value_name = "NAME")]
    bundle_id: Option<String>,
    /// Who pays; `local-dev` in the environment of this machine.
    #[arg(long, value_name = "NAME")]
    customer_id: Option<String>,
    /// Requests whose path begins with this reach it. May be given several times.
    #[arg(long, value_name = "PATH")]
    #[serde(default)]
    path_prefix: Vec<String>,
    /// Requests to this host reach it, `*.example.org` for all below one. May be given several times.
    #[arg(long, value_name = "HOST")]
    #[serde(default)]
    host: Vec<String>,
    /// The tenant that its requests belong to; `default` unless said.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// The team that its requests belong to; `default` unless said.
    #[arg(long, value_name = "NAME")]
    team: Option<String>,
    /// Configuration that wins over a pack's own, as text. May be given several times.
    #[arg(long, value_name = "PACK:KEY=TEXT")]
    #[serde(default)]
    config_override: Vec<String>,
    /// Configuration that wins over a pack's own, as JSON. May be given several times.
    #[arg(long, value_name = "PACK:KEY=JSON")]
    #[serde(default)]
    config_override_json: Vec<String>,
    /// Configuration that wins over the packs' own, from a file: pack id, key, value.
    #[arg(long, value_name = "FILE")]
    config_overrides_from: Option<PathBuf>,
    /// How long a drain of the revision may take; 30 seconds unless said.
    #[arg(long, value_name = "SECONDS")]
    drain_seconds: Option<u32>,
}

impl Run for Deploy {
    const NAME: Name = Name { noun: "deploy", op: "run" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = self.what.env_id(session)?;
        let request = self.what.request(env_id.clone(), &self.change)?;
        operate(session, &env_id, &self.change, |operator, mode| operator.deploy(&request, mode))
    }
}

impl What {
    /// The environment that it is deployed to.
    pub(crate) fn env_id(&self, session: &Session) -> Result<EnvId, CliError> {
        session.env_id(self.environment_id.as_deref())
    }

    /// The request that all of this comes to.
    pub(crate) fn request(
        &self,
        env_id: EnvId,
        change: &Change,
    ) -> Result<DeployRequest, CliError> {
        let bundle = self.bundle.clone().or_else(|| self.bundle_path.clone());
        let how = "name a .gtbundle or .gtpack file, or a folder with bundle.yaml or pack.yaml";
        let bundle = files::given(bundle, "the bundle", how)?;
        let mut request = DeployRequest::new(env_id, bundle);
        request.digest = self.digest.as_deref().map(str::parse).transpose()?;
        request.bundle_id = self.bundle_id.as_deref().map(BundleId::from);
        request.customer_id = self.customer_id.as_deref().map(CustomerId::from);
        request.route = RouteRequest {
            hosts: self.host.clone(),
            path_prefixes: self.path_prefix.clone(),
            tenant: self.tenant.clone(),
            team: self.team.clone(),
        };
        request.config_overrides = self.overrides()?;
        if let Some(seconds) = self.drain_seconds {
            request.options.drain_seconds = seconds;
        }
        request.key = change.key()?;
        Ok(request)
    }

    /// The overrides; none when none were given, which keeps those that there are.
    fn overrides(&self) -> Result<Option<ConfigOverrides>, CliError> {
        let mut all = match &self.config_overrides_from {
            Some(path) => from_file(path)?,
            None => BTreeMap::new(),
        };
        for text in &self.config_override {
            let (pack, key, value) = parts(text)?;
            all.entry(pack).or_default().insert(key, Value::String(value.to_owned()));
        }
        for text in &self.config_override_json {
            let (pack, key, value) = parts(text)?;
            let value = serde_json::from_str(value).map_err(|error| CliError::Argument {
                value: value.to_owned(),
                expected: "JSON",
                how: error.to_string(),
            })?;
            all.entry(pack).or_default().insert(key, value);
        }
        let given = self.config_overrides_from.is_some() || !all.is_empty();
        Ok(given.then_some(all))
    }
}

fn from_file(path: &Path) -> Result<ConfigOverrides, CliError> {
    let map = Value::Object(answers::read(path)?);
    serde_json::from_value(map).map_err(|error| CliError::Answers {
        path: path.to_owned(),
        problem: format!("{error}; it has a key for each pack, with keys and values below it"),
    })
}

/// `PACK:KEY=VALUE`, apart.
fn parts(text: &str) -> Result<(String, String, &str), CliError> {
    let split = || {
        let (name, value) = text.split_once('=')?;
        let (pack, key) = name.split_once(':')?;
        Some((pack.to_owned(), key.to_owned(), value))
    };
    split().ok_or_else(|| CliError::Argument {
        value: text.to_owned(),
        expected: "configuration",
        how: "write PACK:KEY=VALUE".to_owned(),
    })
}

impl Report for DeploySummary {
    fn view(&self) -> View {
        let status = match (self.unchanged, self.status) {
            (true, _) => "serves already; no new revision was made",
            (false, DeployStatus::Routed) if self.reused_revision => {
                "serves all traffic, as the revision that was staged before"
            }
            (false, DeployStatus::Routed) => "serves all traffic",
            (false, DeployStatus::Superseded) => {
                "was deployed before, and the traffic went on since"
            }
        };
        let old = self.superseded_revisions.len();
        let next = format!(
            "{old} other revision(s) run without traffic; drain one with: gtc op revisions drain REVISION"
        );
        let view = View::new().fields([
            ("bundle", Some(self.bundle_id.to_string())),
            ("deployment", Some(self.deployment_id.to_string())),
            ("revision", Some(self.revision_id.to_string())),
            ("status", Some(status.to_owned())),
            ("files", self.repaired.then(|| "were lost or changed, and are put back".to_owned())),
        ]);
        if old > 0 { view.text(next) } else { view }
    }
}
