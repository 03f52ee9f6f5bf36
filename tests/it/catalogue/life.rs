//! A model's life as its callers meet it, at the boundary of each of its days.

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{app_at, follower};
use crate::app::{error, form, sentence};

const DEPRECATED: &str = "@1790812800"; // 2026-10-01
const SUNSET: &str = "Fri, 01 Jan 2027 00:00:00 GMT";
const SUCCESSOR: &str = "</v1/models/next>; rel=\"successor-version\"";

fn told(headers: &HeaderMap) -> [Option<&str>; 3] {
    ["deprecation", "sunset", "link"].map(|name| headers.get(name).map(|value| value.to_str().expect("ASCII")))
}

#[tokio::test]
async fn headers_come_with_the_announcement_and_not_a_moment_before() {
    let (app, clock) = app_at("2026-09-30T23:59:59.999999Z").await;
    let alice = app.caller("alice").await;
    let answer = alice.transcribe(form(sentence())).await;
    assert_eq!((answer.status().as_u16(), told(answer.headers())), (200, [None; 3]));

    clock.set("2026-10-01T00:00:00Z");
    for named in [None, Some("whisper-1"), Some("minuted-nano.en")] {
        let form = named.into_iter().fold(form(sentence()), |form, name| form.text("model", name));
        let answer = alice.transcribe(form).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(told(answer.headers()), [Some(DEPRECATED), Some(SUNSET), Some(SUCCESSOR)], "{named:?}");
    }
}

#[tokio::test]
async fn streams_translations_dry_runs_and_errors_have_the_headers_too() {
    let (app, _) = app_at("2026-12-31T23:59:59.999999Z").await;
    let alice = app.caller("alice").await;
    let everything = [Some(DEPRECATED), Some(SUNSET), Some(SUCCESSOR)];
    let transcriptions = "/v1/audio/transcriptions";
    for (path, form, status) in [
        (transcriptions, form(sentence()).text("stream", "true"), 200),
        ("/v1/audio/translations", form(sentence()), 200),
        ("/v1/audio/transcriptions?dry_run=true", form(sentence()), 200),
        (transcriptions, form(b"no recording at all".to_vec()), 400),
        (transcriptions, form(sentence()).text("temperature", "hot"), 400),
    ] {
        let request = alice.request(reqwest::Method::POST, path).multipart(form);
        let answer = request.send().await.expect("an answer");
        assert_eq!((answer.status().as_u16(), told(answer.headers())), (status, everything), "{path}");
    }
    let unknown = alice.transcribe(form(sentence()).text("model", "unknown")).await;
    assert_eq!((unknown.status().as_u16(), told(unknown.headers())), (404, [None; 3]));
}

#[tokio::test]
async fn from_its_last_midnight_on_a_model_is_gone() {
    let (app, clock) = app_at("2026-12-31T23:59:59.999999Z").await;
    let alice = app.caller("alice").await;
    assert_eq!(alice.transcribe(form(sentence())).await.status(), 200);

    clock.set("2027-01-01T00:00:00Z");
    let answer = alice.transcribe(form(sentence()).text("model", "whisper-1")).await;
    assert_eq!(told(answer.headers()), [Some(DEPRECATED), Some(SUNSET), Some(SUCCESSOR)]);
    let (status, body) = error(answer).await;
    assert_eq!((status, &body["code"]), (410, &"model_retired".into()));
    assert_eq!(body["message"], "The model `minuted-nano.en` is retired; use `next` instead.");
    let spent = app.stores.ledger.chain(&alice.account().id, 0, 10).await.expect("the ledger works");
    assert_eq!(spent.len(), 2, "one hold and one settlement, of the request before: {spent:?}");
}

#[tokio::test]
async fn a_retired_model_is_refused_or_answered_by_its_successor_as_the_account_wants() {
    let (app, clock) = app_at("2026-07-31T23:59:59.999999Z").await;
    let (alice, bob) = (app.caller("alice").await, follower(&app, "bob").await);
    let ask = async |caller: &crate::callers::TestCaller, name: &'static str| {
        caller.transcribe(form(sentence()).text("model", name)).await
    };
    let early = ask(&bob, "before").await;
    assert_eq!(early.status(), 404, "it is deprecated, and not served here");

    clock.set("2026-08-01T00:00:00Z");
    let (status, body) = error(ask(&alice, "before").await).await;
    assert_eq!((status, &body["code"]), (410, &"model_retired".into()));
    for (name, text) in [("before", "Window 0."), ("before-q8", "Window 1.")] {
        let answer = ask(&bob, name).await;
        let link = "</v1/models/minuted-nano.en>; rel=\"successor-version\"";
        assert_eq!(told(answer.headers())[2], Some(link), "{name}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["text"], text, "{name}");
    }
    let charged = app.stores.ledger.chain(&bob.account().id, 0, 10).await.expect("the ledger works");
    assert!(charged.iter().all(|entry| entry.model == "minuted-nano.en"), "what answered is what is charged");
}

#[tokio::test]
async fn a_key_for_some_models_is_not_led_to_another_one() {
    let (app, _) = app_at("2026-08-01T00:00:00Z").await;
    let bob = follower(&app, "bob").await;
    let models = Some(["before".to_owned()].into());
    let narrow = minuted::accounts::NewKey { models, ..crate::callers::plain_key() };
    let narrow = app.caller_with("bob", narrow).await;
    assert_eq!(bob.account().id, narrow.account().id);
    let (status, body) = error(narrow.transcribe(form(sentence()).text("model", "before")).await).await;
    assert_eq!((status, &body["code"]), (403, &"model_not_allowed".into()));
}
