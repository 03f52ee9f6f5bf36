//! The loop around it all: connections in, and a stop that keeps its word.
//!
//! Told to stop, the service says so to those who ask whether it is ready, and goes on for `lame_duck`. Then it takes
//! no more connections and lets requests in flight finish for `drain_timeout`, those that are nearest to their end
//! first. Answers that are read to their end though their clients have gone are among them. Then it gives those that
//! are left a 503 (or an `error` event, if they are streaming), and closes whatever is still open soon after.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::connection::{Connection, Peer};
use super::router::router;
use super::service::{Running, Service};

/// For the last answers to reach their clients after the time to finish has run out.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Between two tries to take a connection when the system has no more to give.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(200);

/// So many bytes of a request's head may be there without its end, with what came in the last read; a longer one is a 431.
const LONGEST_HEAD: usize = 64 << 10;

/// Serves on a bound listener until `stop` is cancelled, the time to be found stopping is over, and the requests in flight
/// are done.
pub async fn serve(listener: TcpListener, service: Service, stop: CancellationToken) {
    let settings = service.settings.clone();
    let running = Running::new(service, stop.clone());
    let closing = CancellationToken::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(settings.header_timeout).max_buf_size(LONGEST_HEAD);
    let host = Host {
        http,
        router: router(running.clone()),
        stall: settings.body_idle_timeout,
        room: Arc::new(Semaphore::new(settings.max_connections)),
        closing: closing.clone(),
    };
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();

    tokio::select! {
        () = host.welcome(&listener, &graceful, &mut connections) => {}
        () = running.service.metrics.upkeep() => {}
        () = async {
            stop.cancelled().await;
            if !settings.lame_duck.is_zero() {
                sleep(settings.lame_duck).await;
            }
        } => {}
    }
    drop(listener);
    closing.cancel();
    running.service.transcriber.finish_nearest_first();

    let gateway = &running.service.gateway;
    let mut finished = Box::pin(async {
        graceful.shutdown().await;
        gateway.drained().await;
    });
    if timeout(settings.drain_timeout, &mut finished).await.is_err() {
        tracing::warn!("requests in flight did not finish in time and are answered with 503");
        running.overdue.cancel();
        let _ = timeout(LAST_WORDS, finished).await;
    }
    connections.shutdown().await;
    // Those that were read for the last connections settle what has passed.
    let _ = timeout(LAST_WORDS, gateway.drained()).await;
}

/// What every connection gets.
struct Host {
    http: http1::Builder,
    router: Router,
    stall: Duration,
    /// For as many connections as there may be.
    room: Arc<Semaphore>,
    /// Cancelled once no more connections are taken.
    closing: CancellationToken,
}

impl Host {
    /// Takes connections for as long as it is polled. Those for which there is no room wait in the system's queue.
    async fn welcome(&self, listener: &TcpListener, graceful: &GracefulShutdown, connections: &mut JoinSet<()>) {
        loop {
            tokio::select! {
                (room, accepted) = self.accept(listener) => match accepted {
                    Ok((stream, peer)) => {
                        let connection = self.converse(stream, Peer(peer.ip()), graceful);
                        connections.spawn(async move {
                            connection.await;
                            drop(room);
                        });
                    }
                    Err(error) => back_off(&error).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// The next connection, once there is room for it.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> (Option<OwnedSemaphorePermit>, io::Result<(TcpStream, SocketAddr)>) {
        // It is never closed.
        let room = Arc::clone(&self.room).acquire_owned().await.ok();
        (room, listener.accept().await)
    }

    /// One connection, from its first request to its last.
    fn converse(&self, stream: TcpStream, peer: Peer, graceful: &GracefulShutdown) -> impl Future<Output = ()> + use<> {
        // Answers are written whole; waiting to fill a packet would only delay them. A failure here costs nothing else.
        let _ = stream.set_nodelay(true);
        let stream = Connection::new(stream, self.stall);
        let (said, line, closing) = (stream.said(), stream.line(), self.closing.clone());
        let router = TowerToHyperService::new(self.router.clone());
        let in_requests = said.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(in_requests.clone());
            request.extensions_mut().insert(peer);
            router.call(request)
        });
        let connection = graceful.watch(self.http.serve_connection(TokioIo::new(stream), service));
        // hyper would wait for the first request of a client that has never said anything.
        let silent_at_the_end = async move {
            closing.cancelled().await;
            if said.anything() {
                pending::<()>().await;
            }
        };
        async move {
            tokio::select! {
                biased;
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                },
                () = line.hung_up() => {}
                () = silent_at_the_end => {}
            }
        }
    }
}

/// A client that is gone again is nothing; a system without sockets needs time.
async fn back_off(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "cannot take connections");
        sleep(OUT_OF_SOCKETS).await;
    }
}
