//! Answers that are read to their end though their clients have gone.

use std::time::Duration;

use futures_util::StreamExt;
use minuted::http;
use serde_json::json;

use super::money::{stream, tokens};
use super::stub::{DONE, End, Stub, delta, usage};
use crate::app::{Script, TestApp, Wishes};

#[tokio::test]
async fn where_it_is_drained_the_backend_counts_to_the_end() {
    let chunks = (0..30).map(|_| delta("word")).chain([usage(9, 77), DONE.to_owned()]).collect();
    let stub = Stub::that(stream(chunks, End::Whole)).await;
    let entry = stub.entry("one", "kind = \"vllm\"", super::SMALL);
    let app = super::behind(&format!("on_disconnect = \"drain\"\n{entry}")).await;
    let mut answer = app.chat(&json!({"stream": true})).await.bytes_stream();
    answer.next().await.expect("a chunk").expect("whole");
    drop(answer);
    assert_eq!(tokens(&app).await, (9, 77));
    assert_eq!(app.books().steps().await, ["hold", "settle"]);
}

/// A service that drains, before this backend, and stops within `time`. Its only client has gone after the first chunk.
async fn drained_at_a_stop(stub: &Stub, time: Duration) -> TestApp {
    let backends = format!("on_disconnect = \"drain\"\n{}", stub.entry("one", "kind = \"vllm\"", super::SMALL));
    let http = http::Settings { drain_timeout: time, ..http::Settings::default() };
    let script = Some(Script::default());
    let mut app = TestApp::with(Wishes { script, http, backends: Some(backends), ..Wishes::default() }).await;
    let mut answer = app.chat(&json!({"stream": true})).await.bytes_stream();
    answer.next().await.expect("a chunk").expect("whole");
    drop(answer);
    app.tell_to_stop();
    app.ended().await;
    app
}

#[tokio::test]
async fn a_stop_waits_for_what_is_drained() {
    let chunks = (0..100).map(|_| delta("word")).chain([usage(9, 77), DONE.to_owned()]).collect();
    let stub = Stub::that(stream(chunks, End::Whole)).await;
    let app = drained_at_a_stop(&stub, Duration::from_mins(10)).await;
    assert_eq!(stub.open(), 0, "it was read before the end");
    assert_eq!(tokens(&app).await, (9, 77));
}

#[tokio::test]
async fn what_is_drained_for_too_long_at_a_stop_is_charged_as_far_as_it_came() {
    let stub = Stub::that(stream((0..30).map(|_| delta("word")).collect(), End::Stall)).await;
    let app = drained_at_a_stop(&stub, Duration::from_millis(500)).await;
    let charged = tokio::time::timeout(Duration::from_secs(10), tokens(&app)).await;
    let (input, output) = charged.expect("the backend would be waited for for longer");
    assert!(input > 0 && output > 0, "{input} {output}");
}
