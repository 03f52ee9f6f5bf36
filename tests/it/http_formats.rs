//! Every format of an answer, from the built-in model and a recording of a sentence.

use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::app::{TestApp, conforms, form, sentence, speech};

async fn body(app: &TestApp, form: Form, media_type: &str) -> String {
    let response = app.transcribe(form).await;
    let status = response.status();
    let told = response.headers().get("content-type").cloned();
    let body = response.text().await.expect("a body");
    assert_eq!(status, 200, "{body}");
    assert_eq!(told.expect("a content type"), media_type);
    body
}

async fn json_body(app: &TestApp, form: Form) -> Value {
    serde_json::from_str(&body(app, form, "application/json").await).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_formats_tell_the_same() {
    let app = TestApp::start().await;
    let with = |format: &'static str| form(sentence()).text("response_format", format);

    let json = json_body(&app, form(sentence())).await;
    conforms("json", &json);
    let text = json["text"].as_str().expect("text");
    assert!(text.split_whitespace().count() >= 4, "{text}");
    assert!(json.get("logprobs").is_none());

    let plain = "text/plain; charset=utf-8";
    assert_eq!(body(&app, with("text"), plain).await, format!("{text}\n"));

    let verbose = json_body(&app, with("verbose_json")).await;
    conforms("verbose_json", &verbose);
    assert_eq!((&verbose["text"], &verbose["usage"]), (&json["text"], &json["usage"]));
    assert_eq!((&verbose["task"], &verbose["language"]), (&json!("transcribe"), &json!("english")));
    let seconds = verbose["usage"]["seconds"].as_f64().expect("a number");
    let duration = verbose["duration"].as_f64().expect("a number");
    assert!(seconds >= duration && seconds - duration < 1.0);

    let srt = body(&app, with("srt"), plain).await;
    assert!(srt.starts_with("1\n00:00:0") && srt.ends_with("\n\n"), "{srt}");
    let vtt = body(&app, with("vtt"), "text/vtt; charset=utf-8").await;
    assert!(vtt.starts_with("WEBVTT\n\n00:00:0"), "{vtt}");
    for line in srt.lines().filter(|line| line.contains(char::is_alphabetic)) {
        assert!(text.contains(line) && vtt.contains(line), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_and_segments_come_as_they_are_asked_for() {
    let app = TestApp::start().await;
    for (granularities, segments, words) in [
        (&[][..], true, false),
        (&["segment"], true, false),
        (&["word"], false, true),
        (&["word", "segment"], true, true),
    ] {
        let mut form = form(sentence()).text("response_format", "verbose_json");
        for &granularity in granularities {
            form = form.text("timestamp_granularities[]", granularity);
        }
        let body = json_body(&app, form).await;
        conforms("verbose_json", &body);
        assert_eq!((body.get("segments").is_some(), body.get("words").is_some()), (segments, words));
        if let Some(told) = body["words"].as_array() {
            let joined: Vec<&str> = told.iter().filter_map(|word| word["word"].as_str()).collect();
            assert_eq!(joined.join(" "), body["text"].as_str().expect("text"));
            let times: Vec<f64> =
                told.iter().flat_map(|word| [&word["start"], &word["end"]]).filter_map(Value::as_f64).collect();
            assert!(times.is_sorted(), "{times:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logprobs_join_to_the_text() {
    let app = TestApp::start().await;
    let body = json_body(&app, form(sentence()).text("include[]", "logprobs")).await;
    conforms("json", &body);
    let tokens = body["logprobs"].as_array().expect("a list");
    let joined: Vec<u8> = tokens
        .iter()
        .flat_map(|token| token["bytes"].as_array().expect("bytes"))
        .map(|byte| u8::try_from(byte.as_u64().expect("a byte")).expect("a byte"))
        .collect();
    assert_eq!(String::from_utf8(joined).expect("UTF-8").trim(), body["text"].as_str().expect("text"));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_an_empty_transcript() {
    let app = TestApp::start().await;
    let mut silence = speech(2);
    silence[100..].fill(0);
    let verbose = json_body(&app, form(silence.clone()).text("response_format", "verbose_json")).await;
    conforms("verbose_json", &verbose);
    assert_eq!((&verbose["text"], &verbose["segments"]), (&json!(""), &json!([])));
    assert_eq!(verbose["usage"]["seconds"], 2);
    let text = form(silence.clone()).text("response_format", "text");
    assert_eq!(body(&app, text, "text/plain; charset=utf-8").await, "\n");
    let srt = form(silence).text("response_format", "srt");
    assert_eq!(body(&app, srt, "text/plain; charset=utf-8").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn translations_have_their_own_route() {
    let app = TestApp::start().await;
    let form = form(sentence()).text("response_format", "verbose_json").text("model", "whisper-1");
    let response = app.post("/v1/audio/translations", form).await;
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.expect("JSON");
    conforms("verbose_json", &body);
    assert_eq!((&body["task"], &body["language"]), (&json!("translate"), &json!("english")));
    assert_ne!(body["text"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_had_no_effect_is_named() {
    let app = TestApp::start().await;
    let form = form(sentence())
        .text("languages[]", "de")
        .text("known_speaker_names[]", "agent")
        .text("known_speaker_names[]", "customer")
        .text("chunking_strategy[type]", "server_vad")
        .text("chunking_strategy[threshold]", "0.5")
        .text("extra[a][]", "1")
        .text("prompt", "budget ".repeat(400));
    let response = app.transcribe(form).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers["x-minuted-ignored-params"], "languages, known_speaker_names, extra, chunking_strategy");
    assert!(headers["x-minuted-prompt-truncated"].to_str().expect("ASCII").ends_with("tokens used"));
    let plain = app.transcribe(crate::app::form(sentence()).text("chunking_strategy", "auto")).await;
    for name in ["x-minuted-ignored-params", "x-minuted-prompt-truncated", "x-minuted-damage"] {
        assert!(!plain.headers().contains_key(name), "{name}");
    }
}
