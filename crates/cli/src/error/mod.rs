//! Why a verb failed. `wire` is the one place that maps errors to kinds, hints and exit codes.

mod wire;

pub(crate) use wire::Told;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use greentic_deploy_spec::with_causes;
use greentic_env_store::StoreError;
use greentic_gateway::GatewayError;
use greentic_operations::OpError;
use greentic_pack_format::{BuildError, InvalidDigest, PackError};
use greentic_runner_host::HostError;

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// An operation, or the store below it, refused.
    #[error(transparent)]
    Operation(Box<OpError>),
    /// A pack or bundle cannot be read.
    #[error("`{}`: {source}", path.display())]
    Pack { path: PathBuf, source: Box<PackError> },
    /// A pack or bundle cannot be built.
    #[error("cannot build `{}`: {source}", path.display())]
    Build { path: PathBuf, source: Box<BuildError> },
    /// A pack does not verify.
    #[error("`{}` does not verify: {summary}", path.display())]
    NotVerified {
        path: PathBuf,
        summary: String,
        /// What helps.
        next: &'static str,
    },
    /// There is no home folder, and no other one was named.
    #[error("there is no home folder to keep environments in (HOME is not set)")]
    NoHome,
    /// A remote store was named.
    #[error("remote stores are not part of this version, and `{url}` was asked for")]
    RemoteStore { url: String },
    /// No environment can have this id.
    #[error("`{id}` is no environment id: it has to be made of letters, digits, `.`, `_` and `-`")]
    EnvId { id: String },
    /// The old name of the environment `local`.
    #[error(
        "`dev` is the old name of the environment `local`, and GREENTIC_DISABLE_DEV_ALIAS refuses it"
    )]
    DevAlias,
    /// Two flags say different things.
    #[error("{first} and {second} contradict each other")]
    Contradiction { first: String, second: String },
    /// Something that the verb needs was not given.
    #[error("{what} is missing")]
    Missing {
        what: &'static str,
        /// How to give it.
        how: &'static str,
    },
    /// A value that cannot be used.
    #[error("`{value}` is no {expected}")]
    Argument {
        value: String,
        expected: &'static str,
        /// What would be one.
        how: String,
    },
    /// The file with the answers cannot be used.
    #[error("the answers in `{}` cannot be used: {problem}", path.display())]
    Answers { path: PathBuf, problem: String },
    /// A digest is none.
    #[error(transparent)]
    Digest(#[from] InvalidDigest),
    /// A file or folder cannot be used.
    #[error("cannot {operation} `{}`", path.display())]
    File { operation: &'static str, path: PathBuf, source: io::Error },
    /// A file is larger than what it should hold.
    #[error("`{}` has more than {limit} bytes", path.display())]
    FileTooLarge { path: PathBuf, limit: u64 },
    /// A file has no key.
    #[error("`{}` has no key that can be used: {problem}", path.display())]
    Key { path: PathBuf, problem: String },
    /// A clause or area that the suite does not have.
    #[error("there is no clause and no area `{name}`")]
    Clause { name: String },
    /// Nothing was shown of a contract.
    #[error("nothing was shown of {what} `{name}`: every clause was skipped or not run")]
    NothingShown { what: &'static str, name: String },
    /// A contract is not kept.
    #[error("{what} `{name}` does not keep its contract: {failed} of {all} clauses failed")]
    Conformance { what: &'static str, name: String, failed: usize, all: usize },
    /// Something in an environment is not as it should be.
    #[error("environment `{env_id}` needs somebody: {found} finding(s)")]
    Unhealthy {
        env_id: String,
        found: usize,
        /// What helps.
        next: &'static str,
    },
    /// A deployment that serves nothing.
    #[error("bundle `{bundle_id}` has no traffic")]
    NoTraffic { bundle_id: String },
    /// A gateway cannot serve.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// Nothing can run workers.
    #[error(transparent)]
    Runner(#[from] HostError),
    /// A gateway serves the environment already.
    #[error("a gateway serves environment `{env_id}` already{}", who(*process, url.as_deref()))]
    ServedAlready { env_id: String, url: Option<String>, process: Option<u32> },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    /// The machine gives no threads.
    #[error("the machine gives no threads to work with")]
    Runtime { source: io::Error },
    /// Results cannot be written.
    #[error("cannot write the result to stdout")]
    Output { source: io::Error },
    /// A result has no JSON form.
    #[error("the result has no JSON form")]
    Unwritable { source: serde_json::Error },
    /// Logs cannot be written as asked.
    #[error("`{value}` says no level of logs: {problem}")]
    Log { value: String, problem: String },
}

impl CliError {
    pub(crate) fn unwritable(source: serde_json::Error) -> Self {
        Self::Unwritable { source }
    }

    pub(crate) fn pack(path: impl Into<PathBuf>) -> impl FnOnce(PackError) -> Self {
        let path = path.into();
        move |source| Self::Pack { path, source: Box::new(source) }
    }

    pub(crate) fn build(path: impl Into<PathBuf>) -> impl FnOnce(BuildError) -> Self {
        let path = path.into();
        move |source| Self::Build { path, source: Box::new(source) }
    }

    /// What cannot be read is not said to be built.
    pub(crate) fn opened(path: impl Into<PathBuf>) -> impl FnOnce(BuildError) -> Self {
        let path = path.into();
        move |source| match source {
            BuildError::Pack(source) => Self::pack(path)(source),
            BuildError::Inner { file, source } => Self::pack(path.join(file))(*source),
            source => Self::build(path)(source),
        }
    }

    pub(crate) fn file(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { operation, path, source }
    }

    /// What is wrong, with all its causes.
    pub(crate) fn text(&self) -> String {
        with_causes(self)
    }
}

fn who(process: Option<u32>, url: Option<&str>) -> String {
    let process = process.map_or_else(String::new, |id| format!(": process {id}"));
    let at = url.map_or_else(String::new, |url| format!(", at {url}"));
    process + &at
}

impl From<OpError> for CliError {
    fn from(error: OpError) -> Self {
        Self::Operation(Box::new(error))
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::from(OpError::from(error))
    }
}
