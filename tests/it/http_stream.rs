//! Streamed answers.

use serde_json::Value;

use crate::app::{Script, TestApp, conforms, error, form, sentence, speech};

/// The data of every event, in order, and the names of those that have one.
async fn events(response: reqwest::Response) -> (Vec<String>, Vec<String>) {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let body = response.text().await.expect("a body");
    let of = |prefix: &str| body.lines().filter_map(|line| line.strip_prefix(prefix)).map(str::to_owned).collect();
    (of("data: "), of("event: "))
}

fn parsed(data: &[String]) -> Vec<Value> {
    data.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn deltas(events: &[Value]) -> String {
    events.iter().filter_map(|event| event["delta"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deltas_joined_are_the_text_that_comes_whole() {
    let app = TestApp::start().await;
    let (data, names) = events(app.transcribe(form(sentence()).text("stream", "true")).await).await;
    assert!(names.is_empty());
    let whole: Value = app.transcribe(form(sentence())).await.json().await.expect("JSON");
    let text = whole["text"].as_str().expect("text");
    assert!(!text.is_empty());
    assert_eq!(deltas(&parsed(&data[..data.len() - 1])), text);
}

#[tokio::test]
async fn every_window_is_a_delta_and_the_last_event_has_them_all() {
    let app = TestApp::scripted(&Script::default()).await;
    for format in ["json", "text"] {
        let form = form(speech(70)).text("stream", "1").text("response_format", format);
        let (data, names) = events(app.transcribe(form).await).await;
        assert!(names.is_empty());
        let (last, data) = data.split_last().expect("there are events");
        assert_eq!(last, "[DONE]");
        let told = parsed(data);
        for event in &told {
            conforms("event", event);
        }
        let (done, pieces) = told.split_last().expect("there are events");
        assert!(pieces.len() >= 3, "70 s are at least three windows");
        assert_eq!(done["text"], deltas(pieces));
        assert_eq!(done["usage"]["seconds"], 70);
    }
}

#[tokio::test]
async fn a_prompt_that_is_cut_is_told_before_the_first_event() {
    let app = TestApp::scripted(&Script::default()).await;
    for (prompt, cut) in [("minutes of the meeting ".repeat(100), true), ("minutes".to_owned(), false)] {
        let response = app.transcribe(form(sentence()).text("stream", "true").text("prompt", prompt)).await;
        assert_eq!(response.headers().contains_key("x-minuted-prompt-truncated"), cut);
    }
}

#[tokio::test]
async fn logprobs_are_streamed() {
    let app = TestApp::scripted(&Script::default()).await;
    let form = form(speech(40)).text("stream", "true").text("include[]", "logprobs");
    let (data, _) = events(app.transcribe(form).await).await;
    let told = parsed(&data[..data.len() - 1]);
    for event in &told {
        conforms("event", event);
    }
    let (done, pieces) = told.split_last().expect("there are events");
    let in_pieces: Vec<&Value> =
        pieces.iter().flat_map(|piece| piece["logprobs"].as_array().expect("a list")).collect();
    assert_eq!(done["logprobs"].as_array().expect("a list").iter().collect::<Vec<_>>(), in_pieces);
    assert!(in_pieces.len() >= 2);
}

#[tokio::test]
async fn the_text_comes_while_the_rest_is_still_to_be_heard() {
    let script = Script::held();
    let app = TestApp::scripted(&script).await;
    // The head of the answer is there before the first window is done.
    let mut response = app.transcribe(form(speech(40)).text("stream", "true")).await;
    assert_eq!(response.status(), 200);
    script.release();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.expect("the connection holds") {
        body.extend_from_slice(&chunk);
    }
    assert!(String::from_utf8_lossy(&body).ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn a_failure_after_the_start_is_an_event() {
    let app = TestApp::scripted(&Script::failing_at(1)).await;
    // Windows of two workers may change places: the second to start fails, whichever it is.
    let (data, names) = events(app.transcribe(form(speech(100)).text("stream", "true")).await).await;
    assert_eq!(names, ["error"]);
    let failure: Value = serde_json::from_str(data.last().expect("there are events")).expect("JSON");
    conforms("error", &failure);
    assert_eq!(failure["error"]["code"], "recognition_failed");
    assert!(!data.iter().any(|line| line == "[DONE]"));
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_refused_before_the_stream() {
    let app = TestApp::scripted(&Script::default()).await;
    let form = form(b"no recording".to_vec()).text("stream", "true");
    let (status, error) = error(app.transcribe(form).await).await;
    assert_eq!((status, &error["code"]), (400, &"unsupported_format".into()));
}
