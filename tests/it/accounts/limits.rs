//! Requests a minute and at once, and what is told of all limits.

use std::sync::Arc;

use minuted::accounts::{AccountChange, Limits, NewKey, Opening};
use minuted::billing::{Amounts, Hold, Service};
use minuted::domain::{ChargeId, Currency, RequestId};
use reqwest::Response;

use crate::app::{Script, TestApp, Wishes, error, form, sentence, until, until_async};
use crate::callers::{TestClock, plain_key};

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().expect("ASCII"))
}

fn told(response: &Response, what: &str) -> [Option<String>; 3] {
    ["limit", "remaining", "reset"]
        .map(|part| header(response, &format!("x-ratelimit-{part}-{what}")).map(str::to_owned))
}

fn three(texts: [&str; 3]) -> [Option<String>; 3] {
    texts.map(|text| Some(text.to_owned()))
}

async fn at(clock: &Arc<TestClock>) -> TestApp {
    let keys = Some(Opening::Closed);
    TestApp::with(Wishes { script: Some(Script::default()), keys, clock: Some(clock.clone()), ..Wishes::default() })
        .await
}

#[tokio::test]
async fn a_request_too_many_in_a_minute_is_told_when_to_come_back() {
    let clock = Arc::new(TestClock::at("2026-11-01T00:00:00Z"));
    let app = at(&clock).await;
    let limits = Limits { requests_per_minute: Some(3), ..Limits::default() };
    let alice = app.caller_with("alice", NewKey { limits, ..plain_key() }).await;

    let first = alice.transcribe(form(sentence())).await;
    assert_eq!(told(&first, "requests"), three(["3", "2", "20s"]));
    assert_eq!(told(&first, "audio-seconds"), [None, None, None], "there is no such limit");
    for _ in 0..2 {
        assert_eq!(alice.get("/v1/models").await.status(), 200);
    }
    let refused = alice.transcribe(form(sentence())).await;
    assert_eq!(told(&refused, "requests"), three(["3", "0", "1m0s"]));
    assert_eq!(header(&refused, "retry-after"), Some("20"));
    let (status, body) = error(refused).await;
    assert_eq!((status, &body["type"], &body["code"]), (429, &"requests".into(), &"rate_limit_exceeded".into()));
    assert!(body["message"].as_str().expect("a message").contains("3 requests a minute for this key"), "{body}");

    assert_eq!(app.caller("alice").await.get("/v1/models").await.status(), 200, "another key of the account");
    clock.set("2026-11-01T00:00:20Z");
    assert_eq!(alice.get("/v1/models").await.status(), 200);
    assert_eq!(alice.get("/v1/models").await.status(), 429);
}

#[tokio::test]
async fn many_keys_do_not_multiply_what_an_account_may() {
    let app = at(&Arc::new(TestClock::at("2026-11-01T00:00:00Z"))).await;
    app.account("acme", Limits { requests_per_minute: Some(5), ..Limits::default() }).await;
    let mut let_in = 0;
    for _ in 0..10 {
        let key = app.caller("acme").await;
        let_in += u32::from(key.get("/v1/models").await.status() == 200);
    }
    assert_eq!(let_in, 5);
}

#[tokio::test]
async fn a_request_is_inside_until_its_answer_has_been_sent() {
    let script = Script::held();
    let wishes = Wishes { script: Some(script.clone()), keys: Some(Opening::Closed), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let limits = Limits { concurrent_requests: Some(1), ..Limits::default() };
    let alice = app.caller_with("alice", NewKey { limits, ..plain_key() }).await;
    let streamed = alice.transcribe(form(sentence()).text("stream", "true")).await;
    assert_eq!(streamed.status(), 200);
    until(|| script.started() == 1).await;

    let refused = alice.transcribe(form(sentence())).await;
    assert_eq!(header(&refused, "retry-after"), Some("1"));
    let (status, body) = error(refused).await;
    assert_eq!((status, &body["code"]), (429, &"rate_limit_exceeded".into()));
    assert_eq!(app.caller("bob").await.get("/v1/models").await.status(), 200, "another account is not concerned");

    script.release();
    streamed.text().await.expect("the rest of the answer");
    until_async(|| async { alice.get("/v1/models").await.status() == 200 }).await;
}

#[tokio::test]
async fn who_hangs_up_is_no_longer_inside() {
    let script = Script::held();
    let wishes = Wishes { script: Some(script.clone()), keys: Some(Opening::Closed), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let limits = Limits { concurrent_requests: Some(1), ..Limits::default() };
    let alice = app.caller_with("alice", NewKey { limits, ..plain_key() }).await;
    let streamed = alice.transcribe(form(sentence()).text("stream", "true")).await;
    assert_eq!(alice.get("/v1/models").await.status(), 429);
    drop(streamed);
    until_async(|| async { alice.get("/v1/models").await.status() == 200 }).await;
}

#[tokio::test]
async fn what_is_left_of_an_audio_budget_is_told() {
    let clock = Arc::new(TestClock::at("2026-11-01T10:54:00Z"));
    let app = at(&clock).await;
    let alice = app.caller("alice").await;
    let limits = Limits { audio_minutes_per_hour: Some(10), audio_minutes_per_day: Some(600), ..Limits::default() };
    let change = AccountChange { limits: Some(limits), ..AccountChange::default() };
    let account = app.registry.change_account(&alice.account().id, change).await.expect("it is changed");
    let response = alice.transcribe(form(sentence())).await;
    let [limit, remaining, reset] = told(&response, "audio-seconds").map(|text| text.expect("it is told"));
    assert_eq!((&*limit, &*reset), ("600", "6m0s"), "the tightest budget, until the full hour");
    let before: i64 = remaining.parse().expect("a number");

    let hold = Hold {
        charge: ChargeId::new(),
        request: RequestId::new(),
        account: account.id.clone(),
        key: None,
        service: Service::Transcription,
        model: "minuted-nano.en".to_owned(),
        currency: Currency::EUR,
        amounts: Amounts { audio_ms: 90_000, ..Amounts::default() },
        budgets: limits.budgets(&minuted::billing::Owner::Account(account.id), &[]),
        at: "2026-11-01T10:54:00Z".parse().expect("a time"),
        expires_at: "2026-11-01T11:54:00Z".parse().expect("a time"),
        claim: None,
    };
    app.stores.ledger.hold(&hold).await.expect("there is enough");
    let response = alice.transcribe(form(sentence())).await;
    let after: i64 = header(&response, "x-ratelimit-remaining-audio-seconds").expect("told").parse().expect("a number");
    assert!(after <= before - 90, "{after} of {before}");
    assert_eq!(told(&alice.get("/v1/models").await, "audio-seconds"), [None, None, None], "nothing was metered");
}
