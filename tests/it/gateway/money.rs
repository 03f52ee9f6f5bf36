//! What a request that is passed on costs: reserved before, settled once after, whatever the backend says.

use futures_util::StreamExt;
use minuted::accounts::{Limits, NewKey, Opening};
use minuted::billing::{Origin, Unit, Usage};
use serde_json::{Value, json};

use super::stub::{Act, DONE, End, Stub, delta, message};
use super::{before, chat};
use crate::app::{Script, TestApp, Wishes, error, until, until_async};
use crate::books::Books;
use crate::callers::plain_key;
use crate::wire::Wire;

/// Tokens in and out of the only charge.
pub async fn tokens(app: &TestApp) -> (i64, i64) {
    let charges = app.settled().await;
    assert_eq!(charges.len(), 1);
    let lines = &charges[0].lines;
    let of = |unit| lines.iter().filter(|line| line.unit == unit).map(|line| line.quantity).sum();
    (of(Unit::InputToken), of(Unit::OutputToken))
}

/// What was measured for the only charge.
async fn measured(app: &TestApp) -> Usage {
    app.settled().await;
    let usages: Vec<_> = app.books().entries().await.iter().filter_map(|entry| entry.usage).collect();
    assert_eq!(usages.len(), 1);
    usages[0]
}

/// A service that asks for keys, before these backends.
async fn with_keys(backends: String) -> TestApp {
    let (script, keys) = (Some(Script::default()), Some(Opening::Closed));
    TestApp::with(Wishes { script, keys, backends: Some(backends), ..Wishes::default() }).await
}

pub fn stream(chunks: Vec<String>, end: End) -> Act {
    Act::Stream(chunks, end)
}

#[tokio::test]
async fn what_is_reserved_is_the_maximum_and_what_is_charged_is_the_report() {
    let stub = Stub::that(Act::Json(message("hello", 9, 4))).await;
    let app = before(&stub).await;
    let answer = app.chat(&json!({"max_tokens": 100, "n": 2})).await;
    let charge = answer.headers()["x-minuted-charge-id"].to_str().expect("ASCII").to_owned();
    answer.bytes().await.expect("a body");
    assert_eq!(tokens(&app).await, (9, 4));
    let entries = app.books().entries().await;
    assert_eq!(entries[0].held.output_tokens, 200);
    assert_eq!((app.books().steps().await, entries[0].charge.as_str()), (vec!["hold", "settle"], charge.as_str()));
    let settled = measured(&app).await;
    assert_eq!((settled.origin, settled.output_tokens), (Origin::Reported, 4));
}

#[tokio::test]
async fn reasoning_and_cached_tokens_are_told_apart() {
    let mut answer = message("hello", 90, 40);
    answer["usage"]["prompt_tokens_details"] = json!({"cached_tokens": 64});
    answer["usage"]["completion_tokens_details"] = json!({"reasoning_tokens": 30});
    let stub = Stub::that(Act::Json(answer)).await;
    let app = before(&stub).await;
    app.chat(&json!({})).await.bytes().await.expect("a body");
    let usage = measured(&app).await;
    assert_eq!((usage.input_tokens, usage.cached_tokens, usage.reasoning_tokens), (90, 64, 30));
}

#[tokio::test]
async fn lies_about_usage_are_not_believed() {
    let text = "word ".repeat(80);
    for (lie, output) in [
        (json!({"prompt_tokens": 9, "completion_tokens": 0}), 100),
        (json!({"prompt_tokens": 9, "completion_tokens": 1}), 100),
        (json!({"prompt_tokens": 9, "completion_tokens": -5}), 100),
        (json!({"prompt_tokens": 9, "completion_tokens": 10_000_000_000_u64}), 700),
        (json!({"prompt_tokens": 9, "completion_tokens": "9"}), 100),
        (Value::Null, 100),
    ] {
        let mut answer = message(&text, 9, 9);
        answer["usage"] = lie.clone();
        let stub = Stub::that(Act::Json(answer)).await;
        let app = before(&stub).await;
        app.chat(&json!({"max_tokens": 700})).await.bytes().await.expect("a body");
        assert_eq!(tokens(&app).await.1, output, "{lie}");
        assert_eq!(measured(&app).await.origin, Origin::Estimated, "{lie}");
    }
}

#[tokio::test]
async fn what_is_said_of_an_answer_that_is_too_long_to_be_read_is_believed() {
    let mut long = message("hello", 9, 800);
    long["choices"][0]["logprobs"] = json!({"content": [{"token": "x", "bytes": vec![120; 400_000]}]});
    let completed = json!({"type": "response.completed", "response": {
        "output": [{"type": "image_generation_call", "result": "x".repeat(2 << 20)}],
        "usage": {"input_tokens": 9, "output_tokens": 800},
    }});
    for act in [Act::Json(long), stream(vec![format!("data: {completed}\n\n")], End::Whole)] {
        let stub = Stub::that(act).await;
        let app = before(&stub).await;
        app.chat(&json!({"max_tokens": 16_384})).await.bytes().await.expect("a body");
        assert_eq!(tokens(&app).await, (9, 800));
        assert_eq!(measured(&app).await.origin, Origin::Reported);
    }
}

#[tokio::test]
async fn a_backend_that_reads_the_beginning_of_a_text_alone_is_believed() {
    let text = "word ".repeat(8_000);
    for (kind, path, input) in [
        ("vllm", "/v1/embeddings", 256),
        ("ollama", "/v1/embeddings", 256),
        ("ollama", "/v1/completions", 256),
        ("vllm", "/v1/completions", 10_008),
    ] {
        let stub =
            Stub::that(Act::Json(json!({"data": [], "usage": {"prompt_tokens": 256, "total_tokens": 256}}))).await;
        let app = super::behind(&stub.entry("one", &format!("kind = \"{kind}\""), super::SMALL)).await;
        let field = if path == "/v1/embeddings" { "input" } else { "prompt" };
        app.ask(path, &json!({"model": "small", field: text})).await.bytes().await.expect("a body");
        assert_eq!(tokens(&app).await.0, input, "{kind} {path}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_estimated_by_its_length_and_never_free() {
    let text = "word ".repeat(400).into_bytes();
    for (ceiling, output) in [(700, 500), (100, 100)] {
        let stub = Stub::that(Act::Bytes("text/plain", text.clone())).await;
        let app = before(&stub).await;
        app.chat(&json!({"max_tokens": ceiling})).await.bytes().await.expect("a body");
        assert_eq!(tokens(&app).await.1, output);
        assert_eq!(measured(&app).await.origin, Origin::Estimated);
    }
}

#[tokio::test]
async fn a_prompt_that_comes_back_is_not_charged_as_written() {
    let (prompt, count) = ("word ".repeat(800), json!({"prompt_tokens": 800, "completion_tokens": 1}));
    let stub = Stub::that(Act::Json(json!({"choices": [{"text": format!("{prompt}end")}], "usage": count}))).await;
    let app = before(&stub).await;
    let body = json!({"model": "small", "prompt": prompt, "echo": true, "max_tokens": 1, "logprobs": 1});
    app.ask("/v1/completions", &body).await.bytes().await.expect("a body");
    assert_eq!(tokens(&app).await, (800, 1));
    assert_eq!(measured(&app).await.origin, Origin::Reported);
}

#[tokio::test]
async fn a_maximum_beyond_all_measure_is_no_failure_of_ours() {
    let stub = Stub::that(Act::Json(message("hello", 9, 4))).await;
    let app = before(&stub).await;
    let answer = app.chat(&json!({"max_tokens": i64::MAX, "n": i64::MAX})).await;
    assert_eq!(answer.status(), 200, "the backend judges it");
    answer.bytes().await.expect("a body");
    assert_eq!(tokens(&app).await, (9, 4));
}

#[tokio::test]
async fn a_stream_without_usage_is_estimated_by_what_passed() {
    let chunks = (0..50).map(|_| delta("four")).chain([DONE.to_owned()]).collect();
    let stub = Stub::that(stream(chunks, End::Whole)).await;
    let app = before(&stub).await;
    app.chat(&json!({"stream": true})).await.bytes().await.expect("a body");
    assert_eq!(tokens(&app).await.1, 50);
}

#[tokio::test]
async fn a_client_that_goes_pays_for_what_was_generated_and_the_backend_is_stopped() {
    let stub = Stub::that(stream(vec![delta("word")], End::Endless)).await;
    let app = before(&stub).await;
    let mut answer = app.chat(&json!({"stream": true})).await.bytes_stream();
    for _ in 0..20 {
        answer.next().await.expect("a chunk").expect("whole");
    }
    drop(answer);
    until(|| stub.open() == 0).await;
    let (_, output) = tokens(&app).await;
    assert!(output >= 20, "{output}");
    assert_eq!(measured(&app).await.origin, Origin::Estimated);
}

#[tokio::test]
async fn a_client_that_goes_before_the_answer_pays_for_its_prompt() {
    let stub = Stub::that(Act::Silence).await;
    let app = before(&stub).await;
    let body = super::chat(&json!({})).to_string();
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\nHost: minuted\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut wire = Wire::connect(app.address).await;
    wire.send(format!("{head}{body}").as_bytes()).await.expect("it is taken");
    until(|| stub.count() == 1).await;
    drop(wire);
    until(|| stub.open() == 0).await;
    let (input, output) = tokens(&app).await;
    assert!(input > 0 && output == 0);
}

#[tokio::test]
async fn a_client_that_goes_while_no_backend_can_be_reached_pays_nothing() {
    // It takes connections, and never says a word of TLS.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("https://{}/v1", mute.local_addr().expect("it is bound"));
    let entry = format!("[[backend]]\nname = \"one\"\nurl = \"{url}\"\nkind = \"vllm\"\nmodel = [{}]", super::SMALL);
    let app = super::behind(&entry).await;
    let asked = app.client.post(app.url("/v1/chat/completions")).json(&chat(&json!({})));
    let asked = tokio::spawn(asked.send());
    let (connection, _) = mute.accept().await.expect("it is called");
    asked.abort();
    assert!(app.settled().await.is_empty());
    assert_eq!(app.books().steps().await, ["hold", "void"]);
    drop(connection);
}

#[tokio::test]
async fn no_request_passes_a_budget_by() {
    let stub = Stub::that(Act::Json(message("hello", 9, 40))).await;
    let app = with_keys(stub.entry("one", "kind = \"vllm\"", super::SMALL)).await;
    let limits = Limits { output_tokens_per_hour: Some(100), ..Limits::default() };
    let alice = app.caller_with("alice", NewKey { limits, ..plain_key() }).await;
    let three = json!({"model": "small", "prompt": ["one", "two", "three"], "max_tokens": 40});
    for (path, body) in [
        ("/v1/chat/completions", chat(&json!({"max_tokens": 101}))),
        ("/v1/chat/completions", chat(&json!({"max_tokens": 1, "n": 101}))),
        ("/v1/chat/completions", chat(&json!({"max_tokens": 1, "n": 1_000_000}))),
        ("/v1/chat/completions", chat(&json!({"max_tokens": 1, "n_predict": 101}))),
        ("/v1/completions", three),
    ] {
        let (status, told) = error(alice.post_json(path, &body).await).await;
        assert_eq!((status, &told["code"], stub.count()), (429, &"insufficient_quota".into(), 0), "{body}");
    }
    for _ in 0..2 {
        let answer = alice.post_json("/v1/chat/completions", &chat(&json!({"max_tokens": 60}))).await;
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("a body");
    }
    let books = Books::of(alice.account().id.as_str(), app.stores.ledger.clone());
    until_async(async || books.open().await == 0).await;
    let refused = alice.post_json("/v1/chat/completions", &chat(&json!({"max_tokens": 60}))).await;
    assert_eq!(error(refused).await.0, 429, "80 of 100 are used");
}

#[tokio::test]
async fn a_stream_that_outgrows_its_reservation_ends_where_the_budget_does() {
    let stub = Stub::that(stream(vec![delta(&"word ".repeat(16))], End::Endless)).await;
    let app = with_keys(format!("output_ceiling = 100\n{}", stub.entry("one", "kind = \"vllm\"", super::SMALL))).await;
    let limits = Limits { output_tokens_per_hour: Some(1_500), ..Limits::default() };
    let alice = app.caller_with("alice", NewKey { limits, ..plain_key() }).await;
    let answer = alice.post_json("/v1/chat/completions", &super::chat(&json!({"stream": true}))).await;
    let text = answer.text().await.expect("it ends as it should");
    assert!(
        text.ends_with("\n\n") && text.contains("event: error\ndata: {\"error\":{"),
        "{}",
        &text[text.len() - 300..]
    );
    assert!(text.contains("insufficient_quota") && !text.contains("[DONE]"));
    until(|| stub.open() == 0).await;
    let books = Books::of(alice.account().id.as_str(), app.stores.ledger.clone());
    until_async(async || books.open().await == 0).await;
    let used = books.charges().await[0].used.output_tokens;
    assert!((1_400..=1_500).contains(&used), "{used}");
}

#[tokio::test]
async fn a_budget_that_ends_within_an_event_lets_it_come_to_its_end() {
    // Each chunk has the end of an event and the beginning of the next.
    let event = delta(&"word ".repeat(16));
    let (beginning, end) = event.split_at(30);
    let chunks = vec![beginning.to_owned(), format!("{end}{beginning}")];
    let stub = Stub::that(stream(chunks, End::Endless)).await;
    let app = with_keys(format!("output_ceiling = 100\n{}", stub.entry("one", "kind = \"vllm\"", super::SMALL))).await;
    for (name, include_usage) in [("alice", true), ("bob", false)] {
        let limits = Limits { output_tokens_per_hour: Some(1_500), ..Limits::default() };
        let caller = app.caller_with(name, NewKey { limits, ..plain_key() }).await;
        let asks = json!({"stream": true, "stream_options": {"include_usage": include_usage}});
        let answer = caller.post_json("/v1/chat/completions", &chat(&asks)).await;
        let text = answer.text().await.expect("it ends as it should");
        let events: Vec<_> = text.split_terminator("\n\n").collect();
        let (last, others) = events.split_last().expect("events");
        assert!(others.len() > 50 && others.iter().all(|event| format!("{event}\n\n") == delta(&"word ".repeat(16))));
        assert!(last.starts_with("event: error\ndata: {\"error\":{") && last.contains("insufficient_quota"), "{last}");
        until(|| stub.open() == 0).await;
        let books = Books::of(caller.account().id.as_str(), app.stores.ledger.clone());
        until_async(async || books.open().await == 0).await;
        let used = books.charges().await[0].used.output_tokens;
        assert!((1_400..=1_500).contains(&used), "{used}");
    }
}

#[tokio::test]
async fn what_has_no_price_is_not_passed_on() {
    let stub = Stub::that(Act::Json(json!({}))).await;
    let entry = stub.entry("one", "kind = \"vllm\"", r#"{ id = "small", capabilities = ["speech"] }"#);
    let app = super::behind(&entry).await;
    let (status, told) = error(app.ask("/v1/audio/speech", &json!({"model": "small", "input": "hi"})).await).await;
    assert_eq!((status, &told["code"], stub.count()), (400, &"no_tariff".into(), 0));
}

#[tokio::test]
async fn with_an_idempotency_key_a_request_is_passed_on_once() {
    let stub = Stub::that(Act::Json(message("hello", 9, 4))).await;
    let app = before(&stub).await;
    let ask = async |content: &str| {
        let body = chat(&json!({"messages": [{"role": "user", "content": content}]}));
        let request = app.client.post(app.url("/v1/chat/completions")).header("idempotency-key", "k-1").json(&body);
        request.send().await.expect("an answer")
    };
    let first = ask("Say hello.").await;
    let charge = first.headers()["x-minuted-charge-id"].to_str().expect("ASCII").to_owned();
    first.bytes().await.expect("a body");
    app.settled().await;
    for (content, status, code) in
        [("Say hello.", 409, "already_processed"), ("Say goodbye.", 422, "idempotency_key_reused")]
    {
        let again = ask(content).await;
        assert_eq!(again.status(), status);
        let told: Value = again.json().await.expect("JSON");
        assert_eq!(told["error"]["code"], code, "{told}");
        let is_told = told["charge"]["charge_id"] == charge.as_str();
        assert_eq!((is_told, told.get("charge").is_some()), (status == 409, status == 409), "{told}");
    }
    let charges = app.settled().await;
    assert_eq!(charges.iter().map(|charge| charge.id.as_str()).collect::<Vec<_>>(), [charge]);
}

#[tokio::test]
async fn what_is_passed_on_is_not_priced_beforehand_and_says_so() {
    let stub = Stub::that(Act::Json(message("hello", 9, 4))).await;
    let app = before(&stub).await;
    let (status, told) = error(app.ask("/v1/chat/completions?dry_run=true", &chat(&json!({}))).await).await;
    assert_eq!((status, &told["param"]), (400, &"dry_run".into()));
    assert!(app.settled().await.is_empty());
}
