//! One flow turn over HTTP beside the same server answering a constant, and turns while revisions come and weights move.
//!
//! The constant is asked for with the same headers and the same body as a turn, and the server reads that body all the same:
//! what differs is what a turn is. (`/livez` is the address that answers a constant; it takes no `POST`.)
//!
//! Both are asked in turns of half a second, so that what else the machine does meets both. A request that fails fails the
//! benchmark.

#![expect(clippy::panic, reason = "a benchmark that cannot go on says why")]
#![expect(clippy::print_stdout, reason = "a benchmark is a program: it says what it measured")]
#![expect(clippy::disallowed_macros, reason = "a benchmark is a program: it says what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark is a program: it has a clock and builds its runtime"
)]

#[path = "../tests/suite/lab.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod lab;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use greentic_deploy_spec::{DeploymentId, RevisionId};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use lab::{BUNDLE, Lab, worker};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

const CONNECTIONS: usize = 8;
const ROUNDS: usize = 10;
const ROUND: Duration = Duration::from_millis(500);
const CHANGES: Duration = Duration::from_secs(10);

/// What is asked for.
#[derive(Clone, Copy)]
enum Asked {
    Constant,
    Turn,
}

async fn connect(address: SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("an option");
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = handshake.expect("a connection");
    tokio::spawn(async move { drop(connection.await) });
    sender
}

async fn ask(sender: &mut SendRequest<Full<Bytes>>, asked: Asked, body: &Bytes) {
    let request = match asked {
        Asked::Constant => Request::get("/livez"),
        Asked::Turn => Request::post("/workers/invoke"),
    };
    let request = request.header("host", "localhost").header("content-type", "application/json");
    let request = request.body(Full::new(body.clone())).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("its body").to_bytes();
    assert_eq!(status, StatusCode::OK, "{body:?}");
}

/// Asks on all connections until the time is over. Gives how long each request took.
async fn round(address: SocketAddr, asked: Asked, time: Duration) -> Vec<Duration> {
    let end = Instant::now() + time;
    let asking = (0..CONNECTIONS).map(|number| {
        tokio::spawn(async move {
            let mut sender = connect(address).await;
            let session = format!("session-{number}");
            let said =
                json!({ "worker_id": BUNDLE, "session_id": session, "payload": { "text": "hi" } });
            let body = Bytes::from(said.to_string());
            let mut took = Vec::new();
            while Instant::now() < end {
                let began = Instant::now();
                ask(&mut sender, asked, &body).await;
                took.push(began.elapsed());
            }
            took
        })
    });
    let mut took = Vec::new();
    for asking in asking.collect::<Vec<_>>() {
        took.extend(asking.await.expect("no request failed"));
    }
    took
}

/// Nanoseconds for one request, seen by all connections together.
fn each(took: &[Duration]) -> f64 {
    ROUND.as_nanos() as f64 / took.len() as f64
}

fn percentile(took: &mut [Duration], per_hundred: usize) -> f64 {
    took.sort_unstable();
    let at = (took.len() * per_hundred / 100).min(took.len().saturating_sub(1));
    took.get(at).map_or(0.0, |took| took.as_nanos() as f64)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// Keeps a figure where those of the other benchmarks are kept.
fn keep(group: &str, id: &str, nanoseconds: f64) {
    println!("{group}/{id}: {:.1} µs", nanoseconds / 1_000.0);
    let program = std::env::current_exe().expect("this program");
    let target = program.ancestors().nth(3).expect("the folder of what is built");
    let folder = target.join("criterion").join(group).join(id).join("new");
    fs::create_dir_all(&folder).expect("a folder");
    let estimates = json!({ "median": { "point_estimate": nanoseconds } });
    fs::write(folder.join("estimates.json"), estimates.to_string()).expect("written");
}

async fn turns(address: SocketAddr) {
    let (mut constants, mut turns) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        constants.push(each(&round(address, Asked::Constant, ROUND).await));
        turns.push(each(&round(address, Asked::Turn, ROUND).await));
    }
    let (constant, turn) = (median(constants), median(turns));
    keep("gateway-turn", "constant", constant);
    keep("gateway-turn", "turn", turn);
    let (all, per_second) = (1e9 / constant, 1e9 / turn);
    println!(
        "{per_second:.0} turns a second, {:.0} % of {all:.0} constants",
        100.0 * constant / turn
    );
}

/// Deploys, moves weights and drains until it is told to stop. Gives how many changes it made.
fn change(
    lab: &Lab,
    deployment: DeploymentId,
    worker: &Path,
    first: RevisionId,
    stop: &AtomicBool,
) -> usize {
    let (mut before, mut changes) = (first, 0);
    while !stop.load(Ordering::Relaxed) {
        let next = lab.staged_from(deployment, worker, 60).revision_id;
        lab.warm(next);
        for share in [100, 2_500, 10_000] {
            lab.split(deployment, &[(before, 10_000 - share), (next, share)]);
        }
        lab.drain(before);
        (before, changes) = (next, changes + 6);
    }
    changes
}

async fn load(
    lab: Arc<Lab>,
    deployment: DeploymentId,
    worker: PathBuf,
    first: RevisionId,
    address: SocketAddr,
) {
    let mut idle = round(address, Asked::Turn, CHANGES).await;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let changing =
        tokio::task::spawn_blocking(move || change(&lab, deployment, &worker, first, &stopped));
    let mut changed = round(address, Asked::Turn, CHANGES).await;
    stop.store(true, Ordering::Relaxed);
    let changes = changing.await.expect("changes");
    println!("{changes} changes under load, {} requests, none failed", changed.len());
    for (name, took) in [("idle", &mut idle), ("changing", &mut changed)] {
        keep("gateway-load", &format!("{name}-p50"), percentile(took, 50));
        keep("gateway-load", &format!("{name}-p99"), percentile(took, 99));
    }
}

fn main() {
    let folder = TempDir::new().expect("a folder");
    let worker = worker(folder.path(), "echo", "echo");
    let lab = Lab::new();
    let deployment = lab.deployment();
    let revision = lab.staged_from(deployment, &worker, 60).revision_id;
    lab.warm(revision);
    lab.split(deployment, &[(revision, 10_000)]);
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let gateway = lab.serve().await;
        let address = gateway.address;
        turns(address).await;
        load(Arc::new(lab), deployment, worker, revision, address).await;
        gateway.stop().await;
    });
}
