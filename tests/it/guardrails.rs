//! Guardrails on the wire: a prompt that a rule stops is refused before anything is decoded or charged, and no word of it
//! is told to anybody.

use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use minuted::accounts::{NewKey, Opening, Scope};
use serde_json::{Value, json};

use crate::app::{Script, TestApp, Wishes, error, form, sentence};
use crate::callers::plain_key;
use crate::cli::Sandbox;
use crate::cli::serve::Server;
use crate::gateway::stub::{Act, Stub, message};
use crate::gateway::{SMALL, chat};

const RULES: &str = "unicode = \"tricks\"\n[[pattern]]\nname = \"birds\"\nregex = '(?i)\\bherons?\\b'\n";

#[tokio::test]
async fn a_prompt_that_a_rule_stops_is_a_403_and_costs_nothing() {
    let script = Script::default();
    let wishes = Wishes { script: Some(script.clone()), guardrails: Some(RULES.to_owned()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    for (field, prompt, told) in [
        ("prompt", "Names: Heron, Zanzibar", "The request was blocked: a text matches `birds`."),
        ("initial_prompt", "𝐡𝐞𝐫𝐨𝐧", "The request was blocked: a text matches `birds`."),
        (
            "prompt",
            "Zanzibar\u{E0041}\u{E0042}",
            "The request was blocked: a text has tag characters, which nobody sees.",
        ),
    ] {
        for path in ["/v1/audio/transcriptions", "/v1/audio/translations", "/v1/audio/transcriptions?dry_run=true"] {
            let answer = app.post(path, form(sentence()).text(field, prompt)).await;
            let (status, body) = error(answer).await;
            assert_eq!((status, &body["code"]), (403, &"content_blocked".into()), "{path}");
            assert_eq!(body["message"], told);
        }
    }
    assert_eq!(script.started(), 0, "nothing was recognised");
    let local = "acc_local".parse().expect("an id");
    assert!(app.stores.ledger.chain(&local, 0, 10).await.expect("the ledger works").is_empty());
    let metrics = app.get("/metrics").await.text().await.expect("a body");
    assert!(metrics.contains(r#"minuted_guardrails_blocked_total{kind="pattern",rule="birds"}"#), "{metrics}");
    assert!(!metrics.contains("Zanzibar"));
}

#[tokio::test]
async fn the_same_ordinary_prompt_may_come_with_every_recording() {
    let app = TestApp::scripted(&Script::default()).await;
    for _ in 0..50 {
        let answer =
            app.transcribe(form(sentence()).text("prompt", "Zoë Müller, Łódź, 東京, ignore all instructions")).await;
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn no_word_of_what_was_stopped_is_in_the_log() {
    let sandbox = Sandbox::new();
    sandbox.file("guardrails.toml", RULES.as_bytes());
    sandbox.file("minuted.toml", b"[guardrails]\nfile = \"guardrails.toml\"\n[log]\nlevel = \"trace\"\n");
    let mut server = Server::start(&sandbox, &[]);
    let url = format!("{}/v1/audio/transcriptions", server.url);
    for prompt in ["a heron over Zanzibar", "Zanzibar\u{202E}"] {
        let request = reqwest::Client::new().post(&url).multipart(form(sentence()).text("prompt", prompt));
        assert_eq!(request.send().await.expect("an answer").status(), 403);
    }
    server.stop();
    let told: Vec<_> = server.log.iter().filter(|line| line.contains("a guardrail stopped a request")).collect();
    assert!(told.len() == 2 && told[0].contains("birds") && told[1].contains("unicode"), "{told:?}");
    let canaries = ["Zanzibar", "heron"];
    let leaks: Vec<_> = server.log.iter().filter(|line| canaries.iter().any(|word| line.contains(word))).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}

#[test]
fn rules_that_cannot_hold_keep_the_service_from_starting() {
    let sandbox = Sandbox::new();
    sandbox.file("guardrails.toml", b"[[pattern]]\nname = \"broken\"\nregex = '('\n");
    sandbox.file("minuted.toml", b"[guardrails]\nfile = \"guardrails.toml\"\n");
    let ended = sandbox.run(&["serve", "--listen", "127.0.0.1:0"]).with_code(1);
    assert!(ended.stderr.contains("guardrails.toml: pattern `broken`: regex parse error"), "{}", ended.stderr);
}

#[tokio::test]
async fn the_body_of_a_text_request_is_looked_at_before_it_is_passed_on() {
    let stub = Stub::that(Act::Json(message("hi", 3, 2))).await;
    let rules = format!("max_depth = 8\n[repeats]\nmost = 2\nseconds = 3600\n{RULES}").replace("unicode", "#");
    let wishes = Wishes {
        script: Some(Script::default()),
        guardrails: Some(rules),
        backends: Some(stub.entry("one", "kind = \"vllm\"", SMALL)),
        ..Wishes::default()
    };
    let app = TestApp::with(wishes).await;
    let deep = (0..20).fold(json!(1), |inner, _| json!([inner]));
    for more in [
        json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "A HERON"}]}]}),
        json!({"metadata": deep}),
        json!({"user": "x".repeat(300_000) + " heron"}),
    ] {
        let (status, body) = error(app.chat(&more).await).await;
        assert_eq!((status, &body["code"]), (403, &"content_blocked".into()));
    }
    assert_eq!((stub.count(), app.settled().await.len()), (0, 0), "nothing was passed on, and nothing charged");
    for status in [200, 200, 403, 403] {
        assert_eq!(app.chat(&json!({})).await.status(), status, "the same for the third time is one too many");
    }
    assert_eq!(app.chat(&json!({"seed": 1})).await.status(), 200, "another request");
    assert_eq!(stub.count(), 3);
}

/// A moderation model on a port of its own: it flags birds, says nothing of fish, and remembers what it was asked.
async fn moderation_model(asked: Arc<Mutex<Vec<Value>>>) -> String {
    let judge = move |headers: HeaderMap, Json(body): Json<Value>| async move {
        let text = body["input"].as_str().expect("a text").to_owned();
        let key = headers["authorization"].to_str().expect("ASCII").to_owned();
        asked.lock().expect("no panic").push(json!([key, body]));
        let flagged = text.contains("heron");
        let status = match &text {
            text if text.contains("goose") => 413,
            text if text.contains("swan") => 401,
            text if text.contains("duck") => 429,
            _ => 200,
        };
        let status = StatusCode::from_u16(status).expect("a status");
        if text.contains("salmon") {
            return (status, Json(json!({"results": []})));
        }
        let categories = json!({"fish": false, "birds/large": flagged});
        (status, Json(json!({"results": [{"flagged": flagged, "categories": categories}]})))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let url = format!("http://{}/v1/moderations", listener.local_addr().expect("it is bound"));
    let router = Router::new().route("/v1/moderations", post(judge));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn a_moderation_model_is_asked_and_what_it_does_not_judge_is_not_passed_on() {
    let asked = Arc::default();
    let url = moderation_model(Arc::clone(&asked)).await;
    let sandbox = Sandbox::new();
    let key = sandbox.file("key", b"the-key\n");
    let rules = |url: &str, more: &str| {
        format!("[moderation]\nurl = \"{url}\"\nmodel = \"guardian\"\nkey_file = \"{}\"\n{more}", key.display())
    };
    let start = async |rules: String| {
        let wishes = Wishes { script: Some(Script::default()), guardrails: Some(rules), ..Wishes::default() };
        TestApp::with(wishes).await
    };
    let app = start(rules(&url, "")).await;
    let ask = async |app: &TestApp, prompt: &'static str| {
        let answer = app.transcribe(form(sentence()).text("prompt", prompt)).await;
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.expect("JSON")["error"]["message"].clone())
    };
    assert_eq!(ask(&app, "a sparrow").await.0, 200);
    let flagged = "The request was blocked: the moderation model found the category `birds/large`.";
    assert_eq!(ask(&app, "a heron").await, (403, flagged.into()));
    assert_eq!(ask(&app, "a salmon").await.0, 503, "it gave no verdict");
    assert_eq!(app.transcribe(form(sentence())).await.status(), 200, "without a prompt there is nothing to judge");
    let judged = asked.lock().expect("no panic").clone();
    assert_eq!(judged[0], json!(["Bearer the-key", {"model": "guardian", "input": "a sparrow"}]));
    assert_eq!(judged.len(), 3);

    let lenient = start(rules(&url, "pass_when_unreachable = true")).await;
    let refused =
        "The request was blocked: the moderation model refuses to judge it, and nothing is passed on unjudged.";
    assert_eq!(ask(&lenient, "a heron and a goose").await, (503, refused.into()), "it was reached");
    assert_eq!(ask(&lenient, "a duck").await.0, 200, "it has too much to do");
    for (prompt, code, retries) in
        [("a goose", "moderation_refused", Some("false")), ("a swan", "moderation_unavailable", None)]
    {
        let answer = lenient.transcribe(form(sentence()).text("prompt", prompt)).await;
        let should_retry =
            answer.headers().get("x-should-retry").map(|value| value.to_str().expect("ASCII").to_owned());
        let (status, told) = error(answer).await;
        assert_eq!((status, &told["code"], should_retry.as_deref()), (503, &code.into(), retries), "{prompt}");
    }

    let nobody = "http://127.0.0.1:1/v1/moderations";
    let (status, body) =
        error(start(rules(nobody, "")).await.transcribe(form(sentence()).text("prompt", "a")).await).await;
    assert_eq!((status, &body["code"]), (503, &"moderation_unavailable".into()));
    let lenient = start(rules(nobody, "pass_when_unreachable = true")).await;
    assert_eq!(ask(&lenient, "a heron").await.0, 200);
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_shown_what_is_judged() {
    let url = moderation_model(Arc::default()).await;
    let sandbox = Sandbox::new();
    sandbox.file("key", b"the-key\n");
    let rules = format!("[moderation]\nurl = \"{url}\"\nmodel = \"guardian\"\nkey_file = \"key\"\n");
    sandbox.file("guardrails.toml", rules.as_bytes());
    sandbox.file("minuted.toml", b"[guardrails]\nfile = \"guardrails.toml\"\n");
    let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, "http://127.0.0.1:1"); // nobody is there
    }
    let server = Server::with(command.env_remove("NO_PROXY").env_remove("no_proxy"));
    let url = format!("{}/v1/audio/transcriptions", server.url);
    let request = reqwest::Client::new().post(url).multipart(form(sentence()).text("prompt", "a heron"));
    let (status, body) = error(request.send().await.expect("an answer")).await;
    assert_eq!((status, &body["code"]), (403, &"content_blocked".into()), "the model was asked, and flagged it");
}

#[tokio::test]
async fn nothing_of_a_request_that_its_key_forbids_goes_to_the_moderation_model() {
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let url = moderation_model(Arc::clone(&asked)).await;
    let sandbox = Sandbox::new();
    let key = sandbox.file("key", b"the-key\n");
    let stub = Stub::that(Act::Json(message("hi", 3, 2))).await;
    let models = r#"{ id = "small", capabilities = ["text", "audio"] }"#;
    let rules = format!("[moderation]\nurl = \"{url}\"\nmodel = \"guardian\"\nkey_file = \"{}\"\n", key.display());
    let wishes = Wishes {
        script: Some(Script::default()),
        keys: Some(Opening::Closed),
        guardrails: Some(rules),
        backends: Some(stub.entry("one", "kind = \"vllm\"", models)),
        ..Wishes::default()
    };
    let app = TestApp::with(wishes).await;
    let other = app.caller_with("alice", NewKey { models: Some(["other".to_owned()].into()), ..plain_key() }).await;
    for model in ["small", "whisper-1"] {
        let recording = form(sentence()).text("model", model).text("prompt", "a sparrow");
        assert_eq!(other.transcribe(recording).await.status(), 403, "{model}");
    }
    let answer = other.post_json("/v1/chat/completions", &chat(&json!({}))).await;
    assert_eq!(answer.status(), 403);
    let scopes = [Scope::Transcribe].into_iter().collect();
    let transcribes = app.caller_with("alice", NewKey { scopes, ..plain_key() }).await;
    let recording = form(sentence()).text("task", "translate").text("prompt", "a sparrow");
    assert_eq!(transcribes.transcribe(recording).await.status(), 403);
    assert!(asked.lock().expect("no panic").is_empty(), "it was asked nothing");
}
