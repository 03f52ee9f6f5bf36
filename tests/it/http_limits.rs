//! A full house.

use minuted::accounts::Opening;
use minuted::http;
use minuted::status::Measure;
use serde_json::json;

use crate::app::{Script, TestApp, Wishes, error, form, sentence, until, until_async};
use crate::callers::TestCaller;
use crate::gateway::chat;
use crate::gateway::stub::{Act, Stub};
use crate::status::counting;
use crate::wire::Wire;

#[tokio::test]
async fn one_request_too_many_is_a_429_that_says_when_to_come_back() {
    let script = Script::held();
    let settings = http::Settings { max_requests: 2, ..Default::default() };
    let app = TestApp::with(Wishes { http: settings, script: Some(script.clone()), ..Wishes::default() }).await;
    let inside: Vec<_> = (0..2)
        .map(|_| {
            let request = app.client.post(app.url("/v1/audio/transcriptions")).multipart(form(sentence()));
            tokio::spawn(request.send())
        })
        .collect();
    until(|| script.started() == 2).await;

    let refused = app.transcribe(form(sentence())).await;
    let wait: u64 = refused.headers()["retry-after"].to_str().expect("ASCII").parse().expect("a number");
    assert!((1..=60).contains(&wait), "{wait}");
    let (status, told) = error(refused).await;
    assert_eq!((status, &told["code"]), (429, &"queue_full".into()));

    // What is not a transcription is answered as ever.
    assert_eq!(app.get("/readyz").await.status(), 200);
    script.release();
    for request in inside {
        assert_eq!(request.await.expect("no panic").expect("an answer").status(), 200);
    }
    until_async(|| async { app.transcribe(form(sentence())).await.status() == 200 }).await;
}

#[tokio::test]
async fn one_account_leaves_the_last_places_to_others_and_is_no_overload() {
    let script = Script::held();
    let settings = http::Settings { max_requests: 8, ..Default::default() };
    let keys = Some(Opening::Closed);
    let app = TestApp::with(Wishes { http: settings, script: Some(script.clone()), keys, ..Wishes::default() }).await;
    let (alice, bob) = (app.caller("alice").await, app.caller("bob").await);
    let ask = |caller: &TestCaller| {
        let request = caller.request(reqwest::Method::POST, "/v1/audio/transcriptions").multipart(form(sentence()));
        tokio::spawn(request.send())
    };
    let mut inside: Vec<_> = (0..7).map(|_| ask(&alice)).collect();
    until(|| script.started() == 2 && app.queued() == 5).await;

    let refused = alice.transcribe(form(sentence())).await;
    assert!(refused.headers().contains_key("retry-after"));
    let (status, told) = error(refused).await;
    assert_eq!((status, &told["code"]), (429, &"rate_limit_exceeded".into()));
    inside.push(ask(&bob));
    until(|| app.queued() == 6).await;
    let (status, told) = error(bob.transcribe(form(sentence())).await).await;
    assert_eq!((status, &told["code"]), (429, &"queue_full".into()));

    script.release();
    for request in inside {
        assert_eq!(request.await.expect("no panic").expect("an answer").status(), 200);
    }
    let tally = counting(&app, Measure::Served, 8).await;
    assert_eq!(tally.total(Measure::Failed), 1, "the one for which the house was full");
}

#[tokio::test]
async fn one_account_leaves_places_at_backends_to_others_too() {
    let stub = Stub::that(Act::Silence).await;
    let wishes = Wishes {
        script: Some(Script::default()),
        keys: Some(Opening::Closed),
        backends: Some(stub.entry("one", "kind = \"vllm\"", crate::gateway::SMALL)),
        passed_on: Some(8),
        ..Wishes::default()
    };
    let app = TestApp::with(wishes).await;
    let (alice, bob) = (app.caller("alice").await, app.caller("bob").await);
    let ask = |caller: &TestCaller| {
        caller.request(reqwest::Method::POST, "/v1/chat/completions").json(&chat(&json!({}))).send()
    };
    let mut inside: Vec<_> = (0..7).map(|_| tokio::spawn(ask(&alice))).collect();
    until(|| stub.count() == 7).await;
    let (status, told) = error(ask(&alice).await.expect("an answer")).await;
    assert_eq!((status, &told["code"]), (429, &"rate_limit_exceeded".into()));
    inside.push(tokio::spawn(ask(&bob)));
    until(|| stub.count() == 8).await;
    inside.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_connection_too_many_waits_outside_until_one_closes() {
    const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: minuted\r\n\r\n";
    let settings = http::Settings { max_connections: 2, ..Default::default() };
    let wishes = Wishes { http: settings, script: Some(Script::default()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let mut inside = [Wire::connect(app.address).await, Wire::connect(app.address).await];
    for wire in &mut inside {
        wire.send(ASK).await.expect("it is read");
        wire.read_until("}").await;
    }
    let mut outside = Wire::connect(app.address).await;
    outside.send(ASK).await.expect("the system takes it");
    let waits = tokio::time::timeout(std::time::Duration::from_millis(100), outside.read_until("}")).await;
    assert!(waits.is_err(), "{waits:?}");
    drop(inside);
    assert!(outside.read_until("}").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_head_that_is_too_long_is_a_431() {
    let app = TestApp::scripted(&Script::default()).await;
    for (bytes, status) in [(60 << 10, "200"), (200 << 10, "431")] {
        let mut wire = Wire::connect(app.address).await;
        let head = format!("GET /healthz HTTP/1.1\r\nHost: minuted\r\nX-Long: {}\r\n\r\n", "x".repeat(bytes));
        wire.send(head.as_bytes()).await.expect("it is read");
        let answer = wire.read_until("\r\n\r\n").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}
