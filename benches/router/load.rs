//! A hundred clients, each with a connection that it keeps: a closed loop, which finds how much can be done, and an open
//! one, which asks at a fixed rate whatever comes back.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::wire::Connection;

pub const CLIENTS: usize = 100;

/// Where requests go, and what they are.
#[derive(Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub request: Arc<[u8]>,
}

/// What came of a load.
#[derive(Default)]
pub struct Outcome {
    /// How long each took: an answer to its last byte, or a chunk on its way. In order.
    pub waits: Vec<Duration>,
    /// Requests without a 200.
    pub failed: u64,
    pub took: Duration,
}

impl Outcome {
    /// Answers a second.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn rate(&self) -> f64 {
        self.waits.len() as f64 / self.took.as_secs_f64()
    }

    /// Milliseconds within which so many of a hundred were there.
    pub fn percentile(&self, percent: usize) -> f64 {
        self.waits.get(self.waits.len() * percent / 100).copied().unwrap_or_default().as_secs_f64() * 1e3
    }

    fn count(&mut self, asked: Instant, outcome: &io::Result<()>) {
        match outcome {
            Ok(()) => self.waits.push(asked.elapsed()),
            Err(_) => self.failed += 1,
        }
    }
}

impl Target {
    /// Each client asks again as soon as it has its answer, until the time is over or so many requests are done.
    pub async fn closed(&self, time: Duration, requests: usize) -> io::Result<Outcome> {
        let (mut clients, begin) = (JoinSet::new(), Instant::now());
        for mut connection in self.connections().await? {
            let target = self.clone();
            clients.spawn(async move {
                let mut outcome = Outcome::default();
                for _ in 0..requests.div_ceil(CLIENTS) {
                    let asked = Instant::now();
                    if asked.duration_since(begin) > time {
                        break;
                    }
                    outcome.count(asked, &connection.exchange(&target.request, |_| {}).await);
                }
                outcome
            });
        }
        Ok(joined(clients, begin).await)
    }

    /// So many requests a second. A wait begins when the request was due, also if no client was free then.
    pub async fn open(&self, rate: f64, time: Duration) -> io::Result<Outcome> {
        let connections = self.connections().await?;
        let (due, queue) = mpsc::unbounded_channel();
        let (queue, begin) = (Arc::new(Mutex::new(queue)), Instant::now());
        // A thread, since the runtime's timer knows whole milliseconds only.
        let clock = thread::spawn(move || {
            let gap = Duration::from_secs_f64(1.0 / rate);
            let mut next = begin;
            while next.duration_since(begin) < time {
                thread::sleep(next.saturating_duration_since(Instant::now()));
                if due.send(next).is_err() {
                    break;
                }
                next += gap;
            }
        });
        let mut clients = JoinSet::new();
        for mut connection in connections {
            let (target, queue) = (self.clone(), queue.clone());
            clients.spawn(async move {
                let mut outcome = Outcome::default();
                loop {
                    let Some(asked) = queue.lock().await.recv().await else { break outcome };
                    outcome.count(asked, &connection.exchange(&target.request, |_| {}).await);
                }
            });
        }
        let outcome = joined(clients, begin).await;
        clock.join().map_err(|_| io::Error::other("the clock stopped"))?;
        Ok(outcome)
    }

    async fn connections(&self) -> io::Result<Vec<Connection>> {
        let mut all = Vec::new();
        for _ in 0..CLIENTS {
            all.push(Connection::open(self.address).await?);
        }
        Ok(all)
    }
}

async fn joined(clients: JoinSet<Outcome>, begin: Instant) -> Outcome {
    let mut all = Outcome::default();
    for outcome in clients.join_all().await {
        all.waits.extend(outcome.waits);
        all.failed += outcome.failed;
    }
    all.took = begin.elapsed();
    all.waits.sort_unstable();
    all
}
