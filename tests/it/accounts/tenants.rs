//! Two tenants and every route that is served: nobody reads, changes or spends what is another's, and a key that does not
//! work does so nowhere. The list of routes comes from the running service's own description, so that a new route is
//! walked from its first day.

use std::sync::Arc;
use std::time::Duration;

use minuted::accounts::{AccountChange, NewKey, Opening, Scope};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Script, TestApp, Wishes, form, sentence};
use crate::callers::{TestCaller, TestClock, plain_key};

/// A route with what it asks.
struct Route {
    method: Method,
    path: String,
    /// Whether it needs a key.
    locked: bool,
    /// The scope that the key needs.
    scope: Option<String>,
}

async fn routes(app: &TestApp) -> Vec<Route> {
    let document: Value = app.get("/openapi.json").await.json().await.expect("JSON");
    assert_eq!(document["components"]["securitySchemes"]["api_key"]["scheme"], "bearer");
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().expect("an object") {
        for (method, operation) in item.as_object().expect("an object") {
            let needs = &operation["security"][0]["api_key"];
            routes.push(Route {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                locked: needs.is_array(),
                scope: needs[0].as_str().map(str::to_owned),
            });
        }
    }
    assert!(routes.iter().filter(|route| route.locked).count() >= 13, "the document lists the routes");
    routes
}

impl Route {
    /// Asks for what is `of`'s, as whoever `caller` is.
    async fn ask(&self, caller: &TestCaller, of: &TestCaller) -> (u16, Value) {
        let path = self
            .path
            .replace("{id}", "minuted-nano.en")
            .replace("{account}", of.account().id.as_str())
            .replace("{key}", of.key().id.as_str());
        let request = caller.request(self.method.clone(), &path);
        let request = match &self.method {
            _ if path.starts_with("/v1/audio/") => request.multipart(form(sentence())),
            &Method::POST => request.json(&json!({})),
            _ => request,
        };
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

#[tokio::test]
async fn what_is_free_needs_no_key_and_everything_else_one_that_works() {
    let clock = Arc::new(TestClock::at("2026-11-01T00:00:00Z"));
    let (keys, script) = (Some(Opening::Closed), Some(Script::default()));
    let app = TestApp::with(Wishes { script, keys, clock: Some(clock.clone()), ..Wishes::default() }).await;
    let all = NewKey { scopes: minuted::accounts::Scopes::all(), ..plain_key() };
    let bob = app.caller_with("bob", all.clone()).await;

    let revoked = app.caller_with("alice", all.clone()).await;
    app.registry.revoke(&revoked.account().id, &revoked.key().id).await.expect("it is revoked");
    let expired = NewKey { lifetime: Some(Duration::from_mins(1)), ..all.clone() };
    let expired = app.caller_with("alice", expired).await;
    clock.set("2026-11-01T00:01:00Z");
    let suspended = app.caller_with("carol", all).await;
    let change = AccountChange { suspended: Some(true), ..AccountChange::default() };
    app.registry.change_account(&suspended.account().id, change).await.expect("it is changed");

    for route in routes(&app).await {
        let (status, body) = route.ask(&app.anonymous(), &bob).await;
        if !route.locked {
            assert_eq!(status, 200, "{}: {body}", route.name());
            continue;
        }
        let code = |body: &Value| body["error"]["code"].clone();
        assert_eq!((status, code(&body)), (401, json!("invalid_api_key")), "{} without a key", route.name());
        for (caller, status, expected) in [
            (&revoked, 401, "invalid_api_key"),
            (&expired, 401, "invalid_api_key"),
            (&suspended, 403, "account_suspended"),
        ] {
            let (found, body) = route.ask(caller, &bob).await;
            assert_eq!((found, code(&body)), (status, json!(expected)), "{}", route.name());
        }
        let Some(scope) = &route.scope else { continue };
        let others = Scope::ALL.into_iter().filter(|other| other.name() != scope).collect();
        let others = app.caller_with("dave", NewKey { scopes: others, ..plain_key() }).await;
        let (status, body) = route.ask(&others, &bob).await;
        assert_eq!((status, code(&body)), (403, json!("insufficient_permissions")), "{}", route.name());
    }
}

#[tokio::test]
async fn nobody_reads_changes_or_spends_what_is_anothers() {
    let app = TestApp::keyed().await;
    let (alice, bob) = (app.caller("alice").await, app.caller("bob").await);
    let before = app.registry.account("bob").await.expect("his account");
    for route in routes(&app).await {
        let (status, body) = route.ask(&alice, &bob).await;
        if route.scope.as_deref() == Some("admin") {
            assert_eq!(status, 403, "{}: {body}", route.name());
        }
        let told = body.to_string();
        let of_bob = [bob.account().id.as_str(), bob.key().id.as_str(), &bob.secret, "bob"];
        assert!(!of_bob.iter().any(|secret| told.contains(secret)), "{} tells of bob: {told}", route.name());
    }
    assert_eq!(app.registry.account("bob").await.expect("his account"), before);
    assert_eq!(app.registry.keys(&before.id, None, 9).await.expect("his keys").len(), 1);
    assert_eq!(bob.get("/v1/models").await.status(), 200);
    let spent = app.stores.ledger.chain(&before.id, 0, 10).await.expect("the ledger works");
    assert!(spent.is_empty(), "what alice asked for is not written to bob: {spent:?}");
}

#[tokio::test]
async fn an_admin_finds_a_key_under_its_own_account_only() {
    let app = TestApp::keyed().await;
    let (alice, bob, admin) = (app.caller("alice").await, app.caller("bob").await, app.admin().await);
    let (account, key) = (&alice.account().id, &bob.key().id);
    let path = format!("/admin/v1/accounts/{account}/keys/{key}");
    let revoke = admin.request(Method::DELETE, &path).send().await.expect("an answer");
    let rotate = admin.post_json(&format!("{path}/rotate"), &json!({})).await;
    for response in [revoke, rotate] {
        let (status, told) = crate::app::error(response).await;
        assert_eq!((status, &told["code"]), (404, &json!("not_found")));
    }
    assert_eq!(app.registry.keys(account, None, 9).await.expect("her keys").len(), 1, "nothing was made on the way");
    assert_eq!(bob.get("/v1/models").await.status(), 200);
    for account in ["acc_00000000000000000000000000000000", "bob", "..%2Fplans"] {
        let (status, _) = crate::app::error(admin.get(&format!("/admin/v1/accounts/{account}")).await).await;
        assert_eq!(status, 404, "{account}");
    }
}
