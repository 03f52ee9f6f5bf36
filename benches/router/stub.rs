//! The backend behind every peer: a chat that is answered at once, as a document or as a stream of 32 events, each in a
//! write of its own; or as a slow stream, whose events tell when they were sent.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::requests::SLOWLY;
use crate::{chunks, wire};

/// Events with a word each.
const EVENTS: usize = 32;

/// Events of a slow stream, and the pause before each, in which the one before arrives.
const SLOW_EVENTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(2);

/// Where the time stands in an event that tells it.
const TIME: &str = "TIME";

/// The same answers for everybody.
struct Answers {
    document: Vec<u8>,
    /// The head, the events, and what ends them.
    stream: Vec<Vec<u8>>,
    /// An event that tells the time.
    told: String,
}

/// Serves until the process ends.
pub async fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let answers: &'static Answers = Box::leak(Box::new(answers()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, answers));
        }
    });
    Ok(address)
}

async fn serve(mut stream: TcpStream, answers: &Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 << 10);
    while let Some(request) = wire::read(&mut stream, &mut buffer, |_| {}).await? {
        let body: Value = serde_json::from_slice(&buffer[request.head..]).unwrap_or_default();
        if body["messages"][1]["content"] == SLOWLY {
            answers.write_slowly(&mut stream).await?;
        } else if body["stream"] == true {
            for part in &answers.stream {
                stream.write_all(part).await?;
            }
        } else {
            stream.write_all(&answers.document).await?;
        }
    }
    Ok(())
}

impl Answers {
    async fn write_slowly(&self, stream: &mut TcpStream) -> io::Result<()> {
        let (head, end) = (&self.stream[0], &self.stream[EVENTS + 1..]);
        stream.write_all(head).await?;
        for _ in 0..SLOW_EVENTS {
            sleep(PAUSE).await;
            stream.write_all(&chunk(&self.told.replace(TIME, &chunks::stamp()))).await?;
        }
        stream.write_all(&end.concat()).await
    }
}

/// An event as a chunk of the body.
fn chunk(data: &str) -> Vec<u8> {
    let event = format!("data: {data}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
}

fn answers() -> Answers {
    let usage = json!({"prompt_tokens": 12, "completion_tokens": EVENTS, "total_tokens": 12 + EVENTS});
    let document = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "small", "usage": usage,
        "choices": [{
            "index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "word ".repeat(EVENTS)},
        }],
    })
    .to_string();
    let length = document.len();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let document = format!("{head}content-length: {length}\r\n\r\n{document}").into_bytes();

    let event = |choices: Value, usage: Value| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "small",
               "choices": choices, "usage": usage})
        .to_string()
    };
    let delta = |delta: Value, reason: Value| {
        event(json!([{"index": 0, "delta": delta, "finish_reason": reason}]), Value::Null)
    };
    let mut events = vec![delta(json!({"role": "assistant", "content": "word "}), Value::Null)];
    events.resize(EVENTS, delta(json!({"content": "word "}), Value::Null));
    events.extend([delta(json!({}), json!("stop")), event(json!([]), usage), "[DONE]".to_owned()]);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut stream = vec![head.into()];
    stream.extend(events.iter().map(|data| chunk(data)));
    stream.push(b"0\r\n\r\n".to_vec());
    Answers { document, stream, told: delta(json!({"content": TIME}), Value::Null) }
}
