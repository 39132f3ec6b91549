//! Errors as programs and people get them: kind, code, next command, exit code.

use std::process::ExitCode;

use greentic_operations::Advice as _;
use serde::Serialize;

use super::CliError;

/// The kinds of error that the envelope knows, as the public tools have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Store,
    Io,
    AnswersParse,
    InvalidArgument,
    NotFound,
    NotYetImplemented,
    Conflict,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Io => "io",
            Self::AnswersParse => "answers-parse",
            Self::InvalidArgument => "invalid-argument",
            Self::NotFound => "not-found",
            Self::NotYetImplemented => "not-yet-implemented",
            Self::Conflict => "conflict",
        }
    }
}

/// An error as programs get it.
#[derive(Serialize)]
pub(crate) struct Told<'a> {
    kind: &'static str,
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl CliError {
    /// The error as programs get it.
    pub(crate) fn told(&self) -> Told<'_> {
        Told { kind: self.kind(), code: self.code(), message: self.text(), hint: self.hint() }
    }

    /// What the program ends with. A call that cannot be understood ends with 2, before any verb.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(1)
    }

    fn kind(&self) -> &'static str {
        let kind = match self {
            Self::Operation(error) => return error.kind(),
            Self::Pack { source, .. } => return source.kind(),
            Self::Build { source, .. } => return source.kind(),
            Self::File { .. } | Self::Output { .. } => Kind::Io,
            Self::NotVerified { .. }
            | Self::NothingShown { .. }
            | Self::Conformance { .. }
            | Self::Unhealthy { .. } => Kind::Conflict,
            Self::EnvId { .. }
            | Self::NoHome
            | Self::DevAlias
            | Self::Contradiction { .. }
            | Self::Missing { .. }
            | Self::Argument { .. }
            | Self::Log { .. }
            | Self::FileTooLarge { .. }
            | Self::Key { .. }
            | Self::Digest(_) => Kind::InvalidArgument,
            Self::Clause { .. } | Self::NoTraffic { .. } => Kind::NotFound,
            Self::ServedAlready { .. } | Self::Listen { .. } | Self::Gateway(_) => Kind::Conflict,
            Self::Runner(_) | Self::Runtime { .. } => Kind::Io,
            Self::RemoteStore { .. } => Kind::NotYetImplemented,
            Self::Answers { .. } => Kind::AnswersParse,
            Self::Unwritable { .. } => Kind::Store,
        };
        kind.as_str()
    }

    /// A stable name of the reason.
    fn code(&self) -> &str {
        match self {
            Self::Operation(error) => error.code(),
            Self::Pack { source, .. } => source.code(),
            Self::Build { source, .. } => source.code(),
            Self::NotVerified { .. } => "pack-not-verified",
            Self::NoHome => "no-home",
            Self::RemoteStore { .. } => "remote-store",
            Self::EnvId { .. } => "invalid-environment-id",
            Self::DevAlias => "dev-alias-refused",
            Self::Contradiction { .. } => "contradicting-arguments",
            Self::Missing { .. } => "argument-missing",
            Self::Argument { .. } => "argument-invalid",
            Self::NoTraffic { .. } => "split-not-found",
            Self::Gateway(error) => error.code(),
            Self::Runner(error) => error.code(),
            Self::ServedAlready { .. } => "gateway-running",
            Self::Listen { .. } => "cannot-listen",
            Self::Runtime { .. } => "no-threads",
            Self::Answers { .. } => "answers-invalid",
            Self::Digest(_) => "invalid-digest",
            Self::File { .. } => "file-io",
            Self::FileTooLarge { .. } => "file-too-large",
            Self::Key { .. } => "key-invalid",
            Self::Clause { .. } => "clause-unknown",
            Self::NothingShown { .. } => "contract-not-shown",
            Self::Conformance { .. } => "contract-broken",
            Self::Unhealthy { .. } => "environment-unhealthy",
            Self::Output { .. } => "output-io",
            Self::Unwritable { .. } => "result-unwritable",
            Self::Log { .. } => "log-level-invalid",
        }
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Operation(error) => return error.hint(),
            Self::Pack { source, .. } => source.hint(),
            Self::Build { source, .. } => source.hint(),
            Self::NotVerified { next, .. } => next,
            Self::NoHome => "name a folder with --store-root DIR",
            Self::RemoteStore { .. } => {
                "leave --store-url and GREENTIC_STORE_URL out to work on this machine"
            }
            Self::EnvId { .. } => "gtc op env list shows the environments there are",
            Self::DevAlias => "name the environment `local`",
            Self::Contradiction { .. } => "give one of them",
            Self::Missing { how, .. } => how,
            Self::Unhealthy { next, .. } => next,
            Self::Argument { how, .. } => return Some(how.clone()),
            Self::NoTraffic { bundle_id } => {
                return Some(format!("gtc op traffic set REVISION=100% --deployment {bundle_id}"));
            }
            Self::Digest(_) => {
                "write sha256: and 64 hex digits; gtc bundle inspect BUNDLE shows it"
            }
            Self::File { .. } => "name a file that is there and that this user may use",
            Self::ServedAlready { env_id, process, .. } => {
                let end = process.map_or_else(String::new, |id| format!("; kill {id} ends it"));
                return Some(format!(
                    "gtc op deploy BUNDLE --env {env_id} deploys to it, and is served at once{end}"
                ));
            }
            Self::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse => {
                "--listen 127.0.0.1:0 takes a port that is free"
            }
            Self::Listen { .. } => "name another address with --listen ADDRESS",
            Self::Answers { .. } => "--schema shows what the verb takes",
            Self::FileTooLarge { .. } => "name the file that you mean",
            Self::Key { .. } => "name an Ed25519 key in PEM",
            Self::Clause { .. } => "--list shows the clauses",
            Self::Log { .. } => "try --log info, or --log warn,greentic_gateway=debug",
            _ => return None,
        };
        Some(fixed.to_owned())
    }
}
