//! The admin API, over the wire.

use minuted::accounts::Opening;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Script, TestApp, Wishes, error, form, sentence};
use crate::callers::TestCaller;

async fn ok(response: reqwest::Response) -> Value {
    let status = response.status();
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(status, 200, "{body}");
    body
}

async fn refused(admin: &TestCaller, path: &str, body: Value) -> (Value, Value, String) {
    let (status, told) = error(admin.post_json(path, &body).await).await;
    assert_eq!(status, 400, "{told}");
    (told["code"].clone(), told["param"].clone(), told["message"].to_string())
}

#[tokio::test]
async fn an_account_lives_from_its_plan_to_its_rest() {
    let app = TestApp::keyed().await;
    let admin = app.admin().await;
    let plans = ok(admin.get("/admin/v1/plans").await).await;
    assert_eq!(plans["data"][0]["name"], "tier-1");
    assert_eq!(plans["data"][0]["upfront"], "200");
    assert_eq!(plans["data"][0]["limits"]["spend_per_month"], "1000");

    let wish = json!({"name": "acme", "plan": "tier-1", "limits": {"concurrent_requests": 8}});
    let made = ok(admin.post_json("/admin/v1/accounts", &wish).await).await;
    assert_eq!(made["currency"], "EUR");
    assert_eq!(made["limits"], json!({"concurrent_requests": 8}));
    assert_eq!(made["effective_limits"]["output_tokens_per_hour"], 150_000);
    let path = format!("/admin/v1/accounts/{}", made["id"].as_str().expect("an id"));
    assert_eq!(ok(admin.get(&path).await).await, made);

    let change = json!({"name": "acme2", "plan": null, "limits": {"spend_per_month": "12.5"}, "suspended": true});
    let changed = ok(admin.post_json(&path, &change).await).await;
    assert_eq!(changed["effective_limits"], json!({"spend_per_month": "12.5"}));
    assert!(changed["suspended_at"].is_i64() && changed["plan"].is_null() && changed["name"] == "acme2");
    let woken = ok(admin.post_json(&path, &json!({"suspended": false})).await).await;
    assert!(woken["suspended_at"].is_null() && woken["limits"] == changed["limits"]);
}

#[tokio::test]
async fn a_key_is_shown_once_and_replaced_and_revoked() {
    let app = TestApp::keyed().await;
    let admin = app.admin().await;
    let account = app.caller("acme").await.account().id.clone();
    let keys = format!("/admin/v1/accounts/{account}/keys");
    let wish = json!({"name": "app", "scopes": ["transcribe", "usage"], "models": ["minuted-nano.en"],
                      "limits": {"requests_per_minute": 60}, "expires_in_seconds": 3600});
    let made = ok(admin.post_json(&keys, &wish).await).await;
    let value = made["value"].as_str().expect("a value").to_owned();
    assert_eq!(app.showing(&value).get("/v1/models").await.status(), 200);
    let id = made["id"].as_str().expect("an id").to_owned();

    let list = ok(admin.get(&keys).await).await;
    let shown = list["data"].as_array().expect("a list").iter().find(|key| key["id"] == id).expect("it is there");
    assert!(shown["value"].is_null() && shown["status"] == "active");
    assert_eq!(shown["scopes"], json!(["transcribe", "usage"]));
    assert!(!list.to_string().contains(value.splitn(3, '_').nth(2).expect("a secret")));

    let rotate = admin.post_json(&format!("{keys}/{id}/rotate"), &json!({"overlap_seconds": 0})).await;
    let new = ok(rotate).await;
    assert_eq!((&new["replaces"], &new["scopes"]), (&json!(id), &made["scopes"]));
    let ends = |key: &Value, field: &str| key[field].as_i64().expect("a time");
    assert!(ends(&new, "replaced_expires_at") < ends(&made, "expires_at"), "{new}");
    assert_eq!(app.showing(&value).get("/v1/models").await.status(), 401, "this server knows at once");
    let (new_id, value) = (new["id"].as_str().expect("an id"), new["value"].as_str().expect("a value"));
    assert_eq!(app.showing(value).get("/v1/models").await.status(), 200);

    let revoke = admin.request(Method::DELETE, &format!("{keys}/{new_id}")).send().await.expect("an answer");
    assert_eq!(ok(revoke).await["status"], "revoked");
    assert_eq!(app.showing(value).get("/v1/models").await.status(), 401);
}

#[tokio::test]
async fn lists_come_in_pages() {
    let app = TestApp::keyed().await;
    let admin = app.admin().await;
    for name in ["alice", "bob", "carol", "dave"] {
        app.caller(name).await;
    }
    let mut names = Vec::new();
    let mut path = "/admin/v1/accounts?limit=2".to_owned();
    loop {
        let page = ok(admin.get(&path).await).await;
        let data = page["data"].as_array().expect("a list");
        assert!(data.len() <= 2 && page["first_id"] == data[0]["id"]);
        names.extend(data.iter().map(|account| account["name"].as_str().expect("a name").to_owned()));
        if page["has_more"] == false {
            break;
        }
        path = format!("/admin/v1/accounts?limit=2&after={}", page["last_id"].as_str().expect("an id"));
    }
    names.sort();
    assert_eq!(names, ["alice", "bob", "carol", "dave", "operator"]);
    for (query, param) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "query"),
        ("after=bob", "after"),
        ("before=1", "query"),
    ] {
        let (status, told) = error(admin.get(&format!("/admin/v1/accounts?{query}")).await).await;
        assert_eq!((status, &told["param"]), (400, &json!(param)), "{query}");
    }

    let keys = format!("/admin/v1/accounts/{}/keys", app.caller("alice").await.account().id);
    app.caller("alice").await;
    let whole = ok(admin.get(&keys).await).await;
    let whole = whole["data"].as_array().expect("a list");
    assert_eq!(whole.len(), 3);
    let first = ok(admin.get(&format!("{keys}?limit=2")).await).await;
    assert_eq!((&first["data"], &first["has_more"]), (&json!(whole[..2]), &json!(true)));
    let last = first["last_id"].as_str().expect("an id");
    let rest = ok(admin.get(&format!("{keys}?limit=2&after={last}")).await).await;
    assert_eq!((&rest["data"], &rest["has_more"]), (&json!(whole[2..]), &json!(false)));
    let (status, told) = error(admin.get(&format!("{keys}?after=key_00")).await).await;
    assert_eq!((status, &told["param"]), (400, &json!("after")), "{told}");
    let another = app.caller("bob").await;
    let foreign = admin.get(&format!("{keys}?after={}", another.key().id)).await;
    assert_eq!(foreign.status(), 400, "it is in another list");
}

#[tokio::test]
async fn what_nobody_knows_is_refused() {
    let app = TestApp::keyed().await;
    let admin = app.admin().await;
    let accounts = "/admin/v1/accounts";
    for (body, named) in [
        (json!({"name": "acme", "balance": 1_000_000}), "balance"),
        (json!({"name": "acme", "limits": {"users": 1}}), "users"),
        (json!({"name": "acme", "id": "acc_mine"}), "id"),
        (json!({}), "name"),
        (json!([]), ""),
    ] {
        let (code, param, message) = refused(&admin, accounts, body).await;
        assert_eq!((code, param), (json!("invalid_json"), json!(null)));
        assert!(message.contains(named), "{message}");
    }
    for (body, at) in [
        (json!({"name": "a\nb"}), "name"),
        (json!({"name": "operator"}), "name"),
        (json!({"name": "acme", "currency": "euro"}), "currency"),
        (json!({"name": "acme", "plan": "gold"}), "plan"),
        (json!({"name": "acme", "limits": {"spend_per_month": "-1"}}), "limits"),
    ] {
        let (code, param, _) = refused(&admin, accounts, body).await;
        assert_eq!((code, param), (json!("invalid_value"), json!(at)));
    }
    let keys = format!("/admin/v1/accounts/{}/keys", app.caller("acme").await.account().id);
    let (_, param, message) = refused(&admin, &keys, json!({"name": "app", "scopes": ["root"]})).await;
    assert!(param == "scopes" && message.contains("root"), "{message}");

    let plain = admin.request(Method::POST, accounts).header("content-type", "text/plain").body(r#"{"name":"acme"}"#);
    let (status, told) = error(plain.send().await.expect("an answer")).await;
    assert_eq!((status, &told["code"]), (400, &json!("invalid_json")), "a browser sends that across sites");
    let huge = admin.post_json(accounts, &json!({"name": "x".repeat(100_000)})).await;
    assert_eq!(huge.status(), 400);
}

#[tokio::test]
async fn a_path_that_is_no_text_is_told_like_every_other_error() {
    let app = TestApp::keyed().await;
    let admin = app.admin().await;
    for (method, path) in [
        (Method::GET, "accounts/%FF"),
        (Method::POST, "accounts/%FF"),
        (Method::GET, "accounts/%FF/keys"),
        (Method::POST, "accounts/%FF/keys"),
        (Method::DELETE, "accounts/acc_x/keys/%FF"),
        (Method::POST, "accounts/acc_x/keys/%FF/rotate"),
        (Method::POST, "status/notices/%FF/updates"),
    ] {
        let asked = admin.request(method.clone(), &format!("/admin/v1/{path}"));
        let (status, told) = error(asked.send().await.expect("an answer")).await;
        assert_eq!((status, &told["code"]), (404, &json!("unknown_url")), "{method} {path}");
    }
}

#[tokio::test]
async fn metrics_are_for_admins_unless_somebody_says_otherwise() {
    let app = TestApp::keyed().await;
    assert_eq!(app.anonymous().get("/metrics").await.status(), 401);
    assert_eq!(app.caller("alice").await.get("/metrics").await.status(), 403);
    assert_eq!(app.admin().await.get("/metrics").await.status(), 200);

    let http = minuted::http::Settings { public_metrics: true, ..Default::default() };
    let keys = Some(minuted::accounts::Opening::Closed);
    let wishes = crate::app::Wishes { http, keys, script: Some(crate::app::Script::default()), ..Default::default() };
    assert_eq!(TestApp::with(wishes).await.anonymous().get("/metrics").await.status(), 200);
}

#[tokio::test]
async fn models_of_a_key_are_named_by_id_or_alias_and_kept_by_id() {
    let backends = "[[backend]]\nname = \"gpu\"\nurl = \"http://127.0.0.1:1\"\nkind = \"vllm\"\n\
                    [[backend.model]]\nid = \"acme/Large:8b\"\ncapabilities = [\"text\"]\n";
    let wishes = Wishes {
        script: Some(Script::default()),
        keys: Some(Opening::Closed),
        backends: Some(backends.to_owned()),
        ..Wishes::default()
    };
    let app = TestApp::with(wishes).await;
    let admin = app.admin().await;
    let account = app.caller("acme").await.account().id.clone();
    let keys = format!("/admin/v1/accounts/{account}/keys");
    let wish = json!({"name": "app", "models": ["whisper-1", "minuted-nano.en", "ACME/large:8b", "tiny.en"]});
    let made = ok(admin.post_json(&keys, &wish).await).await;
    assert_eq!(made["models"], json!(["acme/Large:8b", "minuted-nano.en", "whisper-tiny.en"]));
    let caller = app.showing(made["value"].as_str().expect("a value"));
    for name in ["whisper-1", "minuted-nano.en"] {
        assert_eq!(caller.transcribe(form(sentence()).text("model", name)).await.status(), 200, "{name}");
    }
    let list: Value = caller.get("/v1/models").await.json().await.expect("JSON");
    assert_eq!(list["data"].as_array().map(Vec::len), Some(2), "{list}");

    for (name, why) in [("wisper-1", "did you mean `whisper-1`?"), ("whisper-*", "there is no model `whisper-*`")] {
        let (status, told) = error(admin.post_json(&keys, &json!({"name": "app", "models": [name]})).await).await;
        assert_eq!((status, &told["param"]), (400, &json!("models")), "{told}");
        assert!(told["message"].as_str().expect("a message").contains(why), "{told}");
    }
}
