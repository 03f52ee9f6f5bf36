//! Bodies that are passed on, of which only so many bytes are held at once.

use std::time::Duration;

use serde_json::json;

use super::SMALL;
use super::stub::{Act, Stub, message};
use crate::app::{Script, TestApp, Wishes, error, until_async};
use crate::wire::Wire;

const MEMORY: u64 = 100_000;

/// The head of a chat whose body has so many bytes.
fn head(bytes: usize) -> Vec<u8> {
    format!("POST /v1/chat/completions HTTP/1.1\r\nHost: minuted\r\nContent-Length: {bytes}\r\n\r\n").into_bytes()
}

/// A body of which most has been sent.
async fn half_sent_to(app: &TestApp) -> Wire {
    let mut wire = Wire::connect(app.address).await;
    wire.send(&head(80_000)).await.expect("it is read");
    wire.send(&vec![b' '; 70_000]).await.expect("it is read");
    tokio::time::sleep(Duration::from_millis(50)).await;
    wire
}

#[tokio::test]
async fn bodies_that_are_under_way_have_so_much_memory_and_no_more() {
    let stub = Stub::that(Act::Json(message("hi", 3, 2))).await;
    let wishes = Wishes {
        script: Some(Script::default()),
        backends: Some(stub.entry("one", "kind = \"vllm\"", SMALL)),
        body_memory: Some(MEMORY),
        ..Wishes::default()
    };
    let app = TestApp::with(wishes).await;
    let ask = async |bytes: usize| app.chat(&json!({"user": "x".repeat(bytes)})).await;
    assert_eq!(ask(60_000).await.status(), 200);

    let mut half_sent = half_sent_to(&app).await;
    let mut refused = ask(60_000).await;
    while refused.status() != 429 {
        // It was faster, and the other may have been refused in its place.
        half_sent = half_sent_to(&app).await;
        refused = ask(60_000).await;
    }
    assert!(refused.headers().contains_key("retry-after"));
    let (status, told) = error(refused).await;
    assert_eq!((status, &told["code"]), (429, &"queue_full".into()));
    assert_eq!(ask(10).await.status(), 200, "a small one finds room");

    drop(half_sent);
    until_async(async || ask(60_000).await.status() == 200).await;
    let (status, told) = error(ask(90_000).await).await;
    assert_eq!(status, 413, "it would be kept waiting for ever: {told}");
}

#[tokio::test]
async fn a_body_that_nobody_could_answer_is_not_read() {
    let app = TestApp::scripted(&Script::default()).await;
    let mut wire = Wire::connect(app.address).await;
    wire.send(&head(1_000_000)).await.expect("it is read");
    let answer = wire.read_until("}}").await;
    assert!(answer.starts_with("HTTP/1.1 404 ") && answer.contains("model_not_found"), "{answer}");
    let (status, told) = error(app.chat(&json!({})).await).await;
    assert_eq!((status, &told["code"]), (404, &"model_not_found".into()));
    assert!(told["message"].as_str().expect("a message").contains("`small`"), "a short one is told which: {told}");
}
