use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::outage::Outage;
use super::patient::Patient;
use super::reply::Reply;
use crate::Limits;
use crate::metrics::Metrics;

/// The pause when no connection can be accepted, for example because there are no file handles left.
const PAUSE: Duration = Duration::from_millis(100);

/// Where connections come from.
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// How connections are served.
pub(crate) struct Connections {
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    /// True when the end was asked for.
    pub(crate) stop: watch::Receiver<bool>,
}

/// Serves connections until the end is asked for, then finishes what they are doing within the grace.
/// Gives how many had to be cut off.
pub(crate) async fn serve<H, F>(listener: Listener, connections: Connections, handler: H) -> usize
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let Connections { limits, metrics, mut stop } = connections;
    let room = Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let mut open = JoinSet::new();
    let mut outage = Outage::default();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = open.join_next() => continue,
            () = outage.over() => continue,
            accepted = accept(&listener, &room) => accepted,
        };
        let (stream, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                outage.failed(&error);
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let (limits, metrics) = (limits.clone(), Arc::clone(&metrics));
        let (handler, stop) = (handler.clone(), stop.clone());
        open.spawn(async move {
            let _permit = permit;
            metrics.connections.inc();
            match stream {
                Stream::Tcp(stream) => connection(stream, &limits, handler, stop).await,
                Stream::Unix(stream) => connection(stream, &limits, handler, stop).await,
            }
            metrics.connections.dec();
        });
    }
    drop(listener);
    let all_done = async { while open.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(limits.grace, all_done).await;
    let cut_off = open.len();
    open.abort_all();
    cut_off
}

enum Stream {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

/// The next connection, when there is room for it.
async fn accept(
    listener: &Listener,
    room: &Arc<Semaphore>,
) -> io::Result<(Stream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    let stream = match listener {
        Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
            // Answers are small and whole: waiting to fill a packet only delays them.
            let _ = stream.set_nodelay(true);
            Stream::Tcp(stream)
        }),
        Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
    };
    Ok((stream?, permit))
}

async fn connection<S, H, F>(
    stream: S,
    limits: &Limits,
    handler: H,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let service = service_fn(move |request| {
        let answer = handler(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        // Who has said everything may say so, and still gets the answer.
        .half_close(true)
        // The library's own refusal has no body: it is for heads that are far beyond the limits.
        .max_headers(limits.headers.saturating_mul(2))
        .max_buf_size(limits.head.max(8 * 1024).saturating_mul(2))
        .serve_connection(TokioIo::new(Patient::new(stream, limits.write_time)), service);
    let mut served = pin!(served);
    // How a connection ends is its client's matter.
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    tokio::select! {
        _ = served.as_mut() => return,
        () = stopped => served.as_mut().graceful_shutdown(),
    }
    let _ = served.await;
}
