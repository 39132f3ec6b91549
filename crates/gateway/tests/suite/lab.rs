//! An environment in a temporary folder, a gateway over it, and a client.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use greentic_deploy_spec::{
    AddBundlePayload, BundleDeploymentStatus, BundleId, CustomerId, DeploymentId, EnvId,
    EnvironmentHostConfig, IdempotencyKey, PartyId, RevenueShareEntry, Revision, RevisionId,
    RevisionLifecycle, RouteBinding, SetTrafficSplitPayload, StageRevisionPayload,
    TrafficSplitEntry, UpdateBundlePayload, WarmRevisionPayload,
};
use greentic_env_store::{EnvironmentMutations, EnvironmentReads, LocalFsStore};
use greentic_gateway::{AdminSocket, Gateway, GatewayBuilder, Limits, Summary};
use greentic_pack_format::revision::{StageTarget, StagingArea};
use greentic_pack_format::{BundleBuilder, BundleImage, Limits as PackLimits, PackBuilder};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const BUNDLE: &str = "hello";
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Lab {
    pub(crate) store: Arc<LocalFsStore>,
    pub(crate) env_id: EnvId,
    folder: TempDir,
}

fn key() -> IdempotencyKey {
    IdempotencyKey::new(RevisionId::new().to_string()).expect("a key")
}

/// The folder of a version of the example worker.
fn example(version: &str) -> PathBuf {
    let name = if version == "v1" { "hello" } else { "hello-v2" };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// The sources of a worker of one node, which lets one of the example components do something with
/// the text of the message. They are put into an empty folder.
pub(crate) fn worker(folder: &Path, component: &str, operation: &str) -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/components");
    let built = built.join(component).join(format!("{component}.wasm"));
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    std::fs::create_dir_all(folder.join("flows")).expect("a folder");
    std::fs::create_dir_all(folder.join("components")).expect("a folder");
    std::fs::copy(built, folder.join(format!("components/{component}.wasm"))).expect("copied");
    write(
        "pack.yaml",
        &format!(
            "pack_id: example.worker\nversion: 1.0.0\nkind: application\ncomponents:\n  \
             - id: {component}\n    version: 0.1.0\n    operations: [{operation}]\n"
        ),
    );
    write(
        "flows/main.ygtc",
        &format!(
            "id: main\ntype: messaging\nnodes:\n  answer:\n    {component}:\n      \
             text: \"{{{{entry.text}}}}\"\n    operation: {operation}\n    routing: out\n"
        ),
    );
    folder.to_owned()
}

/// A bundle of one pack, made of its sources.
fn image(bundle_id: &str, source: &Path) -> BundleImage {
    let pack = PackBuilder::from_folder(source, &PackLimits::default()).expect("a folder").build();
    image_of(bundle_id, pack.expect("a pack"))
}

fn image_of(bundle_id: &str, pack: Vec<u8>) -> BundleImage {
    let limits = PackLimits::default();
    let bundle = BundleBuilder::new(bundle_id, &limits).expect("a bundle");
    let bundle = bundle.pack("hello", pack).expect("its pack");
    BundleImage::from_bytes(bundle.build().expect("an image"), &limits).expect("an image")
}

impl Lab {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let store = Arc::new(LocalFsStore::new(folder.path().join("environments")));
        let env_id: EnvId = "local".parse().expect("an id");
        let host = EnvironmentHostConfig::new(env_id.clone());
        store.create_environment(&env_id, "Local".to_owned(), host).expect("an environment");
        store.bootstrap_trust_root(&env_id).expect("a trust root");
        Self { store, env_id, folder }
    }

    pub(crate) fn env_root(&self) -> PathBuf {
        self.folder.path().join("environments").join(self.env_id.as_str())
    }

    pub(crate) fn deployment(&self) -> DeploymentId {
        self.deployment_at(BUNDLE, RouteBinding::unrestricted())
    }

    pub(crate) fn deployment_at(&self, bundle: &str, route_binding: RouteBinding) -> DeploymentId {
        let payload = AddBundlePayload {
            bundle_id: BundleId::from(bundle),
            customer_id: CustomerId::from("local-dev"),
            revenue_share: vec![RevenueShareEntry {
                party_id: PartyId::from("greentic"),
                basis_points: 10_000,
            }],
            route_binding: Some(route_binding),
            authorization_ref: None,
            config_overrides: Default::default(),
        };
        self.store.add_bundle(&self.env_id, payload, key()).expect("a deployment").deployment_id
    }

    /// Stages a version of the example.
    pub(crate) fn staged(
        &self,
        deployment_id: DeploymentId,
        version: &str,
        drain_seconds: u32,
    ) -> Revision {
        self.staged_from(deployment_id, &example(version), drain_seconds)
    }

    /// Stages a worker of one pack, made of its sources.
    pub(crate) fn staged_from(
        &self,
        deployment_id: DeploymentId,
        source: &Path,
        drain_seconds: u32,
    ) -> Revision {
        self.staged_image(deployment_id, |bundle| image(bundle, source), drain_seconds)
    }

    /// Stages a bundle of one pack that is there already.
    pub(crate) fn staged_pack(&self, deployment_id: DeploymentId, pack: Vec<u8>) -> Revision {
        self.staged_image(deployment_id, |bundle| image_of(bundle, pack), 60)
    }

    /// Stages a bundle that is a folder of its own.
    pub(crate) fn staged_bundle(&self, deployment_id: DeploymentId, folder: &Path) -> Revision {
        let limits = PackLimits::default();
        let bundle = BundleBuilder::from_folder(folder, &limits).expect("a bundle");
        let image = BundleImage::from_bytes(bundle.build().expect("an image"), &limits);
        self.staged_image(deployment_id, |_| image.expect("an image"), 60)
    }

    fn staged_image(
        &self,
        deployment_id: DeploymentId,
        image: impl FnOnce(&str) -> BundleImage,
        drain_seconds: u32,
    ) -> Revision {
        let environment = self.store.load_env(&self.env_id).expect("the environment");
        let bundle_id = &environment.deployment(deployment_id).expect("it").bundle_id;
        let revision_id = RevisionId::new();
        let target = StageTarget { revision_id, env_id: &self.env_id, bundle_id };
        let area = StagingArea::enter(&self.env_root(), &PackLimits::default()).expect("an area");
        let image = image(bundle_id.as_str());
        let staged = area.stage(&image, &target).expect("a staged revision");
        let payload = StageRevisionPayload {
            revision_id,
            deployment_id,
            bundle_digest: staged.bundle_digest.to_string(),
            bundle_source_uri: None,
            pack_list: staged.pack_list,
            pack_list_lock_ref: staged.pack_list_lock_ref,
            pack_config_refs: staged.pack_config_refs,
            config_digest: staged.config_digest,
            signature_sidecar_ref: staged.signature_sidecar_ref,
            drain_seconds,
        };
        self.store.stage_revision(&self.env_id, payload, key()).expect("a revision")
    }

    pub(crate) fn warm(&self, revision_id: RevisionId) {
        self.store.begin_warm(&self.env_id, revision_id, key()).expect("it warms");
        let payload = WarmRevisionPayload {
            revision_id,
            health_gate: Ok(()),
            expected_lifecycle: RevisionLifecycle::Warming,
        };
        self.store.warm_revision(&self.env_id, payload, key()).expect("it is ready");
    }

    pub(crate) fn ready(&self, deployment_id: DeploymentId, version: &str) -> RevisionId {
        let revision = self.staged(deployment_id, version, 600).revision_id;
        self.warm(revision);
        revision
    }

    pub(crate) fn split(&self, deployment_id: DeploymentId, shares: &[(RevisionId, u32)]) {
        let entries = shares.iter().map(|(revision_id, weight_bps)| TrafficSplitEntry {
            revision_id: *revision_id,
            weight_bps: *weight_bps,
        });
        let payload = SetTrafficSplitPayload {
            deployment_id,
            entries: entries.collect(),
            updated_by: "test".to_owned(),
            authorization_ref: None,
        };
        self.store.set_traffic_split(&self.env_id, payload, key()).expect("a split");
    }

    pub(crate) fn status(&self, deployment_id: DeploymentId, status: BundleDeploymentStatus) {
        let payload = UpdateBundlePayload {
            deployment_id,
            status: Some(status),
            route_binding: None,
            revenue_share: None,
            config_overrides: None,
        };
        self.store.update_bundle(&self.env_id, payload, key()).expect("another status");
    }

    pub(crate) fn drain(&self, revision_id: RevisionId) {
        self.store.drain_revision(&self.env_id, revision_id, key()).expect("it drains");
    }

    /// An environment that serves version 1 to everybody.
    pub(crate) fn serving_v1() -> (Self, DeploymentId, RevisionId) {
        let lab = Self::new();
        let deployment = lab.deployment();
        let revision = lab.ready(deployment, "v1");
        lab.split(deployment, &[(revision, 10_000)]);
        (lab, deployment, revision)
    }

    pub(crate) fn builder(&self) -> GatewayBuilder {
        Gateway::builder(self.store.clone(), self.env_id.clone(), self.env_root())
            .admin(AdminSocket::Nowhere)
            .limits(Limits { lead: Duration::ZERO, ..Limits::default() })
    }

    pub(crate) async fn serve(&self) -> Served {
        let served = self.start(self.builder()).await;
        served.until_ready().await;
        served
    }

    pub(crate) async fn serve_within(&self, limits: Limits) -> Served {
        let served = self.start(self.builder().limits(limits)).await;
        served.until_ready().await;
        served
    }

    pub(crate) async fn start(&self, builder: GatewayBuilder) -> Served {
        Self::start_on(Ipv4Addr::LOCALHOST, builder).await
    }

    /// Starts a gateway that listens there; it is asked from this machine.
    pub(crate) async fn start_on(address: Ipv4Addr, builder: GatewayBuilder) -> Served {
        let listener = TcpListener::bind((address, 0)).await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let gateway = builder.build().expect("a gateway");
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            gateway.serve(listener, async { drop(stopped.await) }).await.expect("it serves")
        });
        Served { address, stop, running }
    }
}

/// A gateway that runs.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Summary>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A request for a gateway.
pub(crate) struct Ask {
    method: &'static str,
    path: String,
    host: Option<String>,
    origin: Option<String>,
    token: Option<String>,
    content_type: &'static str,
    body: Vec<u8>,
}

pub(crate) fn get(path: impl Into<String>) -> Ask {
    let content_type = "application/json";
    Ask {
        method: "GET",
        path: path.into(),
        host: None,
        origin: None,
        token: None,
        content_type,
        body: Vec::new(),
    }
}

pub(crate) fn post(path: impl Into<String>, body: &Value) -> Ask {
    Ask { method: "POST", body: body.to_string().into_bytes(), ..get(path) }
}

impl Ask {
    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(crate) fn host(self, host: &str) -> Self {
        Self { host: Some(host.to_owned()), ..self }
    }

    pub(crate) fn origin(self, origin: &str) -> Self {
        Self { origin: Some(origin.to_owned()), ..self }
    }

    pub(crate) fn token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    pub(crate) fn content_type(self, content_type: &'static str) -> Self {
        Self { content_type, ..self }
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body
    }
}

impl Served {
    pub(crate) async fn ask(&self, ask: Ask) -> Answer {
        let stream = TcpStream::connect(self.address).await.expect("a connection");
        exchange(stream, self.address, ask).await
    }

    pub(crate) async fn until_ready(&self) {
        self.until("/readyz", |ready| ready.status == StatusCode::OK).await;
    }

    /// Asks until the answer is as it should be.
    pub(crate) async fn until(&self, path: &str, is_right: impl Fn(&Answer) -> bool) -> Answer {
        let mut last = None;
        let waiting = async {
            loop {
                let answer = self.ask(get(path)).await;
                if is_right(&answer) {
                    return answer;
                }
                last = Some(answer);
            }
        };
        let found = tokio::time::timeout(PATIENCE, waiting).await;
        found.unwrap_or_else(|_| panic!("{path} stays {last:?}"))
    }

    /// Waits until what the store has is what is served.
    pub(crate) async fn until_applied(&self, lab: &Lab) {
        let generation = lab.store.snapshot(&lab.env_id).expect("a snapshot").generation();
        self.until("/status", |status| status.json()["generation"]["applied"] == generation).await;
    }

    pub(crate) async fn say(&self, session: &str, text: &str) -> String {
        let answer = self.ask(invoke(session, text)).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        text_of(&answer.json())
    }

    pub(crate) async fn stop(self) -> Summary {
        tokio::time::timeout(PATIENCE, self.stopping())
            .await
            .expect("it ends")
            .expect("it ends well")
    }

    /// Asks it to end; gives what is to be waited for.
    pub(crate) fn stopping(self) -> JoinHandle<Summary> {
        drop(self.stop);
        self.running
    }
}

pub(crate) fn invoke(session: &str, text: &str) -> Ask {
    let body = json!({ "worker_id": BUNDLE, "session_id": session, "payload": { "text": text } });
    post("/workers/invoke", &body)
}

/// The text of the first message of an answer.
pub(crate) fn text_of(answer: &Value) -> String {
    let said = &answer["messages"][0]["payload"];
    said["text"].as_str().map_or_else(|| said.to_string(), str::to_owned)
}

pub(crate) async fn exchange<S>(stream: S, address: SocketAddr, ask: Ask) -> Answer
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(async move { drop(connection.await) });
    let host = ask.host.unwrap_or_else(|| address.to_string());
    let mut request = Request::builder()
        .method(ask.method)
        .uri(ask.path)
        .header("host", host)
        .header("content-type", ask.content_type);
    if let Some(origin) = ask.origin {
        request = request.header("origin", origin);
    }
    if let Some(token) = ask.token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Full::new(Bytes::from(ask.body))).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("its body").to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}
