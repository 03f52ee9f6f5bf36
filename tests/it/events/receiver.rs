//! A receiver of events, on loopback: it answers as a test says, and remembers what it was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minuted::billing::events::{Endpoint, Settings, SigningKeys};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::until;

/// What senders of these tests sign with.
pub const KEY: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// How a request is answered.
#[derive(Clone, Copy)]
pub enum Reaction {
    Status(u16),
    /// Elsewhere, it says.
    Redirect,
    /// Not at all.
    Hang,
}

/// A request, and how it was answered; 0 if it was not.
pub struct Attempt {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub status: u16,
}

impl Attempt {
    pub fn events(&self) -> Vec<Value> {
        serde_json::from_slice(&self.body).expect("a list of events")
    }

    pub fn ids(&self) -> Vec<String> {
        self.events().iter().map(|event| event["id"].as_str().expect("an id").to_owned()).collect()
    }
}

#[derive(Default)]
struct Inside {
    reactions: Mutex<VecDeque<Reaction>>,
    attempts: Mutex<Vec<Attempt>>,
}

/// Listens until it is dropped.
pub struct Receiver {
    pub url: String,
    inside: Arc<Inside>,
    open: CancellationToken,
    hung_up_on: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// One that is there.
    pub async fn start() -> Self {
        let receiver = Self::down().await;
        receiver.up();
        receiver
    }

    /// One that hangs up on whoever comes, until it is up.
    pub async fn down() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}/s3cret", listener.local_addr().expect("it is bound"));
        let (inside, open) = (Arc::new(Inside::default()), CancellationToken::new());
        let hung_up_on = Arc::new(Mutex::new(0));
        let router = Router::new().route("/s3cret", post(take)).with_state(inside.clone());
        let (opened, count) = (open.clone(), Arc::clone(&hung_up_on));
        let task = tokio::spawn(async move {
            while let Some(Ok(connection)) = opened.run_until_cancelled(listener.accept()).await {
                drop(connection);
                *count.lock().expect("no holder panics") += 1;
            }
            axum::serve(listener, router).await.expect("it listens");
        });
        Self { url, inside, open, hung_up_on, task }
    }

    pub fn up(&self) {
        self.open.cancel();
    }

    /// How often it was asked while it was down.
    pub fn hung_up_on(&self) -> usize {
        *self.hung_up_on.lock().expect("no holder panics")
    }

    /// How the next requests are answered; those after them with 200.
    pub fn react(&self, reactions: &[Reaction]) {
        self.inside.reactions.lock().expect("no holder panics").extend(reactions);
    }

    /// Answers with 200 from now on.
    pub fn recover(&self) {
        self.inside.reactions.lock().expect("no holder panics").clear();
    }

    /// Looks at what was sent.
    pub fn attempts<T>(&self, look: impl FnOnce(&[Attempt]) -> T) -> T {
        look(&self.inside.attempts.lock().expect("no holder panics"))
    }

    /// The ids of all events that were answered with 2xx, in the order in which they came.
    pub fn taken(&self) -> Vec<String> {
        self.attempts(|all| {
            all.iter().filter(|attempt| (200..300).contains(&attempt.status)).flat_map(Attempt::ids).collect()
        })
    }

    /// Waits until so many events have been taken.
    pub async fn until_taken(&self, events: usize) {
        until(|| self.taken().len() >= events).await;
    }

    /// Waits until it has been asked so often.
    pub async fn until_asked(&self, times: usize) {
        until(|| self.attempts(<[Attempt]>::len) >= times).await;
    }

    /// What a sender needs to know of it.
    pub fn settings(&self) -> Settings {
        Settings {
            endpoint: Endpoint::parse(&self.url),
            keys: SigningKeys::parse(KEY).expect("a key"),
            timeout: Duration::from_secs(1),
            ..Settings::default()
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(inside): State<Arc<Inside>>, headers: HeaderMap, body: Bytes) -> Response {
    let reaction = inside.reactions.lock().expect("no holder panics").pop_front().unwrap_or(Reaction::Status(200));
    let status = match reaction {
        Reaction::Status(status) => status,
        Reaction::Redirect => 307,
        Reaction::Hang => 0,
    };
    inside.attempts.lock().expect("no holder panics").push(Attempt { headers, body: body.to_vec(), status });
    match reaction {
        Reaction::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Reaction::Redirect => (StatusCode::TEMPORARY_REDIRECT, [("location", "/s3cret")]).into_response(),
        Reaction::Hang => std::future::pending().await,
    }
}

/// Whether a request is signed with this key: HMAC as RFC 2104 writes it down, over a digest alone.
pub fn verify(attempt: &Attempt, key: &str) -> bool {
    let header = |name: &str| attempt.headers[name].to_str().expect("ASCII").to_owned();
    let mut block = STANDARD.decode(&key["whsec_".len()..]).expect("base64");
    block.resize(64, 0);
    let pad = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
    let head = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp"));
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(head).chain_update(&attempt.body).finalize();
    let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize();
    header("webhook-signature").split(' ').any(|signature| signature == format!("v1,{}", STANDARD.encode(outer)))
}
