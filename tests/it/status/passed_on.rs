//! Requests that are passed on to a backend count for their model, and not for ours.

use minuted::domain::Timestamp;
use minuted::status::{Detail, Fault, Measure, Span, Tally};
use serde_json::json;

use super::{MODEL, counting, json as get};
use crate::app::{TestApp, error, form, sentence, until_async};
use crate::gateway::before;
use crate::gateway::stub::{Act, End, Stub, delta, message};

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
        (Act::Silence, false, Fault::TimedOut),
        (Act::Status(429, Vec::new()), false, Fault::Overloaded),
        (Act::Stream(vec![delta("one")], End::Cut), true, Fault::Backend),
    ] {
        let stub = Stub::that(act).await;
        let app = before(&stub).await;
        let answer = app.chat(&json!({"stream": streamed})).await;
        if streamed {
            assert!(answer.text().await.expect("it ends as it should").contains("backend_failed"));
        } else {
            assert!(error(answer).await.0 >= 429);
        }
        let tally = counted(&app).await;
        assert_eq!((tally.total(Measure::Served), tally.main_fault()), (0, Some(fault)));
    }
}
