//! A key that works, and every way in which one does not.

use std::sync::Arc;
use std::time::Duration;

use minuted::accounts::{AccountChange, NewKey, Opening, Scope, Secret};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Script, TestApp, Wishes, error, form, sentence, until_async};
use crate::callers::{TestCaller, TestClock, plain_key};

async fn refusal(caller: &TestCaller) -> (u16, Value, String) {
    let (status, told) = error(caller.transcribe(form(sentence())).await).await;
    (status, told["code"].clone(), told["message"].as_str().expect("a message").to_owned())
}

#[tokio::test]
async fn a_key_opens_the_door_and_nothing_else_does() {
    let app = TestApp::keyed().await;
    let alice = app.caller("alice").await;
    assert_eq!(alice.transcribe(form(sentence())).await.status(), 200);

    let response = app.anonymous().transcribe(form(sentence())).await;
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let (status, told) = error(response).await;
    assert_eq!((status, &told["code"]), (401, &json!("invalid_api_key")));
    assert_eq!(told["message"], "You didn't provide an API key; send one in the header `Authorization: Bearer mnt_…`.");

    let other = Secret::generate().expect("random bytes").reveal();
    let (id, _) = alice.secret.rsplit_once('_').map(|_| alice.secret.split_at(22)).expect("a key");
    let wrong_secret = format!("{id}_{}", other.splitn(3, '_').nth(2).expect("a secret"));
    for shown in [&*other, &wrong_secret, "sk-123", "mnt_", "mnt_00_AAAA", &"x".repeat(5000)] {
        let (status, code, message) = refusal(&app.showing(shown)).await;
        assert_eq!((status, code), (401, json!("invalid_api_key")), "{shown}");
        assert!(message.starts_with("Incorrect API key provided"), "{message}");
        let secret = shown.splitn(3, '_').nth(2).filter(|secret| secret.len() > 4).unwrap_or("nothing to hide");
        assert!(!message.contains(secret), "a secret is not told back: {message}");
    }
}

#[tokio::test]
async fn the_key_comes_as_openais_clients_send_it() {
    let app = TestApp::keyed().await;
    let alice = app.caller("alice").await;
    let ask = |name: &'static str, value: String| app.client.get(app.url("/v1/models")).header(name, value).send();
    let secret = &alice.secret;
    for good in [format!("Bearer {secret}"), format!("bearer  {secret} ")] {
        assert_eq!(ask("authorization", good).await.expect("an answer").status(), 200);
    }
    for (name, value) in [
        ("authorization", secret.clone()),
        ("authorization", format!("Basic {secret}")),
        ("authorization", "Bearer".to_owned()),
        ("x-api-key", secret.clone()),
        ("api-key", secret.clone()),
    ] {
        let (status, told) = error(ask(name, value).await.expect("an answer")).await;
        assert_eq!(status, 401, "{name}");
        assert!(told["message"].as_str().expect("a message").contains("Authorization: Bearer"), "{told}");
    }
}

#[tokio::test]
async fn nothing_of_a_body_is_read_before_its_key_is_known() {
    let app = TestApp::keyed().await;
    let mut wire = crate::wire::Wire::begin(app.address, "Content-Length: 1000000").await;
    let answer = wire.read_until("\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.to_lowercase().contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_key_ends_by_the_clock() {
    let clock = Arc::new(TestClock::at("2026-03-29T00:59:59Z"));
    let keys = Some(Opening::Closed);
    let wishes = Wishes { script: Some(Script::default()), keys, clock: Some(clock.clone()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let lifetime = Some(Duration::from_secs(1));
    let alice = app.caller_with("alice", NewKey { lifetime, ..plain_key() }).await;
    assert_eq!(alice.get("/v1/models").await.status(), 200);
    clock.set("2026-03-29T01:00:00Z");
    let (status, code, message) = refusal(&alice).await;
    assert_eq!((status, code), (401, json!("invalid_api_key")));
    assert!(message.ends_with("_… has expired."), "{message}");
}

#[tokio::test]
async fn a_revoked_key_is_revoked_everywhere_two_seconds_later() {
    let here = TestApp::keyed().await;
    let alice = here.caller("alice").await;
    assert_eq!(alice.get("/v1/models").await.status(), 200);
    // Not through this server, as another server or the command line would.
    let at = here.registry.now();
    here.stores.keys.revoke_key(&alice.account().id, &alice.key().id, at).await.expect("it is revoked");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (status, _, message) = refusal(&alice).await;
    assert!(status == 401 && message.ends_with("has been revoked."), "{status} {message}");
}

#[tokio::test]
async fn the_keys_of_a_suspended_account_rest() {
    let app = TestApp::keyed().await;
    let alice = app.caller("alice").await;
    let suspend = async |suspended| {
        let change = AccountChange { suspended: Some(suspended), ..AccountChange::default() };
        app.registry.change_account(&alice.account().id, change).await.expect("it is changed");
    };
    suspend(true).await;
    until_async(|| async { alice.get("/v1/models").await.status() == 403 }).await;
    let (status, code, _) = refusal(&alice).await;
    assert_eq!((status, code), (403, json!("account_suspended")));
    suspend(false).await;
    until_async(|| async { alice.get("/v1/models").await.status() == 200 }).await;
}

#[tokio::test]
async fn a_plan_that_is_not_known_lets_nobody_in_unlimited() {
    let app = TestApp::keyed().await;
    let (admin, alice) = (app.admin().await, app.caller("alice").await);
    let change = AccountChange { plan: Some(Some("gone".to_owned())), ..AccountChange::default() };
    let (id, now) = (&alice.account().id, app.registry.now());
    app.stores.keys.change_account(id, &change, now).await.expect("it is written");
    let (status, code, message) = refusal(&alice).await;
    assert_eq!((status, code), (503, json!("accounts_unavailable")));
    assert!(!message.contains("gone"), "{message}");
    let shown = admin.get(&format!("/admin/v1/accounts/{id}")).await;
    let shown: Value = shown.json().await.expect("JSON");
    assert_eq!((&shown["plan"], &shown["effective_limits"]), (&json!("gone"), &Value::Null));
}

#[tokio::test]
async fn a_key_is_for_what_it_was_made_for() {
    let app = TestApp::keyed().await;
    let scopes = [Scope::Transcribe].into_iter().collect();
    let narrow = app.caller_with("alice", NewKey { scopes, ..plain_key() }).await;
    assert_eq!(narrow.transcribe(form(sentence())).await.status(), 200);
    let translations = narrow.request(Method::POST, "/v1/audio/translations").multipart(form(sentence()));
    let by_field = narrow.transcribe(form(sentence()).text("task", "translate")).await;
    for response in [translations.send().await.expect("an answer"), by_field] {
        let (status, told) = error(response).await;
        assert_eq!((status, &told["code"]), (403, &json!("insufficient_permissions")));
        assert!(told["message"].as_str().expect("a message").contains("`translate`"), "{told}");
    }
}

#[tokio::test]
async fn a_key_names_only_the_models_that_it_was_made_for() {
    let app = TestApp::keyed().await;
    let only = |name: &str| NewKey { models: Some([name.to_owned()].into()), ..plain_key() };
    let may = app.caller_with("alice", only("minuted-nano.en")).await;
    let may_not = app.caller_with("alice", only("whisper-large-v3")).await;
    for name in ["minuted-nano.en", "whisper-1"] {
        assert_eq!(may.transcribe(form(sentence()).text("model", name)).await.status(), 200, "{name}");
        assert_eq!(may.get(&format!("/v1/models/{name}")).await.status(), 200);
        let (status, told) = error(may_not.transcribe(form(sentence()).text("model", name)).await).await;
        assert_eq!((status, &told["code"]), (403, &json!("model_not_allowed")), "{name}");
        assert_eq!(may_not.get(&format!("/v1/models/{name}")).await.status(), 404);
    }
    assert_eq!(error(may_not.transcribe(form(sentence())).await).await.0, 403, "the default model is one too");
    let count = async |caller: &TestCaller| {
        let list: Value = caller.get("/v1/models").await.json().await.expect("JSON");
        list["data"].as_array().expect("a list").len()
    };
    assert_eq!((count(&may).await, count(&may_not).await), (1, 0));
}
