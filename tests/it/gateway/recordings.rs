//! Recordings for a model that a backend has: passed on as a form, billed by the length that we measure.

use futures_util::StreamExt;
use serde_json::json;

use super::behind;
use super::stub::{Act, DONE, End, Stub};
use crate::app::{TestApp, error, form, sample, speech, until};

async fn remote(stub: &Stub) -> TestApp {
    behind(&stub.entry("one", "kind = \"openai\"", r#"{ id = "far", upstream = "org/far", capabilities = ["audio"] }"#))
        .await
}

#[tokio::test]
async fn a_recording_goes_to_the_backend_and_its_started_minutes_are_charged() {
    let stub = Stub::that(Act::Json(json!({"text": "far away", "usage": {"type": "duration", "seconds": 1}}))).await;
    let app = remote(&stub).await;
    let asked = form(speech(61)).text("model", "far").text("language", "en").text("timestamp_granularities[]", "word");
    let answer = app.transcribe(asked.text("initial_prompt", "Alice").text("service_tier", "scale")).await;
    assert_eq!(answer.status(), 200);
    for (name, value) in
        [("x-minuted-billed-seconds", "120"), ("x-minuted-billed-minutes", "2"), ("x-minuted-cost", "0.02 EUR")]
    {
        assert_eq!(answer.headers()[name], value);
    }
    assert_eq!(answer.json::<serde_json::Value>().await.expect("JSON")["text"], "far away");
    let sent = stub.last();
    assert_eq!(sent.path, "/v1/audio/transcriptions");
    let head = String::from_utf8_lossy(&sent.body[..2_000]).into_owned();
    for part in [
        "name=\"model\"\r\n\r\norg/far\r\n",
        "name=\"language\"\r\n\r\nen\r\n",
        "name=\"timestamp_granularities[]\"\r\n\r\nword\r\n",
        "name=\"prompt\"\r\n\r\nAlice\r\n",
        "name=\"service_tier\"\r\n\r\nscale\r\n",
    ] {
        assert!(head.contains(part), "{head}");
    }
    let start = head.find("\r\n\r\nRIFF").expect("the recording is in it") + 4;
    let recording = speech(61);
    assert!(sent.body[start..].starts_with(&recording), "as it was");
    app.settled().await;
    assert_eq!(app.books().charged().await, [20]);
}

#[tokio::test]
async fn fields_that_mean_nothing_here_go_to_the_backend_too() {
    let stub = Stub::that(Act::Json(json!({"text": "far away"}))).await;
    let app = remote(&stub).await;
    let asked =
        form(speech(1)).text("model", "far").text("language", "").text("timestamp_granularities", "word,segment");
    let asked = asked.text("keywords[]", "acme").text("keywords[]", "corp").text("vad_filter", "true");
    let asked = asked.text("include", "[\"logprobs\"]").text("Model", "dear").text("long", "x".repeat(70_000));
    let answer = app.transcribe(asked).await;
    assert_eq!(answer.headers()["x-minuted-ignored-params"], "Model, long");
    let sent = stub.last();
    let text = String::from_utf8_lossy(&sent.body).into_owned();
    let head = text.split("name=\"file\"").next().expect("a head");
    let parts = head.split("\r\n\r\n").zip(head.split("\r\n\r\n").skip(1));
    let name = |part: &str| part.rsplit_once("name=\"").map(|(_, name)| name.trim_end_matches('"').to_owned());
    let fields: Vec<_> = parts
        .filter_map(|(before, after)| Some((name(before)?, after.split("\r\n").next().unwrap_or_default().to_owned())))
        .collect();
    let expected = [
        ("model", "org/far"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
        ("include[]", "logprobs"),
        ("keywords[]", "acme"),
        ("keywords[]", "corp"),
        ("vad_filter", "true"),
    ];
    assert_eq!(fields, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[tokio::test]
async fn a_recording_without_an_ending_is_named_by_its_container() {
    let stub = Stub::that(Act::Json(json!({"text": "far away"}))).await;
    let app = remote(&stub).await;
    for (file, name) in [
        ("wav-s16.wav", "recording.wav"),
        ("mp3-cbr.mp3", "recording.mp3"),
        ("opus-live.webm", "recording.webm"),
        ("opus.ogg", "recording.ogg"),
        ("aac-index-last.m4a", "recording.mp4"),
    ] {
        assert_eq!(app.transcribe(form(sample(file)).text("model", "far")).await.status(), 200);
        let sent = stub.last();
        let head = String::from_utf8_lossy(&sent.body[..1_000]).into_owned();
        assert!(head.contains(&format!("filename=\"{name}\"")), "{file}: {head}");
    }
}

#[tokio::test]
async fn a_task_that_is_left_empty_is_none() {
    let stub = Stub::that(Act::Json(json!({"text": "far away"}))).await;
    let app = remote(&stub).await;
    for task in ["", " ", "transcribe"] {
        assert_eq!(app.transcribe(form(speech(1)).text("model", "far").text("task", task)).await.status(), 200);
    }
}

#[tokio::test]
async fn a_streamed_transcript_passes_and_failures_cost_nothing() {
    let events = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"far\"}\n\n".to_owned();
    let stub = Stub::that(Act::Stream(vec![events.clone(), DONE.to_owned()], End::Whole)).await;
    let app = remote(&stub).await;
    let answer = app.transcribe(form(speech(3)).text("model", "far").text("stream", "true")).await;
    assert_eq!(answer.text().await.expect("a body"), [events, DONE.to_owned()].concat());
    for (act, status) in [(Act::Status(500, vec![]), 502), (Act::Status(400, vec![]), 400)] {
        stub.now_does(act);
        let answer = app.transcribe(form(speech(3)).text("model", "far")).await;
        assert_eq!((answer.status().as_u16(), answer.headers().get("x-minuted-cost")), (status, None));
    }
    app.settled().await;
    assert_eq!(app.books().charged().await, [10]);
    assert_eq!(app.books().steps().await.iter().filter(|step| **step == "void").count(), 2);
}

#[tokio::test]
async fn a_streamed_transcript_that_ends_early_costs_nothing_unless_its_client_ends_it() {
    let events = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"far\"}\n\n".to_owned();
    let refusal = "data: {\"error\":{\"message\":\"no\",\"code\":400}}\n\n".to_owned();
    let stub = Stub::that(Act::Stream(vec![events.clone()], End::Cut)).await;
    let app = remote(&stub).await;
    let ask = async || app.transcribe(form(speech(61)).text("model", "far").text("stream", "true")).await;
    let told = ask().await.text().await.expect("it ends as it should");
    assert!(told.starts_with(&events) && told.contains("backend_failed"), "{told}");
    stub.now_does(Act::Stream(vec![events.clone(), refusal], End::Whole));
    assert!(ask().await.text().await.expect("whole").contains("error"));
    app.settled().await;
    assert_eq!(app.books().charged().await.iter().sum::<i64>(), 0);
    stub.now_does(Act::Stream(vec![events], End::Stall));
    let mut answer = ask().await.bytes_stream();
    answer.next().await.expect("a chunk").expect("whole");
    drop(answer);
    app.settled().await;
    assert_eq!(app.books().charged().await.iter().sum::<i64>(), 20);
}

#[tokio::test]
async fn a_recording_whose_client_goes_before_it_is_told_anything_costs_nothing() {
    let stub = Stub::that(Act::Silence).await;
    let app = remote(&stub).await;
    let asked = app.client.post(app.url("/v1/audio/transcriptions")).multipart(form(speech(61)).text("model", "far"));
    let asked = tokio::spawn(asked.send());
    until(|| stub.count() == 1).await;
    asked.abort();
    until(|| stub.open() == 0).await;
    assert!(app.settled().await.is_empty());
    assert_eq!(app.books().steps().await, ["hold", "void"]);
}

#[tokio::test]
async fn what_is_no_recording_is_not_passed_on() {
    let stub = Stub::that(Act::Json(json!({}))).await;
    let app = remote(&stub).await;
    let (status, told) = error(app.transcribe(form(vec![7; 5_000]).text("model", "far")).await).await;
    assert_eq!((status, &told["code"]), (400, &"unsupported_format".into()));
    for (path, task, param, code) in [
        ("transcriptions", "translate", "task", "unsupported_value"),
        ("translations", "", "model", "unsupported_capability"),
        ("translations", "transcribe", "model", "unsupported_capability"),
    ] {
        let asked = form(speech(3)).text("model", "far").text("task", task);
        let (status, told) = error(app.post(&format!("/v1/audio/{path}"), asked).await).await;
        assert_eq!(
            (status, &told["param"], &told["code"]),
            (400, &param.into(), &code.into()),
            "{path} {task}: {told}"
        );
    }
    assert_eq!((stub.count(), app.books().steps().await.len()), (0, 0));
}
