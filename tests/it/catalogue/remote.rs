//! The catalogue and the models of backends: the same life, the same headers, the same list.

use std::sync::Arc;

use minuted::accounts::{NewKey, Opening};
use reqwest::Method;
use serde_json::{Value, json};

use super::follower;
use crate::app::{Script, TestApp, Wishes, error, form, sentence};
use crate::callers::{TestCaller, TestClock, plain_key};
use crate::gateway::stub::{Act, DONE, End, Stub, delta, message};

const CATALOGUE: &str = r#"
    [[model]]
    id = "old"
    vendor = "acme"
    licence = "MIT"
    phase = "production"
    announced_on = "2026-10-01"
    ends_on = "2027-01-01"
    successor = "new"

    [[model]]
    id = "new"
    vendor = "acme"
    licence = "Apache-2.0"
    description = "the next one"
    languages = ["en", "fr"]
    capabilities = ["chat", "transcription"]
    phase = "production"
"#;

const MODELS: &str = r#"{ id = "old", capabilities = ["text", "audio"] },
                        { id = "new", capabilities = ["text", "audio"] }"#;

const HEADERS: [&str; 3] =
    ["@1790812800", "Fri, 01 Jan 2027 00:00:00 GMT", "</v1/models/new>; rel=\"successor-version\""];

async fn app_at(time: &str, stub: &Stub) -> (TestApp, Arc<TestClock>) {
    app_with(time, stub.entry("one", "kind = \"vllm\"", MODELS)).await
}

async fn app_with(time: &str, backends: String) -> (TestApp, Arc<TestClock>) {
    app_of(time, backends, CATALOGUE.to_owned()).await
}

async fn app_of(time: &str, backends: String, catalogue: String) -> (TestApp, Arc<TestClock>) {
    let clock = Arc::new(TestClock::at(time));
    let wishes = Wishes {
        script: Some(Script::default()),
        keys: Some(Opening::Closed),
        clock: Some(clock.clone()),
        catalogue: Some(catalogue),
        backends: Some(backends),
        ..Wishes::default()
    };
    (TestApp::with(wishes).await, clock)
}

async fn chat(caller: &TestCaller, more: Value) -> reqwest::Response {
    let mut body = json!({"model": "old", "messages": [{"role": "user", "content": "Say hello."}]});
    body.as_object_mut().expect("an object").extend(more.as_object().expect("fields").clone());
    caller.request(Method::POST, "/v1/chat/completions").json(&body).send().await.expect("an answer")
}

fn told(answer: &reqwest::Response) -> [Option<String>; 3] {
    let text = |name: &str| answer.headers().get(name).map(|value| value.to_str().expect("ASCII").to_owned());
    ["deprecation", "sunset", "link"].map(text)
}

#[tokio::test]
async fn answers_streams_and_errors_of_a_deprecated_model_at_a_backend_say_so() {
    let stub = Stub::that(Act::Json(message("hi", 3, 2))).await;
    let (app, clock) = app_at("2026-09-30T23:59:59Z", &stub).await;
    let alice = app.caller("alice").await;
    assert_eq!(told(&chat(&alice, json!({})).await), [const { None }; 3]);
    clock.set("2026-10-01T00:00:00Z");
    let expected = HEADERS.map(|text| Some(text.to_owned()));
    let answer = chat(&alice, json!({})).await;
    assert_eq!((answer.status().as_u16(), told(&answer)), (200, expected.clone()));
    let wrong =
        chat(&alice, json!({"messages": [{"content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]})).await;
    assert_eq!((wrong.status().as_u16(), told(&wrong)), (422, expected.clone()), "it does not see");
    for more in [json!({"max_tokens": "many"}), json!({"messages": [{"role": "user", "content": "\u{E0041}"}]})] {
        let refused = chat(&alice, more.clone()).await;
        assert!(matches!(refused.status().as_u16(), 400 | 403), "{more}");
        assert_eq!(told(&refused), expected, "{more}");
    }
    stub.now_does(Act::Stream(vec![delta("hi"), DONE.to_owned()], End::Whole));
    let streamed = chat(&alice, json!({"stream": true})).await;
    assert_eq!((streamed.status().as_u16(), told(&streamed)), (200, expected));
    assert_eq!(told(&chat(&alice, json!({"model": "new"})).await), [const { None }; 3]);
}

#[tokio::test]
async fn a_retired_model_at_a_backend_is_a_410_or_its_successor() {
    let stub = Stub::that(Act::Json(message("hi", 3, 2))).await;
    let (app, _) = app_at("2027-01-01T00:00:00Z", &stub).await;
    let (alice, bob) = (app.caller("alice").await, follower(&app, "bob").await);
    let answer = chat(&alice, json!({})).await;
    assert_eq!(told(&answer), HEADERS.map(|text| Some(text.to_owned())));
    let (status, body) = error(answer).await;
    assert_eq!((status, &body["code"], stub.count()), (410, &"model_retired".into(), 0));
    let spent = app.stores.ledger.chain(&alice.account().id, 0, 10).await.expect("the ledger works");
    assert_eq!(spent, [], "nothing was reserved");

    assert_eq!(chat(&bob, json!({})).await.status(), 200);
    assert_eq!(stub.last().json()["model"], "new", "the backend is asked for the successor");
    let spent = app.stores.ledger.chain(&bob.account().id, 0, 10).await.expect("the ledger works");
    assert!(!spent.is_empty() && spent.iter().all(|entry| entry.model == "new"), "{spent:?}");

    stub.now_does(Act::Json(json!({"text": "hello"})));
    for (caller, status) in [(&alice, 410), (&bob, 200)] {
        let answer = caller.transcribe(form(sentence()).text("model", "old")).await;
        assert_eq!(answer.status(), status);
    }
    assert_eq!(stub.last().path, "/v1/audio/transcriptions");
    app.calls.write().await.expect("the store works");
    let counted = app.stores.calls.calls(Some("old"), None, 10).await.expect("the store works");
    assert_eq!(counted.iter().map(|calls| calls.count).collect::<Vec<_>>(), [2, 2]);
}

#[tokio::test]
async fn what_reads_the_pictures_in_place_of_another_is_looked_up_as_if_it_had_been_asked_for() {
    let stub = Stub::that(Act::Json(message("a cat", 3, 2))).await;
    let models = r#"{ id = "blind" }, { id = "old", capabilities = ["text", "vision"] },
                    { id = "new", capabilities = ["text", "vision"] }"#;
    let entry = stub.entry("one", "kind = \"vllm\"", models);
    let (app, clock) =
        app_with("2026-09-30T23:59:59Z", format!("vision_fallback = {{ blind = \"old\" }}\n{entry}")).await;
    let (alice, bob) = (app.caller("alice").await, follower(&app, "bob").await);
    let picture = json!([{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]);
    let ask = async |caller: &TestCaller| {
        chat(caller, json!({"model": "blind", "messages": [{"role": "user", "content": picture}]})).await
    };
    let answer = ask(&alice).await;
    assert_eq!((answer.status().as_u16(), told(&answer)), (200, [const { None }; 3]));
    clock.set("2026-10-01T00:00:00Z");
    let expected = HEADERS.map(|text| Some(text.to_owned()));
    let answer = ask(&alice).await;
    assert_eq!((answer.status().as_u16(), told(&answer)), (200, expected.clone()));
    assert_eq!(stub.last().json()["model"], "old");
    assert_eq!(
        told(&chat(&alice, json!({"model": "blind"})).await),
        [const { None }; 3],
        "without a picture it has no say"
    );

    for models in [["blind"], ["old"]] {
        let models = Some(models.map(str::to_owned).into());
        let narrow = app.caller_with("alice", NewKey { models, ..plain_key() }).await;
        let (status, body) = error(ask(&narrow).await).await;
        assert_eq!((status, &body["code"]), (403, &"model_not_allowed".into()));
    }

    clock.set("2027-01-01T00:00:00Z");
    let before = stub.count();
    let answer = ask(&alice).await;
    assert_eq!(told(&answer), expected);
    let (status, body) = error(answer).await;
    assert_eq!((status, &body["code"], stub.count()), (410, &"model_retired".into(), before));
    assert_eq!(ask(&bob).await.status(), 200);
    assert_eq!(stub.last().json()["model"], "new");
    let spent = app.stores.ledger.chain(&bob.account().id, 0, 10).await.expect("the ledger works");
    assert!(!spent.is_empty() && spent.iter().all(|entry| entry.model == "new"), "{spent:?}");
}

#[tokio::test]
async fn models_of_backends_are_listed_and_on_the_page_with_their_cards() {
    let stub = Stub::that(Act::Silence).await;
    let (app, clock) = app_at("2026-11-01T00:00:00Z", &stub).await;
    let alice = app.caller("alice").await;
    let ids = async || -> Vec<Value> {
        let list: Value = alice.get("/v1/models").await.json().await.expect("JSON");
        list["data"].as_array().expect("a list").iter().map(|model| model["id"].clone()).collect()
    };
    assert_eq!(ids().await, ["minuted-nano.en", "old", "new"]);
    let new: Value = alice.get("/v1/models/new").await.json().await.expect("JSON");
    let told = &new["minuted"];
    assert_eq!((&told["licence"], &told["languages"]), (&json!("Apache-2.0"), &json!(["en", "fr"])));
    assert_eq!(told["capabilities"], json!(["chat", "transcription"]));
    assert!(told["price"].as_array().is_some_and(|price| price.len() >= 3), "tokens and minutes: {told}");
    let page = async || app.anonymous().get("/catalog").await.text().await.expect("a body");
    let html = page().await;
    assert!(html.contains("<article id=\"new\">") && html.contains("the next one"), "{html}");
    assert!(html.contains("Its successor is <a href=\"#new\">new</a>."), "{html}");
    clock.set("2027-01-01T00:00:00Z");
    assert_eq!(ids().await, ["minuted-nano.en", "new"]);
    assert_eq!(page().await.matches("<article id=\"old\">").count(), 1, "it is told where it went");
}

#[tokio::test]
async fn a_successor_is_told_and_asked_under_the_name_that_its_backend_has() {
    let stub = Stub::that(Act::Json(message("hi", 3, 2))).await;
    let catalogue = CATALOGUE.replace("id = \"new\"", "id = \"new-9b\"\naliases = [\"new\"]");
    let (app, clock) = app_of("2026-11-01T00:00:00Z", stub.entry("one", "kind = \"vllm\"", MODELS), catalogue).await;
    let (alice, bob) = (app.caller("alice").await, follower(&app, "bob").await);
    let old: Value = alice.get("/v1/models/old").await.json().await.expect("JSON");
    assert_eq!(old["minuted"]["successor"], "new");
    let html = app.anonymous().get("/catalog").await.text().await.expect("a body");
    assert!(html.contains("Its successor is <a href=\"#new\">new</a>."), "{html}");
    clock.set("2027-01-01T00:00:00Z");
    let answer = chat(&alice, json!({})).await;
    assert_eq!(told(&answer), HEADERS.map(|text| Some(text.to_owned())));
    let (status, body) = error(answer).await;
    assert_eq!((status, &body["message"]), (410, &"The model `old` is retired; use `new` instead.".into()));
    assert_eq!(chat(&bob, json!({})).await.status(), 200);
    assert_eq!(stub.last().json()["model"], "new");
    assert_eq!(alice.get("/v1/models/new").await.status(), 200);
}

#[tokio::test]
async fn a_key_that_may_not_have_a_model_does_not_call_it() {
    let stub = Stub::that(Act::Json(message("hi", 3, 2))).await;
    let (app, clock) = app_at("2026-11-01T00:00:00Z", &stub).await;
    let narrow = NewKey { models: Some(["new".to_owned()].into()), ..plain_key() };
    let (alice, bob) = (app.caller_with("alice", narrow.clone()).await, follower(&app, "bob").await);
    let counted = async || {
        app.calls.write().await.expect("the store works");
        let calls = app.stores.calls.calls(Some("old"), None, 10).await.expect("the store works");
        calls.into_iter().map(|calls| (calls.account, calls.count)).collect::<Vec<_>>()
    };
    for refused in [chat(&alice, json!({})).await, alice.transcribe(form(sentence()).text("model", "old")).await] {
        let (status, body) = error(refused).await;
        assert_eq!((status, &body["code"]), (403, &"model_not_allowed".into()));
    }
    assert_eq!(counted().await, []);
    assert_eq!(chat(&alice, json!({"model": "unknown"})).await.status(), 404, "there is none to be forbidden");

    clock.set("2027-01-01T00:00:00Z");
    let led = app.caller_with("bob", narrow).await;
    assert_eq!(chat(&led, json!({})).await.status(), 200, "it may have the successor, and asks for nothing else");
    assert_eq!(counted().await, [(bob.account().id.clone(), 1)]);
}
