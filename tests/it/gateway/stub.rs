//! A backend that does as the test says: answers, streams, stalls, breaks off, fails, lies.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What it does with a request.
#[derive(Clone)]
pub enum Act {
    /// Answers with this document.
    Json(Value),
    /// Answers with these bytes, of this media type.
    Bytes(&'static str, Vec<u8>),
    /// Answers with this, of this media type, and does not say how long it is.
    Chunked(&'static str, String),
    /// Begins an answer of JSON, and breaks off.
    CutJson,
    /// Streams these chunks, then does as it ends.
    Stream(Vec<String>, End),
    /// Says that it failed, with these headers.
    Status(u16, Vec<(&'static str, &'static str)>),
    /// Says that it failed, in these words.
    Failure(u16, String),
    /// Answers with this document after a while.
    Slow(Duration, Value),
    /// Says nothing, ever.
    Silence,
}

/// How a stream ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Whole,
    /// The connection breaks.
    Cut,
    /// Nothing more comes.
    Stall,
    /// So many more bytes come, without a line's end.
    Flood(usize),
    /// The last chunk comes again and again, until nobody takes it any more.
    Endless,
}

/// What it was sent.
#[derive(Clone)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// A backend; it goes away when it is dropped.
pub struct Stub {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    served: JoinHandle<()>,
}

struct Shared {
    usual: Mutex<Act>,
    received: Mutex<Vec<Received>>,
    /// Streams that somebody still takes.
    open: AtomicUsize,
}

impl Stub {
    /// One that does this with every request.
    pub async fn that(usual: Act) -> Self {
        let shared =
            Arc::new(Shared { usual: Mutex::new(usual), received: Mutex::default(), open: AtomicUsize::new(0) });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let served = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, shared, served }
    }

    /// Does this from now on.
    pub fn now_does(&self, act: Act) {
        *self.shared.usual.lock().expect("no holder panics") = act;
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().expect("no holder panics").clone()
    }

    pub fn count(&self) -> usize {
        self.received().len()
    }

    pub fn last(&self) -> Received {
        self.received().pop().expect("it was asked")
    }

    /// Streams that somebody still takes.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// As an entry of the file of backends, with further lines of it and models.
    pub fn entry(&self, name: &str, lines: &str, models: &str) -> String {
        format!("[[backend]]\nname = \"{name}\"\nurl = \"http://{}/v1\"\n{lines}\nmodel = [{models}]\n", self.address)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.served.abort();
    }
}

/// Counts a stream for as long as somebody takes it.
struct Taken(Arc<Shared>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 30).await.expect("a body");
    let received = Received { path: head.uri.path().to_owned(), headers: head.headers, body };
    shared.received.lock().expect("no holder panics").push(received);
    let act = shared.usual.lock().expect("no holder panics").clone();
    shared.open.fetch_add(1, Ordering::SeqCst);
    let taken = Taken(shared);
    match act {
        Act::Slow(after, body) => {
            tokio::time::sleep(after).await;
            reply(200, "application/json", Body::from(body.to_string()))
        }
        Act::Json(body) => reply(200, "application/json", Body::from(body.to_string())),
        Act::CutJson => {
            let chunks = [Ok(Bytes::from_static(b"{\"choices\":")), Err(std::io::Error::other("cut"))];
            let slowly = stream::iter(chunks).then(async |chunk| {
                tokio::time::sleep(Duration::from_millis(30)).await;
                chunk
            });
            reply(200, "application/json", Body::from_stream(slowly))
        }
        Act::Chunked(media_type, text) => {
            let chunks = [Ok::<_, std::io::Error>(Bytes::from(text))];
            reply(200, media_type, Body::from_stream(stream::iter(chunks)))
        }
        Act::Bytes(media_type, bytes) => reply(200, media_type, Body::from(bytes)),
        Act::Failure(status, words) => reply(status, "application/json", Body::from(words)),
        Act::Status(status, headers) => {
            let body = json!({"error": {"message": "no", "type": "t", "param": null, "code": "from_the_backend"}});
            let mut response = reply(status, "application/json", Body::from(body.to_string()));
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().expect("a value"));
            }
            response
        }
        Act::Silence => {
            let _taken = taken;
            std::future::pending().await
        }
        Act::Stream(chunks, end) => {
            let all = stream::iter(chunks.clone().into_iter().map(|chunk| Ok(Bytes::from(chunk))));
            // A pause, so that each chunk is one to the reader too.
            let all = all.then(async |chunk| {
                tokio::time::sleep(Duration::from_millis(3)).await;
                chunk
            });
            let all = all.chain(ending(end, &chunks)).map(move |chunk| {
                let _ = &taken;
                chunk
            });
            reply(200, "text/event-stream; charset=utf-8", Body::from_stream(all))
        }
    }
}

fn ending(end: End, chunks: &[String]) -> std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, std::io::Error>> + Send>> {
    match end {
        End::Whole => stream::empty().boxed(),
        // What came before is on its way by then.
        End::Cut => stream::once(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Err(std::io::Error::other("cut"))
        })
        .boxed(),
        End::Stall => stream::pending().boxed(),
        End::Flood(bytes) => {
            let piece = Bytes::from(vec![b'x'; 64 << 10]);
            stream::iter((0..bytes / piece.len()).map(move |_| Ok(piece.clone()))).boxed()
        }
        End::Endless => {
            let last = Bytes::from(chunks.last().cloned().unwrap_or_default());
            stream::repeat(last)
                .then(async |chunk| {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    Ok(chunk)
                })
                .boxed()
        }
    }
}

fn reply(status: u16, media_type: &str, body: Body) -> Response {
    let response = Response::builder().status(StatusCode::from_u16(status).expect("a status"));
    response
        .header("content-type", media_type)
        .header("server", "stub")
        .header("set-cookie", "a=b")
        .body(body)
        .unwrap_or_else(|error: axum::http::Error| panic!("{error}"))
}

/// An event of a chat that brings text.
pub fn delta(text: &str) -> String {
    let body =
        json!({"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]});
    format!("data: {body}\n\n")
}

/// The event that says what was used.
pub fn usage(input: i64, output: i64) -> String {
    let usage = json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output});
    format!("data: {}\n\n", json!({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": usage}))
}

pub const DONE: &str = "data: [DONE]\n\n";

/// A whole answer of a chat.
pub fn message(text: &str, input: i64, output: i64) -> Value {
    json!({
        "id": "c", "object": "chat.completion", "model": "org/small",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output},
    })
}
