//! Bodies that are too large, too slow, cut off, or framed in every way.

use std::fs;
use std::path::Path;
use std::time::Duration;

use minuted::{audio, http};
use serde_json::Value;

use crate::app::{Script, TestApp, Wishes, error, form, sentence, speech, until, until_async};
use crate::wire::{Wire, closing, file_part, text_part};

async fn with_limit(bytes: u64) -> TestApp {
    let audio = audio::Settings { max_upload_bytes: bytes, max_upload_in_memory: 1000, ..Default::default() };
    TestApp::with(Wishes { audio, script: Some(Script::default()), ..Wishes::default() }).await
}

#[tokio::test]
async fn a_length_that_is_too_large_is_refused_before_the_body() {
    let app = with_limit(10_000).await;
    let mut wire = Wire::begin(app.address, "Content-Length: 10001").await;
    let answer = wire.read_until("}}").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("Maximum content size limit (10000) exceeded (10001 bytes announced)"), "{answer}");
    assert!(answer.contains(r#""usage":{"type":"duration","seconds":0}"#), "{answer}");
}

#[tokio::test]
async fn a_body_without_a_length_is_refused_when_the_count_passes() {
    let app = with_limit(100_000).await;
    let mut wire = Wire::begin(app.address, "Transfer-Encoding: chunked").await;
    wire.send_chunk(&file_part(&vec![0; 150_000])).await.expect("it is read");
    // No more is sent, and no end: the answer comes all the same.
    let answer = wire.read_until("}}").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_client_that_sends_on_still_gets_its_answer() {
    let app = with_limit(100_000).await;
    let mut wire = Wire::begin(app.address, "Transfer-Encoding: chunked").await;
    let megabyte = vec![0; 1_000_000];
    for _ in 0..20 {
        wire.send_chunk(&megabyte).await.expect("what is sent is read, to the end");
    }
    wire.send(b"0\r\n\r\n").await.expect("what is sent is read, to the end");
    let answer = wire.read_to_end().await.expect("no reset");
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_large_upload_leaves_no_name_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Script::held();
    let audio =
        audio::Settings { max_upload_in_memory: 1000, spool_dir: Some(folder.path().to_owned()), ..Default::default() };
    let app = TestApp::with(Wishes { audio, script: Some(script.clone()), ..Wishes::default() }).await;
    let request = app.client.post(app.url("/v1/audio/transcriptions")).multipart(form(speech(30)));
    let answer = tokio::spawn(request.send());
    crate::app::until(|| script.started() > 0).await;
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0);
    script.release();
    assert_eq!(answer.await.expect("no panic").expect("an answer").status(), 200);
}

/// Bytes in this process's files in a folder, which have no name there.
fn spooled(folder: &Path) -> u64 {
    let files = fs::read_dir("/proc/self/fd").expect("Linux").flatten().map(|file| file.path());
    let ours = files.filter(|file| fs::read_link(file).is_ok_and(|place| place.starts_with(folder)));
    ours.filter_map(|file| fs::metadata(file).ok()).map(|found| found.len()).sum()
}

#[tokio::test]
async fn uploads_have_so_much_space_together_and_the_rest_is_a_429() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let spool_dir = Some(folder.path().to_owned());
    let audio = audio::Settings { max_spooled: 1_200_000, max_upload_in_memory: 1000, spool_dir, ..Default::default() };
    let app = TestApp::with(Wishes { audio, script: Some(Script::default()), ..Wishes::default() }).await;
    let ask = async || app.transcribe(form(speech(16))).await;
    let mut half_sent = Wire::begin(app.address, "Content-Length: 1040000").await;
    half_sent.send(&file_part(&vec![0; 1_000_000])).await.expect("it is read");
    // A quarter of a MiB may wait to be spooled; then no more is taken for it.
    until(|| spooled(folder.path()) > 1_000_000 - (256 << 10)).await;
    let response = ask().await;
    assert!(response.headers().contains_key("retry-after"));
    let (status, error) = error(response).await;
    assert_eq!((status, &error["code"]), (429, &Value::from("queue_full")));
    drop(half_sent);
    until_async(async || ask().await.status() == 200).await;
    let mut never = Wire::begin(app.address, "Content-Length: 1150000").await;
    let answer = never.read_until("}}").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "it would not fit if it were the only one: {answer}");
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_is_not_the_callers_fault() {
    let audio =
        audio::Settings { max_upload_in_memory: 1000, spool_dir: Some("/nowhere/at/all".into()), ..Default::default() };
    let app = TestApp::with(Wishes { audio, script: Some(Script::default()), ..Wishes::default() }).await;
    let response = app.transcribe(form(sentence())).await;
    assert!(response.headers().contains_key("retry-after"));
    let (status, error) = error(response).await;
    assert_eq!((status, &error["code"]), (503, &Value::from("storage_failed")));
    assert!(!error["message"].to_string().contains("nowhere"));
}

#[tokio::test]
async fn a_body_that_stops_coming_is_a_408() {
    let settings = http::Settings { body_idle_timeout: Duration::from_millis(50), ..Default::default() };
    let wishes = Wishes { http: settings, script: Some(Script::default()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let mut wire = Wire::begin(app.address, "Content-Length: 5000").await;
    wire.send(&text_part("model", "whisper-1")).await.expect("it is read");
    let answer = wire.read_until("}}").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("request_timeout"), "{answer}");
}

#[tokio::test]
async fn a_head_that_stops_coming_is_not_waited_for() {
    let settings = http::Settings { header_timeout: Duration::from_millis(50), ..Default::default() };
    let wishes = Wishes { http: settings, script: Some(Script::default()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let mut wire = Wire::connect(app.address).await;
    wire.send(b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost:").await.expect("it is read");
    wire.read_to_end().await.expect("the server closes");
}

#[tokio::test]
async fn a_form_that_is_cut_off_is_a_400() {
    let app = TestApp::scripted(&Script::default()).await;
    let mut wire = Wire::begin(app.address, "Transfer-Encoding: chunked").await;
    wire.send_chunk(&file_part(&sentence()[..5000])).await.expect("it is read");
    wire.send(b"0\r\n\r\n").await.expect("it is read");
    let answer = wire.read_until("}}").await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("invalid_form"), "{answer}");
}

#[tokio::test]
async fn file_first_and_file_last_in_small_chunks_are_the_same() {
    let app = TestApp::scripted(&Script::default()).await;
    let file = file_part(&sentence());
    let text = text_part("response_format", "text");
    for body in [[file.clone(), text.clone(), closing()].concat(), [text, file, closing()].concat()] {
        let mut wire = Wire::begin(app.address, "Transfer-Encoding: chunked\r\nConnection: close").await;
        for chunk in body.chunks(777) {
            wire.send_chunk(chunk).await.expect("it is read");
        }
        wire.send(b"0\r\n\r\n").await.expect("it is read");
        let answer = wire.read_to_end().await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("Window "), "{answer}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again_after_an_answer() {
    let app = TestApp::scripted(&Script::default()).await;
    let body = [file_part(&sentence()), closing(), b"an epilogue".to_vec()].concat();
    let length = format!("Content-Length: {}", body.len());
    let mut wire = Wire::begin(app.address, &length).await;
    wire.send(&body).await.expect("it is read");
    assert!(wire.read_until("}}").await.starts_with("HTTP/1.1 200 "));
    wire.send(b"GET /healthz HTTP/1.1\r\nHost: minuted\r\n\r\n").await.expect("it is read");
    assert!(wire.read_until("}").await.starts_with("HTTP/1.1 200 "));
}
