use serde_json::{Value, json};

use super::path;
use super::routes::{COMMANDS, Incoming, Method, Parts, ROUTES, Route};
use super::{ImportRequest, ReconcileCompletionRequest, RestoreRequest};
use crate::EnvId;
use crate::document::{DocumentError, parse_json};
use crate::engine::{Command, CommandName};
use crate::integrity::{canonical_value, sha256_hex};

/// A request of the contract, without headers.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, escaped, without a query.
    pub path: String,
    /// The body, when the route has one.
    pub body: Option<Value>,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one operation lives for one request")]
pub enum Operation {
    /// Whether the server runs; without authentication.
    Health,
    /// Whether the server can serve; without authentication.
    Ready,
    /// The environments that the caller may see.
    ListEnvironments,
    /// An environment with etag and generation.
    GetEnvironment(EnvId),
    /// The trusted keys.
    GetTrustRoot(EnvId),
    /// What a deployer discovered.
    GetRuntime(EnvId),
    /// The backups of an environment.
    ListBackups(EnvId),
    /// Makes a backup.
    CreateBackup(EnvId),
    /// Removes a backup.
    DeleteBackup(EnvId, String),
    /// A backup as one file.
    ExportBackup(EnvId, String),
    /// Brings a backup back.
    Restore(EnvId, RestoreRequest),
    /// Makes an environment of an exported backup.
    Import(EnvId, Box<ImportRequest>),
    /// Authorises a reconcile of exactly the pinned state.
    Reconcile(EnvId),
    /// Reports how it ended.
    CompleteReconcile(EnvId, ReconcileCompletionRequest),
    /// A change.
    Command(EnvId, Command),
}

impl Operation {
    /// The name by which access is granted, and under which it is audited; none for what needs no
    /// authentication. A batch is granted command by command, see [`Command::steps`].
    #[must_use]
    pub fn name(&self) -> Option<CommandName> {
        let name = |noun, verb| Some(CommandName { noun, verb });
        match self {
            Self::Health | Self::Ready => None,
            Self::ListEnvironments
            | Self::GetEnvironment(_)
            | Self::GetTrustRoot(_)
            | Self::GetRuntime(_)
            | Self::ListBackups(_) => name("env", "read"),
            Self::CreateBackup(_) => name("backup", "create"),
            Self::DeleteBackup(..) => name("backup", "delete"),
            Self::ExportBackup(..) => name("backup", "export"),
            Self::Restore(..) => name("backup", "restore"),
            Self::Import(..) => name("backup", "import"),
            Self::Reconcile(_) => name("env", "reconcile"),
            Self::CompleteReconcile(..) => name("env", "reconcile-complete"),
            Self::Command(_, command) => Some(command.name()),
        }
    }

    /// Tells whether the right to change things is needed: for every change, and for the export of a
    /// backup, which leaves the store.
    #[must_use]
    pub fn needs_mutation_right(&self) -> bool {
        self.name().is_some_and(|name| name.verb != "read")
    }
}

/// A request that the contract does not have. Its public kind is `invalid-request`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// No such method and path.
    #[error("the store has no such route")]
    UnknownRoute,
    /// The route needs a body.
    #[error("the request needs a JSON body")]
    MissingBody,
    /// A part of the path is no id of its kind.
    #[error("{value:?} in the path is not valid: {detail}")]
    Parameter {
        /// The part of the path.
        value: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The body does not fit.
    #[error("the body is not valid at `{path}`: {detail}")]
    Body {
        /// The field.
        path: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The body does not fit.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Path and body name different things.
    #[error("the path names `{path}`, the body names `{body}`; name the same in both")]
    IdMismatch {
        /// What the path names.
        path: String,
        /// What the body names.
        body: String,
    },
    /// A command has no JSON form.
    #[error("the command cannot be written as JSON: {detail}")]
    Unwritable {
        /// What stands in the way.
        detail: String,
    },
}

impl Request {
    /// Reads a request from what came over the wire. An empty body is none.
    ///
    /// # Errors
    /// [`RequestError::Document`] when the body is no JSON that can be kept as it is.
    pub fn from_wire(method: Method, path: &str, body: &[u8]) -> Result<Self, RequestError> {
        let body = if body.is_empty() {
            None
        } else {
            Some(parse_json(body).map_err(DocumentError::from)?)
        };
        Ok(Self { method, path: path.to_owned(), body })
    }

    /// The request that asks for a command.
    ///
    /// # Errors
    /// [`RequestError::Unwritable`] when the command has no JSON form, [`RequestError::IdMismatch`]
    /// when it creates another environment.
    pub fn for_command(env_id: &EnvId, command: &Command) -> Result<Self, RequestError> {
        if let Command::CreateEnvironment(payload) = command {
            // The public route takes the environment from the body alone.
            Incoming::same(env_id, &payload.env_id)?;
        }
        let found = ROUTES.iter().find_map(|route| Some((route, (route.encode)(command)?)));
        let (route, parts) = found.ok_or_else(|| RequestError::Unwritable {
            detail: "a path in it is not UTF-8".to_owned(),
        })?;
        Ok(Self::fill(route, env_id, parts))
    }

    fn fill(route: &Route, env_id: &EnvId, parts: Parts) -> Self {
        let named = route.template.contains("{env}").then(|| env_id.to_string());
        let parameters: Vec<_> = named.into_iter().chain(parts.parameters).collect();
        Self {
            method: route.method,
            path: path::fill(route.template, &parameters),
            body: parts.body,
        }
    }

    /// The route that the request is of.
    ///
    /// # Errors
    /// [`RequestError::UnknownRoute`].
    pub fn route(&self) -> Result<&'static Route, RequestError> {
        self.matched().map(|(route, _)| route)
    }

    fn matched(&self) -> Result<(&'static Route, Vec<String>), RequestError> {
        ROUTES
            .iter()
            .filter(|route| route.method == self.method)
            .find_map(|route| Some((route, path::matches(route.template, &self.path)?)))
            .ok_or(RequestError::UnknownRoute)
    }

    /// What the request asks for.
    ///
    /// # Errors
    /// [`RequestError`] with the part of the path or body that is wrong.
    pub fn operation(&self) -> Result<Operation, RequestError> {
        let (route, mut parameters) = self.matched()?;
        let env_id = if route.template.contains("{env}") {
            Some(read_env_id(parameters.remove(0))?)
        } else {
            None
        };
        (route.decode)(Incoming { env_id, parameters, body: self.body.clone() })
    }

    /// Tells whether the request is one of a whole command, whose result is a whole outcome.
    #[must_use]
    pub fn is_whole_command(&self) -> bool {
        self.method == Method::Post && path::matches(COMMANDS, &self.path).is_some()
    }

    /// The fingerprint by which a retry is told from another request: SHA-256 of the canonical JSON
    /// of `{"body", "method", "path"}`, with `null` for no body.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        // However a client escapes a path, it is the same path.
        let path = match self.matched() {
            Ok((route, parameters)) => path::fill(route.template, &parameters),
            Err(_) => self.path.clone(),
        };
        let parts = json!({"method": self.method.as_str(), "path": path, "body": self.body});
        sha256_hex(canonical_value(&parts).as_bytes())
    }
}

fn read_env_id(value: String) -> Result<EnvId, RequestError> {
    EnvId::new(value.clone())
        .map_err(|error| RequestError::Parameter { value, detail: error.to_string() })
}
