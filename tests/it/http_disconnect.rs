//! A client that goes takes its compute and its place with it.

use minuted::http;

use crate::app::{Script, TestApp, Wishes, form, sentence, speech, until, until_async};
use crate::wire::{Wire, closing, file_part, head, text_part};

/// What nobody reads stays in the server's socket, which holds 64 KiB at least. Behind more than that, a client's end would
/// not arrive.
const MOST_UNREAD: usize = 30_000;

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

/// Whoever asked has left.
async fn only_the_next_is_heard(app: &TestApp, script: &Script) {
    until(|| script.cancelled() == script.started()).await;
    script.release();
    until_async(|| async { app.transcribe(form(sentence())).await.status() == 200 }).await;
    let (started, cancelled) = (script.started(), script.cancelled());
    assert_eq!(started - cancelled, 1, "only the next one's window was recognised");
    // There were four windows or more. A worker may have had one and begun it after the other's was given up.
    assert!(started <= 3, "only those of the one who left that the two workers had were begun: {started}");
}

#[tokio::test]
async fn a_client_that_goes_stops_its_compute_and_frees_its_place() {
    for stream in ["false", "true"] {
        let script = Script::held();
        let app = one_at_a_time(&script).await;
        let wire = ask(&app, stream).await;
        until(|| script.started() > 0).await;
        drop(wire);
        only_the_next_is_heard(&app, &script).await;
    }
}

#[tokio::test]
async fn a_client_that_goes_is_missed_though_it_has_sent_more_than_its_request() {
    for more in [b"\r\n".as_slice(), b"GET /healthz HTTP/1.1\r\nHost: minuted\r\n\r\n", &vec![b'x'; MOST_UNREAD]] {
        let script = Script::held();
        let app = one_at_a_time(&script).await;
        let mut wire = ask(&app, "false").await;
        wire.send(more).await.expect("it is taken");
        until(|| script.started() > 0).await;
        drop(wire);
        only_the_next_is_heard(&app, &script).await;
    }
}

#[tokio::test]
async fn a_client_that_goes_takes_the_request_behind_its_first_with_it() {
    let script = Script::held();
    let app = TestApp::scripted(&script).await;
    let request = |file: &[u8]| {
        let body = [file_part(file), closing()].concat();
        let length = format!("Content-Length: {}", body.len());
        [head("/v1/audio/transcriptions", &length), body].concat()
    };
    let mut wire = Wire::connect(app.address).await;
    let second = request(&sentence()[..MOST_UNREAD]);
    wire.send(&[request(&sentence()), second].concat()).await.expect("it is taken");
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
