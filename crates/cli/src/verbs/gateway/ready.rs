//! Serving in the foreground, from a listener to the signal that ends it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use greentic_deploy_spec::{DeploymentId, EnvId};
use greentic_env_store::{EnvironmentReads as _, LocalFsStore};
use greentic_gateway::{
    AdminSocket, Claim, Gateway, GatewayError, Limits, Readiness, SocketError, Unready,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::compose::Machine;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;

/// Who serves in the foreground sees what goes wrong: callers are told that the log says why.
pub(super) const LOGS: Option<&str> = Some("warn");

/// Where an environment is served.
pub(super) struct Place {
    pub(super) store: LocalFsStore,
    pub(super) env_id: EnvId,
    pub(super) claim: Option<Claim>,
    pub(super) listener: TcpListener,
}

/// Told when callers are served.
#[derive(Debug, Serialize)]
pub(super) struct Serving {
    pub(super) environment_id: EnvId,
    pub(super) url: String,
    pub(super) listen_addr: SocketAddr,
    pub(super) bundle_id: Option<String>,
    /// What of the environment cannot be served, in words.
    pub(super) not_served: Vec<String>,
}

impl Report for Serving {
    fn view(&self) -> View {
        let view = View::new().fields([
            ("environment", Some(self.environment_id.to_string())),
            ("bundle", self.bundle_id.clone()),
            ("page", Some(format!("{}/", self.url))),
            ("ends with", Some("Ctrl-C".to_owned())),
        ]);
        self.not_served.iter().fold(view, |view, reason| view.text(format!("not served: {reason}")))
    }
}

/// The environment for this process alone: of two gateways that begin to serve it, the second one ends
/// before it has changed anything.
pub(super) fn claim(env_id: &EnvId, env_root: &Path) -> Result<Option<Claim>, CliError> {
    AdminSocket::InEnvironment.claim(env_root).map_err(|error| match error {
        SocketError::Live { process, listen_addr, .. } => CliError::ServedAlready {
            env_id: env_id.to_string(),
            url: listen_addr.map(url_of),
            process,
        },
        error => GatewayError::from(error).into(),
    })
}

/// Takes the address.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|source| CliError::Listen { address, source })
}

/// Serves until the program is told to end; tells `name` that it does as soon as everything is loaded
/// that can be.
pub(super) async fn serve(
    session: &Session,
    machine: &Machine,
    place: Place,
    name: Name,
    bundle_id: Option<String>,
) -> Result<(), CliError> {
    let Place { store, env_id, claim, listener } = place;
    let listen_addr = listener
        .local_addr()
        .map_err(|source| CliError::Listen { address: ([0, 0, 0, 0], 0).into(), source })?;
    let env_root = store.env_path(&env_id)?;
    // From here on, a signal ends the gateway and not the process.
    let ended = ended()?;
    let names = store.clone();
    let gateway = Gateway::builder(Arc::new(store), env_id.clone(), env_root.clone())
        .runner(machine.runner()?)
        .admin(admin_socket(session, &env_root))
        .claim(claim)
        .limits(Limits::default().within_open_files(open_files()))
        .build()?;
    let mut readiness = gateway.readiness();
    let told = async {
        // The sender goes with the gateway: then there is nothing to tell any more.
        let settled = readiness.wait_for(is_settled);
        let Ok(settled) = settled.await.map(|now| now.clone()) else { return Ok(()) };
        let not_served = not_served(names, &env_id, settled.reasons).await;
        let url = url_of(listen_addr);
        let serving =
            Serving { environment_id: env_id.clone(), url, listen_addr, bundle_id, not_served };
        session.renderer().show(name, &Answer::of(&serving)?)
    };
    let served = gateway.serve(listener, ended);
    let (served, told) = tokio::join!(served, told);
    let summary = served?;
    if summary.cut_off > 0 {
        session.progress().warn(&format!("{} connection(s) were cut off", summary.cut_off));
    }
    told
}

/// What cannot be served and why, with what helps: for the person at the terminal, who may know paths.
async fn not_served(store: LocalFsStore, env_id: &EnvId, reasons: Vec<Unready>) -> Vec<String> {
    if reasons.is_empty() {
        return Vec::new();
    }
    let id = env_id.clone();
    let environment = tokio::task::spawn_blocking(move || store.load_env(&id).ok()).await;
    // Without the names of bundles, their ids are told.
    let environment = environment.ok().flatten();
    let bundle = |id: DeploymentId| {
        let found = environment.as_ref().and_then(|one| one.deployment(id));
        found.map_or_else(|| id.to_string(), |one| one.bundle_id.to_string())
    };
    reasons.iter().map(|reason| told(reason, reason.deployment_id.map(bundle), env_id)).collect()
}

fn told(reason: &Unready, bundle: Option<String>, env_id: &EnvId) -> String {
    let bundle = bundle.map_or_else(String::new, |name| format!("bundle `{name}`: "));
    let Some(revision_id) = reason.revision_id else {
        return format!("{bundle}{}", reason.message);
    };
    let why = reason.detail.as_ref().unwrap_or(&reason.message);
    // The codes of a folder that is not as it was staged.
    let next = if reason.code.starts_with("revision-") {
        format!("gtc op deploy of the same bundle, with --env {env_id}, puts its files back")
    } else {
        format!("gtc op env doctor --env {env_id}")
    };
    format!("{bundle}revision {revision_id}: {why}; next: {next}")
}

/// Whether everything is loaded that can be. Before the first look at the environment there is no
/// reason, and after it some go away by themselves.
fn is_settled(now: &Readiness) -> bool {
    const PASSING: [&str; 2] = ["starting", "loading"];
    let lasts = |reason: &Unready| !PASSING.contains(&reason.code);
    now.ready || (!now.reasons.is_empty() && now.reasons.iter().all(lasts))
}

/// The socket in the environment's folder, unless its path is too long for one.
fn admin_socket(session: &Session, env_root: &Path) -> AdminSocket {
    if AdminSocket::InEnvironment.fits(env_root) {
        return AdminSocket::InEnvironment;
    }
    let text = "the environment's folder has too long a path for a socket: this gateway has no administration";
    session.progress().warn(text);
    AdminSocket::Nowhere
}

/// How many files this process may have open. The limit that it is born with is raised as far as it may
/// be: it is low for programs that cannot do with more.
fn open_files() -> u64 {
    const ENOUGH: u64 = 8_192;
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if limit.current.is_some_and(|now| now < wanted) {
        // Refused, it stays as it is.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit });
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// The address that a browser on this machine can open.
fn url_of(listen_addr: SocketAddr) -> String {
    if listen_addr.ip().is_unspecified() {
        format!("http://localhost:{}", listen_addr.port())
    } else {
        format!("http://{listen_addr}")
    }
}

/// Ends with Ctrl-C or a request to terminate, which do nothing else from now on.
fn ended() -> Result<impl Future<Output = ()>, CliError> {
    let listen = |kind| signal(kind).map_err(|source| CliError::Runtime { source });
    let (mut interrupt, mut terminate) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
