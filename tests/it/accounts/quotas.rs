//! Budgets of money as a client meets them: what is refused, in which words, and that nothing is charged for it.

use std::sync::Arc;

use minuted::accounts::{AccountChange, Limits, NewAccount, NewKey, Opening, Plans};
use minuted::billing::{Amounts, Hold, Service};
use minuted::domain::{AccountId, ChargeId, Currency, RequestId};
use serde_json::{Value, json};

use crate::app::{Script, TestApp, Wishes, error, form, sentence, speech, until_async};
use crate::books::Books;
use crate::callers::{TestCaller, TestClock, plain_key};

const CENT: i64 = 10_000_000;
const NOW: &str = "2026-11-01T10:00:00Z";

async fn app() -> TestApp {
    let clock = Arc::new(TestClock::at(NOW));
    let keys = Some(Opening::Closed);
    TestApp::with(Wishes { script: Some(Script::default()), keys, clock: Some(clock), ..Wishes::default() }).await
}

fn cents(cents: i64) -> Limits {
    Limits { spend_nanos_per_month: Some(cents * CENT), ..Limits::default() }
}

/// The answer is that of an exhausted quota, after which an SDK does not ask again.
async fn is_refused(caller: &TestCaller, left: &str) {
    let refused = caller.transcribe(form(sentence())).await;
    assert_eq!(refused.headers()["x-should-retry"], "false");
    assert!(!refused.headers().contains_key("retry-after"), "waiting does not help");
    let (status, body) = error(refused).await;
    assert_eq!(status, 429);
    assert_eq!((&body["type"], &body["code"]), (&"insufficient_quota".into(), &"insufficient_quota".into()));
    let message = body["message"].as_str().expect("a message");
    assert!(message.contains(left) && message.ends_with("until 2026-12-01T00:00:00Z."), "{message}");
}

async fn is_done(caller: &TestCaller) {
    let done = caller.transcribe(form(sentence())).await;
    assert_eq!(done.status(), 200);
    assert_eq!(done.headers()["x-minuted-cost"], "0.01 EUR");
}

#[tokio::test]
async fn a_key_spends_what_it_may_and_not_a_cent_more() {
    let app = app().await;
    let alice = app.caller_with("acme", NewKey { limits: cents(2), ..plain_key() }).await;
    is_done(&alice).await;
    is_done(&alice).await;
    is_refused(&alice, "of the 0.02 that this key may use in a month, 0 are left").await;
    assert_eq!(alice.get("/v1/models").await.status(), 200, "what costs nothing still works");
    is_done(&app.caller("acme").await).await;
    let books = Books::of(alice.account().id.as_str(), app.stores.ledger.clone());
    assert_eq!((books.charged().await, books.open().await), (vec![10; 3], 0));
    assert_eq!(books.steps().await.len(), 6, "what was refused has left no row");
}

#[tokio::test]
async fn a_key_that_takes_anothers_place_has_what_that_has_left() {
    let app = app().await;
    let old = app.caller_with("acme", NewKey { limits: cents(3), ..plain_key() }).await;
    is_done(&old).await;
    let admin = app.admin().await;
    let rotate = async |key: &str| {
        let path = format!("/admin/v1/accounts/{}/keys/{key}/rotate", old.account().id);
        let made: Value = admin.post_json(&path, &json!({})).await.json().await.expect("JSON");
        let text = |field: &str| made[field].as_str().expect("a text").to_owned();
        (text("id"), app.showing(&text("value")))
    };
    let (id, second) = rotate(old.key().id.as_str()).await;
    is_done(&second).await;
    let (_, third) = rotate(&id).await;
    is_done(&third).await;
    for key in [&old, &second, &third] {
        is_refused(key, "of the 0.03 that this key may use in a month, 0 are left").await;
    }
    is_done(&app.caller("acme").await).await;
}

#[tokio::test]
async fn who_has_nothing_left_has_no_recording_decoded_to_be_told_its_price() {
    let app = app().await;
    let audio = Limits { audio_minutes_per_hour: Some(1), ..Limits::default() };
    for (name, limits) in [("by money", cents(1)), ("by minutes", audio)] {
        let account = app.account(name, limits).await;
        let caller = app.caller(name).await;
        let price = async || {
            let path = "/v1/audio/transcriptions?dry_run=true";
            caller.request(reqwest::Method::POST, path).multipart(form(speech(61))).send().await.expect("an answer")
        };
        assert_eq!(price().await.status(), 200, "what is more than is left has a price");
        reserve(&app, &account.id, Amounts { nanos: CENT, audio_ms: 60_000, output_tokens: 0 }).await;
        let (status, body) = error(price().await).await;
        assert_eq!((status, &body["code"]), (429, &"insufficient_quota".into()), "{name}");
    }
}

#[tokio::test]
async fn many_keys_spend_together_what_their_account_may() {
    let app = app().await;
    app.account("acme", cents(3)).await;
    for _ in 0..3 {
        is_done(&app.caller("acme").await).await;
    }
    is_refused(&app.caller("acme").await, "of the 0.03 that this account may use in a month, 0 are left").await;
}

/// Reserves so much for another request of the account.
async fn reserve(app: &TestApp, account: &AccountId, amounts: Amounts) {
    let hold = Hold {
        charge: ChargeId::new(),
        request: RequestId::new(),
        account: account.clone(),
        key: None,
        service: Service::Transcription,
        model: "minuted-nano.en".to_owned(),
        currency: Currency::EUR,
        amounts,
        budgets: Vec::new(),
        at: NOW.parse().expect("a time"),
        expires_at: "2026-11-02T10:00:00Z".parse().expect("a time"),
        claim: None,
    };
    app.stores.ledger.hold(&hold).await.expect("no budget is asked");
}

#[tokio::test]
async fn each_plan_has_its_ceiling_and_a_contract_has_none() {
    let app = app().await;
    let plans = Plans::load(None).expect("the plans of the program");
    for plan in plans.iter() {
        let (name, plan_name) = (format!("on {}", plan.name), Some(plan.name.clone()));
        let wish =
            NewAccount { name: name.clone(), currency: Currency::EUR, plan: plan_name, limits: Limits::default() };
        let account = app.registry.open_account(wish).await.expect("an account");
        let caller = app.caller(&name).await;
        let ceiling = plan.limits.spend_nanos_per_month;
        let nanos = ceiling.unwrap_or(1_000_000 * 100 * CENT) - CENT;
        reserve(&app, &account.id, Amounts { nanos, ..Amounts::default() }).await;
        is_done(&caller).await;
        let Some(ceiling) = ceiling else {
            is_done(&caller).await;
            continue;
        };
        let euros = ceiling / (100 * CENT);
        is_refused(&caller, &format!("of the {euros} that this account may use in a month, 0 are left")).await;
    }
    assert_eq!(plans.iter().count(), 5);
}

#[tokio::test]
async fn who_moves_to_a_higher_plan_goes_on_at_once() {
    let app = app().await;
    let wish = |plan: &str| Some(Some(plan.to_owned()));
    let account = app.account("acme", Limits::default()).await;
    let move_to = async |plan| {
        let change = AccountChange { plan: wish(plan), ..AccountChange::default() };
        app.registry.change_account(&account.id, change).await.expect("it is changed");
    };
    move_to("tier-1").await;
    let alice = app.caller("acme").await;
    reserve(&app, &account.id, Amounts { nanos: 100_000 * CENT, ..Amounts::default() }).await;
    is_refused(&alice, "of the 1000 that this account").await;
    move_to("tier-2").await;
    until_async(async || alice.transcribe(form(sentence())).await.status() == 200).await;
}

#[tokio::test]
async fn whoever_asks_too_fast_waits_no_longer_than_an_sdk_does() {
    let app = app().await;
    let limits = Limits { requests_per_minute: Some(1), ..Limits::default() };
    let alice = app.caller_with("acme", NewKey { limits, ..plain_key() }).await;
    is_done(&alice).await;
    let refused = alice.transcribe(form(sentence())).await;
    let wait: u32 = refused.headers()["retry-after"].to_str().expect("ASCII").parse().expect("seconds");
    assert!((1..=60).contains(&wait) && !refused.headers().contains_key("x-should-retry"), "{wait}");
    assert_eq!(error(refused).await.1["code"], "rate_limit_exceeded");
}
