use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use greentic_deploy_spec::EnvId;
use greentic_env_store::EnvironmentMutations;
use greentic_env_store::ports::{Clock, Ids, SystemClock, SystemIds};
use greentic_runner_host::config::HostLimits;
use greentic_runner_host::{HostBuilder, RunnerHost};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::activation::{Follower, Loader, News, watch as watch_environment};
use crate::admin::{self, AdminSocket, Bound, Claim};
use crate::conversations::Conversations;
use crate::gate::{Board, Gate};
use crate::http::{self, Connections, Listener, Page};
use crate::metrics::Metrics;
use crate::tokens::{SigningKey, Tokens};
use crate::turns::Turns;
use crate::{GatewayError, Limits, Readiness, drain};

/// Connections of the administration at a time: operators are few.
const ADMIN_CONNECTIONS: usize = 16;

/// What a gateway needs of a store: reads, and the end of drains.
pub trait GatewayStore: EnvironmentMutations {}

impl<S: EnvironmentMutations> GatewayStore for S {}

/// Serves an environment over HTTP.
pub struct Gateway {
    options: GatewayBuilder,
    host: Arc<RunnerHost>,
    readiness: watch::Sender<Readiness>,
}

/// Sets a [`Gateway`] up.
pub struct GatewayBuilder {
    store: Arc<dyn GatewayStore>,
    env_id: EnvId,
    env_root: PathBuf,
    runner: Option<Arc<RunnerHost>>,
    limits: Limits,
    worker_limits: HostLimits,
    admin: AdminSocket,
    claim: Option<Claim>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for GatewayBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayBuilder")
            .field("env_id", &self.env_id)
            .field("env_root", &self.env_root)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Connections that were still busy when the grace was over.
    pub cut_off: usize,
}

impl GatewayBuilder {
    /// Runs workers with this host, which keeps their conversations, state and secrets. Tenants are
    /// configured as the environment names them. Without it: one that keeps everything in memory, has
    /// no secrets, and no network.
    #[must_use]
    pub fn runner(self, runner: Arc<RunnerHost>) -> Self {
        Self { runner: Some(runner), ..self }
    }

    /// Takes on so much.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Lets workers go so far.
    #[must_use]
    pub fn worker_limits(self, worker_limits: HostLimits) -> Self {
        Self { worker_limits, ..self }
    }

    /// Is administered there.
    #[must_use]
    pub fn admin(self, admin: AdminSocket) -> Self {
        Self { admin, ..self }
    }

    /// Is the one gateway of its environment by a claim that was taken before. Without one it claims the
    /// socket of its administration when it begins to serve.
    #[must_use]
    pub fn claim(self, claim: Option<Claim>) -> Self {
        Self { claim, ..self }
    }

    /// Takes time and ids from these instead of from this machine.
    #[must_use]
    pub fn clock_and_ids(self, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { clock, ids, ..self }
    }

    /// The gateway.
    ///
    /// # Errors
    /// [`GatewayError::Runner`] when nothing can run workers.
    pub fn build(self) -> Result<Gateway, GatewayError> {
        let host = match &self.runner {
            Some(runner) => Arc::clone(runner),
            None => Arc::new(HostBuilder::new().build_open()?),
        };
        let (readiness, _) = watch::channel(Readiness::starting());
        Ok(Gateway { options: self, host, readiness })
    }
}

impl Gateway {
    /// A gateway for an environment of a store, whose files are below `env_root`.
    #[must_use]
    pub fn builder(
        store: Arc<dyn GatewayStore>,
        env_id: EnvId,
        env_root: PathBuf,
    ) -> GatewayBuilder {
        GatewayBuilder {
            store,
            env_id,
            env_root,
            runner: None,
            limits: Limits::default(),
            worker_limits: HostLimits::default(),
            admin: AdminSocket::default(),
            claim: None,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
        }
    }

    /// Tells, now and whenever it changes, whether what the environment says is what is served.
    #[must_use]
    pub fn readiness(&self) -> watch::Receiver<Readiness> {
        self.readiness.subscribe()
    }

    /// Serves until `shutdown` comes to its end; then says for [`Limits::lead`] that it is ending,
    /// takes no more connections, finishes what runs, and returns within [`Limits::grace`] in all. Runs on
    /// the caller's runtime.
    ///
    /// It answers at once, and is ready when everything that the environment wants is loaded.
    ///
    /// # Errors
    /// [`GatewayError`] when it cannot begin. Whatever happens later is told by `/status`.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<Summary, GatewayError> {
        let listen_addr = listener.local_addr().map_err(io("tell the address"))?;
        let Started { gate, loader, news, store, administration } = self.start(listen_addr).await?;
        // Whoever comes next has the claim when the socket is gone, and not before.
        let Administration { _claim, socket } = administration;
        let (stop, stopped) = watch::channel(false);
        // The end takes its grace in all: what runs has what is left of it.
        let grace = gate.limits.grace;
        let lead = gate.limits.lead.min(grace / 2);
        let connections = |most: usize| Connections {
            limits: Limits { connections: most, grace: grace - lead, ..gate.limits.clone() },
            metrics: Arc::clone(&gate.metrics),
            stop: stopped.clone(),
        };
        // All of them end when this is dropped.
        let mut helpers = JoinSet::new();
        helpers.spawn(Follower::new(Arc::clone(&gate), loader, Arc::clone(&store), news).run());
        helpers.spawn(drain::run(Arc::clone(&gate), store));
        let _bound = socket.map(|(socket, bound)| {
            let gate = Arc::clone(&gate);
            let answer = move |request| admin::answer(Arc::clone(&gate), request);
            let served =
                http::serve(Listener::Unix(socket), connections(ADMIN_CONNECTIONS), answer);
            helpers.spawn(async move {
                served.await;
            });
            bound
        });
        let (page, of) = (Arc::new(Page::new()), Arc::clone(&gate));
        let answer = move |request| http::answer(Arc::clone(&of), Arc::clone(&page), request);
        let served =
            http::serve(Listener::Tcp(listener), connections(gate.limits.connections), answer);
        let ending = async {
            shutdown.await;
            let deadline = Instant::now() + grace;
            gate.stop();
            if gate.metrics.has_answered() {
                tokio::time::sleep(lead).await;
            }
            // Served connections hold a receiver.
            let _ = stop.send(true);
            deadline
        };
        let (cut_off, deadline) = tokio::join!(served, ending);
        // Turns whose clients went away go on to their end, too.
        gate.turns.finish(deadline).await;
        Ok(Summary { cut_off })
    }

    /// Gets everything that can be refused.
    async fn start(self, listen_addr: SocketAddr) -> Result<Started, GatewayError> {
        let Self { options, host, readiness } = self;
        let GatewayBuilder { store, env_id, env_root, limits, worker_limits, .. } = options;
        let (reading, id) = (Arc::clone(&store), env_id.clone());
        let read =
            move || reading.snapshot(&id).and_then(|now| now.require().map(drop).map(|()| now));
        let first = blocking(read).await??;
        let (root, own) = (env_root.clone(), options.ids.ulid());
        let key = blocking(move || SigningKey::open(&root, own)).await??;
        let (root, admin, claimed) = (env_root.clone(), options.admin, options.claim);
        let begin = move || Administration::begin(&admin, &root, claimed, listen_addr);
        let administration = blocking(begin).await??;
        let news = watch_environment(Arc::clone(&store), env_id.clone(), first)
            .map_err(io("start a thread"))?;
        let gate = Gate {
            env_id: env_id.clone(),
            listen_addr,
            started_at: options.clock.now(),
            serving: ArcSwap::default(),
            news: Board::default(),
            reload: Notify::new(),
            bodies: Arc::new(Semaphore::new(limits.bodies.min(Semaphore::MAX_PERMITS))),
            turns: Turns::new(Arc::clone(&host), limits.turns, worker_limits.patience),
            conversations: Conversations::new(&limits, Arc::clone(&options.clock)),
            tokens: Tokens::new(key),
            metrics: Arc::new(Metrics::new()),
            clock: options.clock,
            ids: options.ids,
            stopping: AtomicBool::new(false),
            limits,
            readiness,
        };
        let loader = Loader { host, env_id, env_root, worker_limits, discovered: Arc::default() };
        Ok(Started { gate: Arc::new(gate), loader, news, store, administration })
    }
}

/// What serving begins with.
struct Started {
    gate: Arc<Gate>,
    loader: Loader,
    news: watch::Receiver<News>,
    store: Arc<dyn GatewayStore>,
    administration: Administration,
}

/// What a gateway is administered by, and what keeps others from it.
struct Administration {
    _claim: Option<Claim>,
    socket: Option<(UnixListener, Bound)>,
}

impl Administration {
    /// Says in the claim where callers are served, and listens on the socket. Blocks.
    fn begin(
        admin: &AdminSocket,
        env_root: &Path,
        claimed: Option<Claim>,
        listen_addr: SocketAddr,
    ) -> Result<Self, GatewayError> {
        let claim = match claimed {
            Some(claim) => Some(claim),
            None => admin.claim(env_root)?,
        };
        if let Some(claim) = &claim {
            claim.tell(Some(listen_addr)).map_err(io("write down who serves"))?;
        }
        Ok(Self { _claim: claim, socket: admin.bind(env_root)? })
    }
}

fn io(action: &'static str) -> impl FnOnce(std::io::Error) -> GatewayError {
    move |source| GatewayError::Io { action, source }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, GatewayError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| GatewayError::Interrupted)
}
