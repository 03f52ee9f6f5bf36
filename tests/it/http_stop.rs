//! A stop that keeps its word.

use std::time::Duration;

use minuted::http;
use tokio::task::JoinHandle;

use crate::app::{Script, TestApp, Wishes, error, form, sentence, speech, until};
use crate::wire::Wire;

type Asked = JoinHandle<reqwest::Result<reqwest::Response>>;

async fn draining_within(time: Duration, script: &Script) -> TestApp {
    let settings = http::Settings { drain_timeout: time, ..Default::default() };
    TestApp::with(Wishes { http: settings, script: Some(script.clone()), ..Wishes::default() }).await
}

fn ask(app: &TestApp) -> Asked {
    tokio::spawn(app.client.post(app.url("/v1/audio/transcriptions")).multipart(form(sentence())).send())
}

/// Waits until the server has read this many requests for a transcript; two of them are with the workers.
async fn in_flight(app: &TestApp, script: &Script, count: usize) {
    until(|| script.started() == 2 && app.queued() == count - 2).await;
}

#[tokio::test]
async fn twenty_in_flight_are_finished() {
    let script = Script::held();
    let mut app = draining_within(Duration::from_mins(10), &script).await;
    let asked: Vec<Asked> = (0..20).map(|_| ask(&app)).collect();
    in_flight(&app, &script, 20).await;
    app.tell_to_stop();
    crate::app::until_async(|| async { tokio::net::TcpStream::connect(app.address).await.is_err() }).await;
    script.release();
    for request in asked {
        let response = request.await.expect("no panic").expect("an answer");
        assert_eq!(response.status(), 200);
        assert!(response.text().await.expect("a whole body").contains("Window "));
    }
    app.ended().await;
}

#[tokio::test]
async fn twenty_in_flight_that_take_too_long_get_a_503() {
    let script = Script::held();
    let mut app = draining_within(Duration::from_millis(20), &script).await;
    let asked: Vec<Asked> = (0..20).map(|_| ask(&app)).collect();
    in_flight(&app, &script, 20).await;
    app.tell_to_stop();
    for request in asked {
        let response = request.await.expect("no panic").expect("an answer");
        assert!(response.headers().contains_key("retry-after"));
        let (status, error) = error(response).await;
        assert_eq!((status, &error["code"]), (503, &"shutting_down".into()));
    }
    app.ended().await;
    until(|| script.cancelled() == script.started()).await;
    // A worker may have begun one more before that request, too, was dropped; it gave it up again.
    assert!(script.started() < 20, "what waited was not begun");
}

#[tokio::test]
async fn a_streamed_answer_that_takes_too_long_ends_with_an_event() {
    let script = Script::held();
    let mut app = draining_within(Duration::from_millis(20), &script).await;
    let response = app.transcribe(form(speech(40)).text("stream", "true")).await;
    assert_eq!(response.status(), 200);
    app.tell_to_stop();
    let body = response.text().await.expect("a whole body");
    assert!(body.contains("event: error\ndata: {\"error\":"), "{body}");
    assert!(body.contains("shutting_down") && !body.contains("[DONE]"), "{body}");
    app.ended().await;
}

#[tokio::test]
async fn a_service_without_requests_stops_at_once_whoever_is_connected() {
    let script = Script::default();
    let mut app = draining_within(Duration::from_mins(10), &script).await;
    let silent = tokio::net::TcpStream::connect(app.address).await.expect("it listens");
    assert_eq!(app.get("/healthz").await.status(), 200); // and this client keeps its connection
    app.tell_to_stop();
    app.ended().await;
    drop(silent);
}

#[tokio::test]
async fn one_that_has_time_to_be_found_stopping_says_so_and_goes_on() {
    let settings = http::Settings { lame_duck: Duration::from_mins(10), ..Default::default() };
    let script = Some(Script::default());
    let mut app = TestApp::with(Wishes { http: settings, script, ..Wishes::default() }).await;
    let mut silent = Wire::connect(app.address).await;
    app.tell_to_stop();
    // Others than those that were there before.
    let health = reqwest::get(app.url("/readyz")).await.expect("connections are taken");
    assert_eq!(health.status(), 503);
    assert!(health.text().await.expect("a body").contains("stopping"));
    silent.send(b"GET /healthz HTTP/1.1\r\nHost: minuted\r\n\r\n").await.expect("it is still open");
    assert!(silent.read_until("}").await.starts_with("HTTP/1.1 200 "));
    assert_eq!(app.transcribe(form(sentence())).await.status(), 200);

    tokio::time::pause(); // they pass at once where all wait for it
    app.ended().await;
    assert!(tokio::net::TcpStream::connect(app.address).await.is_err());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_client_to_close_its_idle_connection() {
    let mut app = draining_within(Duration::from_mins(10), &Script::default()).await;
    tokio::time::pause(); // once the database is open, which takes its own time
    let mut idle = Wire::connect(app.address).await;
    idle.send(b"GET /healthz HTTP/1.1\r\nHost: minuted\r\n\r\n").await.expect("it is read");
    idle.read_until("}").await;
    let start = tokio::time::Instant::now();
    app.tell_to_stop();
    app.ended().await;
    assert_eq!(start.elapsed(), Duration::ZERO, "on a clock that goes on only when all wait for it");
    drop(idle);
}
