//! What passes, and that it passes unchanged.

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::stub::{Act, DONE, End, Stub, delta, message, usage};
use super::{SMALL, before, behind};
use crate::app::{Script, TestApp, error};

fn stream(chunks: &[&str]) -> Act {
    Act::Stream(chunks.iter().map(|chunk| (*chunk).to_owned()).collect(), End::Whole)
}

#[tokio::test]
async fn a_whole_answer_is_the_backends_to_the_byte() {
    let spaced = br#" { "choices" : [ {"message":{"content":"h\u00e9"}} ] , "x": 1.0e3 } "#;
    let stub = Stub::that(Act::Bytes("application/json", spaced.to_vec())).await;
    let app = before(&stub).await;
    let body = r#"{ "messages":[{"role":"user","content":"h\u00e9"}],  "model":"small", "seed": 1.0}"#;
    let request =
        app.client.post(app.url("/v1/chat/completions")).header("content-type", "application/json").body(body);
    let answer = request.send().await.expect("an answer");
    assert_eq!((answer.status(), answer.content_length()), (reqwest::StatusCode::OK, Some(spaced.len() as u64)));
    assert_eq!(answer.bytes().await.expect("a body"), &spaced[..]);
    assert_eq!(stub.last().body, body.replace("\"small\"", "\"org/small\""));
}

#[tokio::test]
async fn every_route_goes_to_its_own_and_is_priced() {
    let stub = Stub::that(Act::Json(json!({"usage": {"prompt_tokens": 3, "total_tokens": 3}}))).await;
    let all = r#"["text", "embeddings", "rerank", "moderation", "images", "speech"]"#;
    let backends = stub.entry("one", "kind = \"vllm\"", &format!("{{ id = \"small\", capabilities = {all} }}"));
    let request = "{ id = \"r\", models = [\"small\"], unit = \"request\", price = \"0.5\", currency = \"EUR\", \
                   valid_from = \"2026-01-01T00:00:00Z\" }";
    let wishes = crate::app::Wishes {
        script: Some(Script::default()),
        backends: Some(backends),
        tariffs: Some(format!("tariff = [{request}]")),
        ..Default::default()
    };
    let app = TestApp::with(wishes).await;
    for path in [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/responses",
        "/v1/embeddings",
        "/v1/rerank",
        "/v2/rerank",
        "/v1/moderations",
        "/v1/images/generations",
        "/v1/audio/speech",
    ] {
        let answer = app.ask(path, &json!({"model": "small", "input": "x"})).await;
        assert_eq!((answer.status().as_u16(), stub.last().path.as_str()), (200, path));
        assert!(answer.headers().contains_key("x-minuted-charge-id"));
    }
    assert_eq!(app.settled().await.len(), 9);
    assert!(app.books().charged().await.iter().all(|thousandths| *thousandths == 500));
}

#[tokio::test]
async fn an_answer_that_nobody_has_kept_is_not_asked_for() {
    let stub = Stub::that(Act::Status(404, vec![])).await;
    let app = before(&stub).await;
    for field in ["previous_response_id", "conversation"] {
        let body = json!({"model": "small", "input": "x", field: "resp_1"});
        let (status, told) = crate::app::error(app.ask("/v1/responses", &body).await).await;
        assert_eq!((status, &told["code"], &told["param"]), (400, &"unsupported_value".into(), &field.into()));
    }
    assert_eq!(stub.count(), 0);
}

#[tokio::test]
async fn a_stream_is_the_backends_to_the_byte() {
    let chunks = [": hello\n\n", "data: {\"choi", "ces\":[]}\r\n\r", "\ndata: x\n\n", &delta("hé"), &usage(3, 2), DONE];
    let stub = Stub::that(stream(&chunks)).await;
    let app = before(&stub).await;
    let asks = json!({"stream": true, "stream_options": {"include_usage": true}});
    let answer = app.chat(&asks).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    assert_eq!(answer.text().await.expect("a body"), chunks.concat());
    assert_eq!(stub.last().json()["stream_options"], asks["stream_options"]);
}

#[tokio::test]
async fn usage_is_asked_for_and_taken_out_again() {
    let stub = Stub::that(stream(&[&delta("hé"), &usage(3, 2), DONE])).await;
    let app = before(&stub).await;
    let answer = app.chat(&json!({"stream": true})).await;
    assert_eq!(answer.text().await.expect("a body"), [delta("hé"), DONE.to_owned()].concat());
    assert_eq!(stub.last().json()["stream_options"], json!({"include_usage": true}));
    let charge = &app.settled().await[0];
    assert_eq!((charge.lines[0].quantity, charge.used.output_tokens), (3, 2));
}

#[tokio::test]
async fn a_last_event_without_an_end_passes_also_where_its_length_is_known() {
    let last = DONE.trim_end();
    for (chunks, passed) in [
        ([&delta("hé"), &usage(3, 2), last], [delta("hé"), last.to_owned()].concat()),
        ([&delta("hé"), "", usage(3, 2).trim_end()], delta("hé")),
    ] {
        let stub = Stub::that(Act::Bytes("text/event-stream", chunks.concat().into_bytes())).await;
        let app = before(&stub).await;
        let answer = app.chat(&json!({"stream": true})).await;
        assert_eq!(answer.text().await.expect("a body"), passed);
        assert_eq!(app.settled().await[0].used.output_tokens, 2);
    }
}

#[tokio::test]
async fn an_answer_of_json_without_a_length_is_read_once() {
    let answer = message("hello", 9, 0);
    let stub = Stub::that(Act::Chunked("application/json", answer.to_string())).await;
    let app = before(&stub).await;
    app.chat(&json!({})).await.bytes().await.expect("a body");
    assert_eq!(app.settled().await[0].used.output_tokens, 2, "its text has two tokens, and not its bytes");
}

#[tokio::test]
async fn chunks_go_on_before_the_next_one_comes() {
    let stub = Stub::that(Act::Stream(vec![delta("one"), delta("two")], End::Stall)).await;
    let app = before(&stub).await;
    let mut answer = app.chat(&json!({"stream": true})).await.bytes_stream();
    for text in ["one", "two"] {
        assert_eq!(answer.next().await.expect("a chunk").expect("whole"), delta(text));
    }
}

#[tokio::test]
async fn headers_pass_by_a_list_and_the_key_is_the_backends() {
    let stub = Stub::that(Act::Json(message("hi", 3, 2))).await;
    let key = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(key.path(), "upstream-secret\n").expect("it can be written");
    let credential = format!("kind = \"vllm\"\ncredential_file = \"{}\"", key.path().display());
    let app = behind(&stub.entry("one", &credential, SMALL)).await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = app.client.post(app.url("/v1/chat/completions")).json(&super::chat(&json!({})));
    let request = [
        ("authorization", "Bearer caller-secret"),
        ("cookie", "c=d"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-api-key", "caller-secret"),
        ("accept-encoding", "gzip"),
        ("traceparent", parent),
        ("x-request-id", "mine-1"),
    ]
    .into_iter()
    .fold(request, |request, (name, value)| request.header(name, value));
    let answer = request.send().await.expect("an answer");
    let sent = stub.last().headers;
    let mut names: Vec<_> = sent.keys().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    let listed = [
        "accept",
        "accept-encoding",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "traceparent",
        "x-request-id",
    ];
    assert_eq!(names, listed);
    assert_eq!(sent["authorization"], "Bearer upstream-secret");
    assert_eq!(
        (&sent["traceparent"], &sent["accept-encoding"]),
        (&parent.parse().expect("a value"), &"identity".parse().expect("a value"))
    );
    for hidden in ["server", "set-cookie"] {
        assert!(!answer.headers().contains_key(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn each_try_has_a_name_of_its_own_at_the_backend_and_the_answer_that_of_the_caller() {
    let stub = Stub::that(Act::Status(500, vec![])).await;
    let app =
        behind(&(stub.entry("one", "kind = \"vllm\"", SMALL) + &stub.entry("two", "kind = \"vllm\"", SMALL))).await;
    for act in [Act::Status(500, vec![]), Act::Json(message("hi", 3, 2))] {
        stub.now_does(act);
        let request = app.client.post(app.url("/v1/chat/completions")).header("x-request-id", "mine-1");
        let answer = request.json(&super::chat(&json!({}))).send().await.expect("an answer");
        assert_eq!(answer.headers()["x-request-id"], "mine-1");
    }
    let received = stub.received();
    let names: std::collections::BTreeSet<_> =
        received.iter().map(|received| received.headers["x-request-id"].to_str().expect("ASCII")).collect();
    assert_eq!((received.len(), names.len(), names.contains("mine-1")), (3, 3, false), "{names:?}");
}

#[tokio::test]
async fn models_are_one_list() {
    let stub = Stub::that(Act::Silence).await;
    let app = before(&stub).await;
    let list: Value = app.get("/v1/models").await.json().await.expect("JSON");
    let ids: Vec<_> = list["data"].as_array().expect("a list").iter().map(|model| model["id"].clone()).collect();
    assert_eq!(ids, ["minuted-nano.en", "small"]);
    let small: Value = app.get("/v1/models/small").await.json().await.expect("JSON");
    crate::app::conforms("model", &small);
    assert_eq!(small["minuted"]["capabilities"], json!(["text", "tools", "embeddings"]));
    assert_eq!(small["minuted"]["vendor"], Value::Null, "it has no card");
}

#[tokio::test]
async fn what_cannot_be_passed_on_is_told_in_our_words() {
    let stub = Stub::that(Act::Json(message("hi", 3, 2))).await;
    let text = stub.entry(
        "one",
        "kind = \"ollama\"",
        r#"{ id = "small" }, { id = "vectors", capabilities = ["embeddings"] }"#,
    );
    let app = behind(&text).await;
    for (path, body, status, code, param) in [
        ("/v1/chat/completions", json!({"model": "other"}), 404, "model_not_found", Value::Null),
        ("/v1/chat/completions", json!({"model": "whisper-1"}), 400, "unsupported_capability", "model".into()),
        ("/v1/embeddings", json!({"model": "minuted-nano.en"}), 400, "unsupported_capability", "model".into()),
        ("/v1/chat/completions", json!({"messages": []}), 400, "missing_required_parameter", "model".into()),
        ("/v1/chat/completions", json!([]), 400, "invalid_json", Value::Null),
        ("/v1/chat/completions", json!({"model": "vectors"}), 400, "unsupported_capability", "model".into()),
        ("/v1/embeddings", json!({"model": "small"}), 400, "unsupported_capability", "model".into()),
        ("/v1/embeddings", json!({"model": "vectors", "input": [1, 2]}), 400, "token_input", "input".into()),
        (
            "/v1/chat/completions",
            json!({"model": "small", "tools": [{}]}),
            400,
            "unsupported_capability",
            "tools".into(),
        ),
    ] {
        let (told, error) = error(app.ask(path, &body).await).await;
        assert_eq!((told, &error["code"], &error["param"]), (status, &code.into(), &param), "{body}");
    }
    let request = app.client.post(app.url("/v1/chat/completions")).header("content-encoding", "gzip");
    let (status, told) = error(request.json(&super::chat(&json!({}))).send().await.expect("an answer")).await;
    assert_eq!((status, &told["code"]), (400, &"unsupported_content_type".into()));
    assert_eq!(told["message"], "The body is encoded (gzip): send it as it is, without a Content-Encoding.");
    let large = json!({"model": "small", "messages": "x".repeat(2 << 20)});
    assert_eq!(app.ask("/v1/chat/completions", &large).await.status(), 413);
    assert_eq!((stub.count(), app.books().steps().await.len()), (0, 0), "nobody was asked, nothing reserved");
    let without = TestApp::scripted(&Script::default()).await;
    assert_eq!(error(without.chat(&json!({})).await).await.0, 404);
    let (status, told) = error(without.chat(&json!({"model": "whisper-1"})).await).await;
    assert_eq!((status, &told["code"]), (400, &"unsupported_capability".into()), "it is there, and transcribes");
}
