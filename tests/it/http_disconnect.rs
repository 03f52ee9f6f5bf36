//! A client that goes takes its compute and its place with it.

use minuted::http;

use crate::app::{Script, TestApp, Wishes, form, sentence, speech, until, until_async};
use crate::wire::{Wire, closing, file_part, head, text_part};

async fn one_at_a_time(script: &Script) -> TestApp {
    let settings = http::Settings { max_requests: 1, ..Default::default() };
    TestApp::with(Wishes { http: settings, script: Some(script.clone()), ..Wishes::default() }).await
}

async fn ask(app: &TestApp, stream: &str) -> Wire {
    let body = [text_part("stream", stream), file_part(&speech(100)), closing()].concat();
    let mut wire = Wire::begin(app.address, &format!("Content-Length: {}", body.len())).await;
    wire.send(&body).await.expect("it is read");
    wire
}

#[tokio::test]
async fn a_client_that_goes_stops_its_compute_and_frees_its_place() {
    for stream in ["false", "true"] {
        let script = Script::held();
        let app = one_at_a_time(&script).await;
        let wire = ask(&app, stream).await;
        until(|| script.started() > 0).await;
        drop(wire);
        until(|| script.cancelled() == script.started()).await;
        // Of four windows or more, only those that the two workers had were begun.
        let begun = script.started();
        assert!(begun <= 2, "stream={stream}: {begun}");
        script.release();
        until_async(|| async { app.transcribe(form(sentence())).await.status() == 200 }).await;
        assert_eq!(script.started(), begun + 1, "stream={stream}: no window of the one who left was begun");
    }
}

#[tokio::test]
async fn a_client_that_goes_is_missed_though_it_has_sent_more_than_its_request() {
    for more in [b"\r\n".as_slice(), b"GET /healthz HTTP/1.1\r\nHost: minuted\r\n\r\n", &vec![b'x'; 100_000]] {
        let script = Script::held();
        let app = one_at_a_time(&script).await;
        let mut wire = ask(&app, "false").await;
        wire.send(more).await.expect("it is taken");
        until(|| script.started() > 0).await;
        drop(wire);
        until(|| script.cancelled() == script.started()).await;
        let begun = script.started();
        script.release();
        until_async(|| async { app.transcribe(form(sentence())).await.status() == 200 }).await;
        assert_eq!(script.started(), begun + 1, "no window of the one who left was begun");
    }
}

#[tokio::test]
async fn a_client_that_goes_takes_the_request_behind_its_first_with_it() {
    let script = Script::held();
    let app = TestApp::scripted(&script).await;
    let body = [file_part(&sentence()), closing()].concat();
    let length = format!("Content-Length: {}", body.len());
    let mut wire = Wire::begin(app.address, &length).await;
    wire.send(&[body.clone(), head("/v1/audio/transcriptions", &length), body].concat()).await.expect("it is taken");
    until(|| script.started() > 0).await;
    drop(wire);
    until(|| script.cancelled() == 1).await;
    script.release();
    assert_eq!(app.transcribe(form(sentence())).await.status(), 200);
    assert_eq!(script.started(), 2, "its second request was not begun");
}

#[tokio::test]
async fn requests_may_come_before_the_answer_to_the_one_before() {
    let script = Script::held();
    let app = TestApp::scripted(&script).await;
    let mut wire = ask(&app, "false").await;
    until(|| script.started() > 0).await;
    wire.send(b"GET /healthz HTTP/1.1\r\nHost: minuted\r\nConnection: close\r\n\r\n").await.expect("it is taken");
    script.release();
    let answers = wire.read_to_end().await.expect("two answers");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
}

#[tokio::test]
async fn a_client_that_goes_is_counted() {
    let script = Script::held();
    let app = TestApp::scripted(&script).await;
    let body = [file_part(&sentence()), closing()].concat();
    let mut wire =
        Wire::begin_at(app.address, "/v1/audio/translations", &format!("Content-Length: {}", body.len())).await;
    wire.send(&body).await.expect("it is read");
    until(|| script.started() > 0).await;
    drop(wire);
    let counted = r#"minuted_http_requests_total{method="POST",route="/v1/audio/translations",status="client_gone"}"#;
    until_async(|| async { app.get("/metrics").await.text().await.expect("a body").contains(counted) }).await;
}

#[tokio::test]
async fn a_client_that_goes_during_its_upload_frees_its_place() {
    let script = Script::default();
    let app = one_at_a_time(&script).await;
    let mut wire = Wire::begin(app.address, "Content-Length: 1000000").await;
    wire.send(&file_part(&[0; 1000])).await.expect("it is read");
    until_async(|| async { app.transcribe(form(sentence())).await.status() == 429 }).await;
    drop(wire);
    until_async(|| async { app.transcribe(form(sentence())).await.status() == 200 }).await;
}
