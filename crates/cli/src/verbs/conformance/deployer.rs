use clap::Args;
use greentic_deployer::conformance::{self, ConformanceFailure, DeployerContract};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{all_clauses, judged, suite};
use crate::compose::{Bench, LOCAL_DEPLOYER, Machine};
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;

/// Show clause by clause whether a deployer keeps the contract of deployers. Ends with 1 when it does
/// not.
///
/// The deployer of this machine is run in temporary folders: no environment of yours is touched.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc conformance deployer greentic.deployer.local-process")]
pub(crate) struct Deployer {
    /// The deployer, by the path of its descriptor; that of this machine unless said.
    #[arg(value_name = "DESCRIPTOR")]
    descriptor: Option<String>,
    /// Only this clause (`deployer.idempotency.warm`) or area (`deployer.idempotency`). May be given
    /// several times.
    #[arg(long, value_name = "CLAUSE")]
    #[serde(default)]
    clause: Vec<String>,
    /// List the clauses, and run none.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    list: bool,
    /// How long one clause may take, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    time_limit: Option<u64>,
}

impl Run for Deployer {
    const NAME: Name = Name { noun: "conformance", op: "deployer" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        if self.list {
            return Answer::of(&all_clauses::<DeployerContract>());
        }
        let suite = suite(&self.clause, self.time_limit)?;
        let descriptor = self.descriptor.as_deref().unwrap_or(LOCAL_DEPLOYER);
        // A descriptor may be given with its version; the program has one version of each.
        let path = descriptor.split_once('@').map_or(descriptor, |(path, _)| path);
        let machine = Machine::for_bench(session)?;
        session.progress().step(&format!("running the clauses of the contract against {path}"));
        match machine.bench(path)? {
            Bench::Subject(subject) => {
                judged(&machine.block_on(conformance::run_suite(&suite, &*subject)))
            }
            Bench::Alone(deployer) => {
                let judged = machine.block_on(conformance::run_conformance(deployer));
                alone(path, judged.err())
            }
        }
    }
}

/// The answer about a deployer of which nothing more is known: the first clause that it breaks.
fn alone(path: &str, broken: Option<ConformanceFailure>) -> Result<Answer, CliError> {
    let failure = broken.as_ref().map(|_| CliError::Conformance {
        what: "deployer",
        name: path.to_owned(),
        failed: 1,
        all: conformance::clauses().count(),
    });
    let broken = broken.map(|broken| broken.to_string());
    let judged = Alone { deployer: path.to_owned(), passed: broken.is_none(), broken };
    Ok(Answer::of(&judged)?.failing(failure))
}

#[derive(Serialize)]
struct Alone {
    deployer: String,
    passed: bool,
    broken: Option<String>,
}

impl Report for Alone {
    fn view(&self) -> View {
        let verdict = self.broken.clone().unwrap_or_else(|| "keeps the contract".to_owned());
        View::new().fields([("deployer", Some(self.deployer.clone())), ("verdict", Some(verdict))])
    }
}
