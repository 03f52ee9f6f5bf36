//! Requests that are passed on to a backend count for their model, and not for ours.

use minuted::accounts::{AccountChange, Opening};
use minuted::domain::Timestamp;
use minuted::status::{Detail, Fault, Measure, Span, Tally};
use serde_json::json;

use super::{MODEL, counting, json as get};
use crate::app::{Script, TestApp, Wishes, error, form, sentence, speech, until, until_async};
use crate::cli::Sandbox;
use crate::gateway::stub::{Act, End, Stub, delta, message};
use crate::gateway::{SMALL, before, chat};

/// What was counted for the backend's model, once there is something; nothing may be counted for ours.
async fn counted(app: &TestApp) -> Tally {
    let all = async || {
        app.status.hurry();
        let store = &app.stores.status;
        store.tallies(Span::Day, Timestamp::UNIX_EPOCH, Timestamp::MAX, Detail::Whole).await.expect("it answers")
    };
    until_async(async || !all().await.is_empty()).await;
    let found = all().await;
    assert!(found.keys().all(|(_, model)| model == "small"), "{found:?}");
    found.into_values().next().unwrap_or_default()
}

#[tokio::test]
async fn a_whole_answer_counts_with_its_tokens() {
    let stub = Stub::that(Act::Json(message("Hello.", 5, 7))).await;
    let app = before(&stub).await;
    assert_eq!(app.chat(&json!({})).await.status(), 200);
    let tally = counted(&app).await;
    assert_eq!((tally.total(Measure::Served), tally.total(Measure::Failed)), (1, 0));
    assert_eq!(tally.total(Measure::Tokens), 7, "{tally:?}");
    let told = async || get(&app, "/api/v2/components.json").await["components"].clone();
    until_async(async || told().await.as_array().is_some_and(|models| models.len() == 2)).await;
    let small = get(&app, "/api/platform-status?model=small").await;
    assert!(small["ok"] == true && small["usage"]["requests"] == 1 && small["ttfb_ms"].is_u64(), "{small}");
    assert_eq!(get(&app, &format!("/api/platform-status?model={MODEL}")).await["usage"]["requests"], 0);
    let page = app.get("/status").await.text().await.expect("a body");
    assert!(!page.contains("org/small") && !page.contains("127.0.0.1"), "no backend is named");
}

#[tokio::test]
async fn a_refusal_does_not_count() {
    let stub = Stub::that(Act::Status(400, Vec::new())).await;
    let app = before(&stub).await;
    assert_eq!(app.chat(&json!({})).await.status(), 400);
    stub.now_does(Act::Status(404, Vec::new()));
    let asked = app.ask("/v1/responses", &json!({"model": "small", "input": "x"})).await;
    assert_eq!(asked.status(), 502, "the backend lacks the route, and others may be answered");
    // Samples are counted in order: once this one is there, another before it would be too.
    assert_eq!(app.transcribe(form(sentence())).await.status(), 200);
    counting(&app, Measure::Served, 1).await;
    let all = app.stores.status.tallies(Span::Day, Timestamp::UNIX_EPOCH, Timestamp::MAX, Detail::Whole).await;
    assert!(all.expect("it answers").keys().all(|(_, model)| model == MODEL));
}

#[tokio::test]
async fn backends_that_fail_count_as_faults() {
    for (act, streamed, fault) in [
        (Act::Status(500, Vec::new()), false, Fault::Backend),
        (Act::Silence, true, Fault::TimedOut),
        (Act::Status(429, Vec::new()), false, Fault::Overloaded),
        (Act::Stream(vec![delta("one")], End::Cut), true, Fault::Backend),
        (
            Act::Stream(vec!["data: {\"error\":{\"code\":\"backend_failed\"}}\n\n".to_owned()], End::Whole),
            true,
            Fault::Backend,
        ),
    ] {
        let stub = Stub::that(act).await;
        let app = before(&stub).await;
        let answer = app.chat(&json!({"stream": streamed})).await;
        if answer.status().is_success() {
            assert!(answer.text().await.expect("it ends as it should").contains("backend_failed"));
        } else {
            assert!(error(answer).await.0 >= 429);
        }
        let tally = counted(&app).await;
        assert_eq!((tally.total(Measure::Served), tally.main_fault()), (0, Some(fault)));
    }
}

#[tokio::test]
async fn those_for_whom_there_is_no_place_count_too() {
    let models = r#"{ id = "small", capabilities = ["text", "audio"] }"#;
    for recording in [false, true] {
        let stub = Stub::that(Act::Silence).await;
        let backends = Some(stub.entry("one", "kind = \"vllm\"", models));
        let app = TestApp::with(Wishes {
            script: Some(Script::default()),
            backends,
            passed_on: Some(1),
            ..Wishes::default()
        });
        let app = app.await;
        let first = tokio::spawn(app.client.post(app.url("/v1/chat/completions")).json(&chat(&json!({}))).send());
        until(|| stub.count() == 1).await;
        let refused = if recording {
            app.transcribe(form(speech(1)).text("model", "small")).await
        } else {
            app.chat(&json!({})).await
        };
        let (status, told) = error(refused).await;
        assert_eq!((status, &told["code"]), (429, &"queue_full".into()));
        assert_eq!(error(app.chat(&json!({"model": "unknown"})).await).await.0, 429, "of no model of ours");
        let tally = counted(&app).await;
        assert_eq!((tally.total(Measure::Failed), tally.main_fault()), (1, Some(Fault::Overloaded)));
        first.abort();
    }
}

#[tokio::test]
async fn those_that_fail_here_before_a_backend_is_asked_count_too() {
    let models = r#"{ id = "small", capabilities = ["text", "audio"] }"#;
    let sandbox = Sandbox::new();
    let key = sandbox.file("key", b"the-key\n");
    let nobody = "url = \"http://127.0.0.1:1/v1/moderations\"\nmodel = \"guardian\"";
    let rules = format!("[moderation]\n{nobody}\nkey_file = \"{}\"\n", key.display());
    for recording in [false, true] {
        let stub = Stub::that(Act::Json(message("Hello.", 5, 7))).await;
        let wishes = Wishes {
            script: Some(Script::default()),
            guardrails: Some(rules.clone()),
            backends: Some(stub.entry("one", "kind = \"vllm\"", models)),
            ..Wishes::default()
        };
        let app = TestApp::with(wishes).await;
        let failed = if recording {
            app.transcribe(form(speech(1)).text("model", "small").text("prompt", "a sparrow")).await
        } else {
            app.chat(&json!({})).await
        };
        let (status, told) = error(failed).await;
        assert_eq!((status, &told["code"]), (503, &"moderation_unavailable".into()));
        let tally = counted(&app).await;
        assert_eq!((tally.total(Measure::Failed), tally.main_fault()), (1, Some(Fault::Service)));
        assert_eq!(stub.count(), 0);
    }
}

#[tokio::test]
async fn what_fails_at_the_door_counts_for_our_model_only_where_a_transcript_was_asked_for() {
    let stub = Stub::that(Act::Silence).await;
    let wishes = Wishes {
        script: Some(Script::default()),
        keys: Some(Opening::Closed),
        backends: Some(stub.entry("one", "kind = \"vllm\"", SMALL)),
        ..Wishes::default()
    };
    let app = TestApp::with(wishes).await;
    let alice = app.caller("alice").await;
    // Nobody can tell what the account may do.
    let change = AccountChange { plan: Some(Some("gone".to_owned())), ..AccountChange::default() };
    let now = app.registry.now();
    app.stores.keys.change_account(&alice.account().id, &change, now).await.expect("it is written");
    assert_eq!(alice.post_json("/v1/chat/completions", &chat(&json!({}))).await.status(), 503);
    assert_eq!(alice.transcribe(form(sentence())).await.status(), 503);
    assert_eq!(app.caller("bob").await.transcribe(form(sentence())).await.status(), 200);
    let tally = counting(&app, Measure::Served, 1).await;
    assert_eq!((tally.total(Measure::Failed), tally.main_fault()), (1, Some(Fault::Service)));
}

#[tokio::test]
async fn those_that_a_stop_cuts_off_count_too() {
    let stub = Stub::that(Act::Silence).await;
    let http = minuted::http::Settings { drain_timeout: std::time::Duration::from_millis(10), ..Default::default() };
    let backends = Some(stub.entry("one", "kind = \"vllm\"", SMALL));
    let wishes = Wishes { http, script: Some(Script::default()), backends, ..Wishes::default() };
    let mut app = TestApp::with(wishes).await;
    let cut = tokio::spawn(app.client.post(app.url("/v1/chat/completions")).json(&chat(&json!({}))).send());
    until(|| stub.count() == 1).await;
    app.tell_to_stop();
    assert_eq!(cut.await.expect("no panic").expect("an answer").status(), 503);
    app.ended().await;
    let tally = counted(&app).await;
    assert_eq!((tally.total(Measure::Failed), tally.main_fault()), (1, Some(Fault::Stopping)));
}
