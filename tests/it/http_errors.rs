//! Everything that can be wrong with a request, and what it is told as.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::app::{Script, TestApp, error, form, sample, sentence};

fn told(error: &Value) -> (&Value, &Value) {
    (&error["code"], &error["param"])
}

#[tokio::test]
async fn fields_that_are_wrong_are_named() {
    let app = TestApp::scripted(&Script::default()).await;
    let cases = [
        ("response_format", "diarized_json", 400, json!("unsupported_value"), json!("response_format")),
        ("response_format", "yaml", 400, json!("invalid_value"), json!("response_format")),
        ("temperature", "2", 400, json!("invalid_value"), json!("temperature")),
        ("language", "klingon", 400, json!("invalid_value"), json!("language")),
        ("language", "de", 400, json!("unsupported_value"), json!("language")),
        ("timestamp_granularities[]", "word", 400, json!("unsupported_value"), json!("timestamp_granularities")),
        ("include[]", "everything", 400, json!("invalid_value"), json!("include")),
        ("model", "gpt-9", 404, json!("model_not_found"), json!(null)),
    ];
    for (field, text, status, code, param) in cases {
        for path in ["/v1/audio/transcriptions", "/v1/audio/transcriptions?dry_run=true"] {
            let (found, error) = error(app.post(path, form(sentence()).text(field, text)).await).await;
            assert_eq!((found, told(&error)), (status, (&code, &param)), "{path} {field}={text}: {error}");
        }
    }
}

#[tokio::test]
async fn what_is_no_form_or_no_file_is_refused() {
    let app = TestApp::scripted(&Script::default()).await;
    let (status, told_of) = error(app.transcribe(Form::new().text("model", "whisper-1")).await).await;
    assert_eq!((status, told(&told_of)), (400, (&json!("missing_required_parameter"), &json!("file"))));

    let two = form(sentence()).part("file", Part::bytes(sentence()).file_name("b.wav"));
    let (status, told_of) = error(app.transcribe(two).await).await;
    assert_eq!((status, told(&told_of)), (400, (&json!("duplicate_parameter"), &json!("file"))));

    let json = app.client.post(app.url("/v1/audio/transcriptions")).json(&json!({"model": "whisper-1"}));
    let (status, told_of) = error(json.send().await.expect("an answer")).await;
    assert_eq!((status, told(&told_of)), (400, (&json!("unsupported_content_type"), &json!(null))));
}

#[tokio::test]
async fn files_that_are_no_recordings_are_refused() {
    let app = TestApp::scripted(&Script::default()).await;
    for (name, content, code) in [
        ("nothing", Vec::new(), "empty_file"),
        ("text", b"These are the minutes of the meeting.\n".repeat(50), "unsupported_format"),
        ("a picture", [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 4000]].concat(), "unsupported_format"),
        ("a blink", sentence()[..44 + 400].to_vec(), "audio_too_short"),
    ] {
        let (status, error) = error(app.transcribe(form(content)).await).await;
        assert_eq!((status, told(&error)), (400, (&json!(code), &json!("file"))), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_recording_that_is_too_long_is_refused() {
    let audio = minuted::audio::Settings { max_audio: minuted::domain::Millis(1000), ..Default::default() };
    let wishes = crate::app::Wishes { audio, script: Some(Script::default()), ..Default::default() };
    let app = TestApp::with(wishes).await;
    let (status, error) = error(app.transcribe(form(sentence())).await).await;
    assert_eq!((status, told(&error)), (400, (&json!("invalid_value"), &json!(null))));
    assert_eq!(error["message"], "Audio duration is longer than 1 seconds which is the maximum for this model.");
}

/// The code of each way in which `samples/broken/expected.tsv` says that a file ends.
fn code_of(outcome: &str) -> Option<&'static str> {
    match outcome {
        "Empty" => Some("empty_file"),
        "NotAudio" | "UnsupportedContainer" => Some("unsupported_format"),
        "UnsupportedCodec" | "TooManyChannels" | "SampleRateOutOfRange" => Some("unsupported_codec"),
        "NoAudioTrack" => Some("no_audio_track"),
        "Corrupt" => Some("corrupt_file"),
        "TooShort" => Some("audio_too_short"),
        "TooLong" => Some("invalid_value"),
        _ => None,
    }
}

#[tokio::test]
async fn every_broken_file_is_told_what_is_wrong_with_it() {
    let audio = minuted::audio::Settings { max_audio: minuted::domain::Millis(60_000), ..Default::default() };
    let wishes = crate::app::Wishes { audio, script: Some(Script::default()), ..Default::default() };
    let app = TestApp::with(wishes).await;
    let table = String::from_utf8(sample("broken/expected.tsv")).expect("UTF-8");
    for row in table.lines().skip(1) {
        let [file, outcome, word] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("not three columns: {row}") };
        let response = app.transcribe(form(sample(&format!("broken/{file}")))).await;
        if let Some(code) = code_of(outcome) {
            let (status, error) = error(response).await;
            assert_eq!((status, &error["code"]), (400, &json!(code)), "{file}: {error}");
            let known_to_clients = matches!(outcome, "TooShort" | "TooLong");
            assert!(known_to_clients || error["message"].to_string().contains(word), "{file}: {error}");
        } else {
            assert_eq!(response.status(), 200, "{file}");
            let damage = response.headers().get("x-minuted-damage").map(|value| value.to_str().expect("ASCII"));
            match outcome {
                "whole" => assert_eq!(damage, None, "{file}"),
                "part" => {
                    assert!(damage.is_some_and(|damage| damage.contains(word) && damage.contains(";at=")), "{file}");
                }
                other => panic!("{file}: no code is known for {other}"),
            }
        }
    }
    assert_eq!(app.get("/readyz").await.status(), 200);
}

#[tokio::test]
async fn unknown_places_and_methods_are_told_in_openais_shape() {
    let app = TestApp::scripted(&Script::default()).await;
    let (status, unknown) = error(app.get("/v1/nothing/here?secret=1").await).await;
    assert_eq!((status, &unknown["code"]), (404, &json!("unknown_url")));
    assert_eq!(unknown["message"], "Invalid URL (GET /v1/nothing/here).");

    for method in [Method::GET, Method::DELETE, Method::OPTIONS] {
        let request = app.client.request(method.clone(), app.url("/v1/audio/transcriptions"));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.headers()["allow"], "POST");
        let (status, error) = error(response).await;
        assert_eq!((status, &error["code"]), (405, &json!("method_not_supported")), "{method}");
    }

    let made_up = Method::from_bytes(&[b'X'; 1000]).expect("a method");
    for (path, status) in [("/v1/nothing/here", 404), ("/v1/audio/transcriptions", 405)] {
        let response = app.client.request(made_up.clone(), app.url(path)).send().await.expect("an answer");
        let (found, error) = error(response).await;
        assert_eq!(found, status);
        assert!(!error["message"].as_str().expect("a message").contains("XX"), "it is not told back: {error}");
    }
}
