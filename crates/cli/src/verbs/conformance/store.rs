use clap::Args;
use greentic_env_store::conformance::{self, LocalStores, StoreContract};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{all_clauses, judged, suite};
use crate::error::CliError;
use crate::output::{Answer, Name};
use crate::session::Session;
use crate::verbs::Run;

/// Show clause by clause whether the local store keeps the contract of stores. Ends with 1 when it
/// does not.
///
/// It is run in temporary folders: no environment of yours is touched.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Examples:\n  gtc conformance store\n  gtc conformance store store.etags")]
pub(crate) struct Store {
    /// Only these clauses (`store.etags.are-strong`) or areas (`store.etags`).
    #[arg(value_name = "CLAUSE")]
    #[serde(default)]
    clauses: Vec<String>,
    /// List the clauses, and run none.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    list: bool,
    /// How long one clause may take, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    time_limit: Option<u64>,
}

impl Run for Store {
    const NAME: Name = Name { noun: "conformance", op: "store" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        if self.list {
            return Answer::of(&all_clauses::<StoreContract>());
        }
        let suite = suite(&self.clauses, self.time_limit)?;
        session.progress().step("running the clauses of the store's contract");
        judged(&conformance::run_suite(&suite, LocalStores))
    }
}
