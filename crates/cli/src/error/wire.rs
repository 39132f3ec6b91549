//! Errors as programs and people get them: kind, code, next command, exit code.

use std::process::ExitCode;

use greentic_deploy_spec::remote::ErrorKind;
use greentic_env_store::StoreError;
use greentic_operations::OpError;
use greentic_pack_format::{BuildError, PackError};
use serde::Serialize;

use super::CliError;

/// The kinds of error that the envelope knows, as the public tools have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Store,
    Spec,
    Io,
    AnswersParse,
    InvalidArgument,
    NotFound,
    NotYetImplemented,
    Conflict,
    Unauthorized,
    RevenuePolicy,
    TrustRoot,
    OperatorKey,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Spec => "spec",
            Self::Io => "io",
            Self::AnswersParse => "answers-parse",
            Self::InvalidArgument => "invalid-argument",
            Self::NotFound => "not-found",
            Self::NotYetImplemented => "not-yet-implemented",
            Self::Conflict => "conflict",
            Self::Unauthorized => "unauthorized",
            Self::RevenuePolicy => "revenue-policy",
            Self::TrustRoot => "trust-root",
            Self::OperatorKey => "operator-key",
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
        Told {
            kind: self.kind().as_str(),
            code: self.code(),
            message: self.text(),
            hint: self.hint(),
        }
    }

    /// What the program ends with. A call that cannot be understood ends with 2, before any verb.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(1)
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Operation(error) => operation_kind(error),
            Self::Pack { source, .. } => pack_kind(source),
            Self::Build { source, .. } => match source.as_ref() {
                BuildError::Pack(error) => pack_kind(error),
                _ => Kind::InvalidArgument,
            },
            Self::File { .. } | Self::Output { .. } => Kind::Io,
            Self::NotVerified { .. } | Self::Conformance { .. } => Kind::Conflict,
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
            Self::Unknown { .. } | Self::Clause(_) | Self::NoPast { .. } => Kind::NotFound,
            Self::RemoteStore { .. } => Kind::NotYetImplemented,
            Self::Answers { .. } => Kind::AnswersParse,
            Self::Unwritable { .. } => Kind::Store,
        }
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
            Self::Unknown { .. } => "name-unknown",
            Self::Answers { .. } => "answers-invalid",
            Self::Digest(_) => "invalid-digest",
            Self::File { .. } => "file-io",
            Self::FileTooLarge { .. } => "file-too-large",
            Self::Key { .. } => "key-invalid",
            Self::Clause(_) => "clause-unknown",
            Self::Conformance { .. } => "contract-broken",
            Self::NoPast { .. } => "no-past",
            Self::Output { .. } => "output-io",
            Self::Unwritable { .. } => "result-unwritable",
            Self::Log { .. } => "log-level-invalid",
        }
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Operation(error) => return operation_hint(error),
            Self::Pack { source, .. } => return pack_hint(source),
            Self::Build { source, .. } => match source.as_ref() {
                BuildError::Pack(error) => return pack_hint(error),
                _ => return None,
            },
            Self::NotVerified { .. } => "gtc pack verify FILE --output table shows each file",
            Self::NoHome => "name a folder with --store-root DIR",
            Self::RemoteStore { .. } => {
                "leave --store-url and GREENTIC_STORE_URL out to work on this machine"
            }
            Self::EnvId { .. } => "gtc op env list shows the environments there are",
            Self::DevAlias => "name the environment `local`",
            Self::Contradiction { .. } => "give one of them",
            Self::Missing { how, .. } => how,
            Self::Argument { how, .. } => return Some(how.clone()),
            Self::Unknown { known, .. } => return Some(known.clone()),
            Self::Answers { .. } => "--schema shows what the verb takes",
            Self::FileTooLarge { .. } => "name the file that you mean",
            Self::Key { .. } => "name an Ed25519 key in PEM",
            Self::Clause(_) => "gtc conformance store --list shows the clauses",
            Self::NoPast { .. } => "gtc op env history shows the changes there are",
            Self::Log { .. } => "try --log info, or --log warn,greentic_gateway=debug",
            _ => return None,
        };
        Some(fixed.to_owned())
    }
}

fn operation_kind(error: &OpError) -> Kind {
    match error {
        OpError::Store(error) => store_kind(error),
        _ => Kind::Store,
    }
}

fn operation_hint(error: &OpError) -> Option<String> {
    match error {
        OpError::Store(error) => store_hint(error),
        _ => None,
    }
}

fn pack_kind(error: &PackError) -> Kind {
    match error {
        PackError::Io { .. } => Kind::Io,
        PackError::DigestMismatch { .. } | PackError::NotVerified(_) => Kind::Conflict,
        _ => Kind::InvalidArgument,
    }
}

fn pack_hint(error: &PackError) -> Option<String> {
    let next = match error {
        PackError::Io { .. } => "name a file or folder that is there",
        PackError::DigestMismatch { .. } => {
            "fetch the file again, or pin the digest of the one that you mean"
        }
        _ => return None,
    };
    Some(next.to_owned())
}

fn store_kind(error: &StoreError) -> Kind {
    match error {
        StoreError::Spec(_) => Kind::Spec,
        StoreError::Io { .. } | StoreError::AtomicWrite { .. } => Kind::Io,
        StoreError::TrustRoot { .. } => Kind::TrustRoot,
        StoreError::OperatorKey(_) => Kind::OperatorKey,
        StoreError::RevenuePolicy(_) => Kind::RevenuePolicy,
        error => match error.kind() {
            ErrorKind::NotFound | ErrorKind::DependentNotFound => Kind::NotFound,
            ErrorKind::InvalidRequest => Kind::InvalidArgument,
            ErrorKind::Unauthorized => Kind::Unauthorized,
            ErrorKind::NotYetImplemented => Kind::NotYetImplemented,
            ErrorKind::Internal | ErrorKind::IntegrityMismatch => Kind::Store,
            ErrorKind::PreconditionFailed
            | ErrorKind::PreconditionRequired
            | ErrorKind::IdempotencyConflict
            | ErrorKind::AlreadyExists
            | ErrorKind::Conflict
            | ErrorKind::HealthGateFailed => Kind::Conflict,
        },
    }
}

/// The next command after an error of the store. Its text says already what is wrong and what helps.
fn store_hint(error: &StoreError) -> Option<String> {
    let next = match error.code() {
        "environment-not-found" => match error {
            StoreError::NotFound { env_id } if env_id.as_str() == "local" => "gtc op env init",
            _ => "gtc op env list",
        },
        "operator-key-not-trusted" | "trust-root-empty" | "operator-key-missing" => {
            "gtc op trust-root bootstrap"
        }
        "deployment-not-found" => "gtc op bundles list",
        "revision-not-found" | "admission-revision-missing" | "lifecycle-conflict" => {
            "gtc op revisions list"
        }
        "revision-not-ready" => "gtc op revisions warm REVISION",
        "revision-has-traffic" => "gtc op traffic set REVISION=100%, with another revision",
        "split-not-found" => "gtc op traffic set REVISION=100%",
        "generation-not-kept" | "undo-refused" => "gtc op env history",
        "health-gate-failed" => "mend what failed, then run gtc op revisions warm REVISION again",
        "external-edit-invalid" | "journal-damaged" => "gtc op env doctor",
        _ => return None,
    };
    Some(next.to_owned())
}
