//! What customers read: `GET /v1/models` for programs, `GET /catalog` for people.

use serde_json::{Value, json};

use super::app_at;
use crate::app::{TestApp, conforms, error};
use crate::callers::TestCaller;

async fn models(caller: &TestCaller) -> Vec<Value> {
    let list: Value = caller.get("/v1/models").await.json().await.expect("JSON");
    list["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_model_is_described_with_its_dates_and_its_price() {
    let (app, _) = app_at("2026-11-01T00:00:00Z").await;
    let alice = app.caller("alice").await;
    let model = &models(&alice).await[0];
    conforms("model", model);
    assert_eq!(model["shutdown_date"], "2027-01-01");
    let told = &model["minuted"];
    for (field, value) in [
        ("vendor", json!("minuted")),
        ("parameters", json!(14_047_680)),
        ("context_tokens", json!(448)),
        ("licence", json!("Apache-2.0")),
        ("licence_file", json!("https://www.apache.org/licenses/LICENSE-2.0.txt")),
        ("languages", json!(["en"])),
        ("capabilities", json!(["transcription"])),
        ("location", json!("Example <Land>")),
        ("indemnification", json!("none")),
        (
            "price",
            json!([{"unit": "started_minute", "per": 1, "price": "0.01", "currency": "EUR", "increment": 1, "minimum": 0}]),
        ),
        ("phase", json!("deprecated")),
        ("production_date", json!("2026-05-01")),
        ("deprecation_date", json!("2026-10-01")),
        ("lts", json!(true)),
        ("successor", json!("next")),
    ] {
        assert_eq!(told[field], value, "{field}");
    }
}

#[tokio::test]
async fn what_is_retired_is_in_no_list_and_names_its_successor_when_asked_for() {
    let (app, clock) = app_at("2026-12-31T23:59:59.999999Z").await;
    let alice = app.caller("alice").await;
    assert_eq!(models(&alice).await.len(), 1);
    let answer = alice.get("/v1/models/whisper-1").await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["deprecation"]),
        (200, &"@1790812800".parse().expect("a value"))
    );
    clock.set("2027-01-01T00:00:00Z");
    assert_eq!(models(&alice).await, Vec::<Value>::new());
    for name in ["minuted-nano.en", "whisper-1", "before"] {
        let answer = alice.get(&format!("/v1/models/{name}")).await;
        let headers = answer.headers();
        assert_eq!(headers["link"], "</v1/models/next>; rel=\"successor-version\"", "{name}");
        assert!(headers.contains_key("deprecation") && headers.contains_key("sunset"), "{headers:?}");
        let (status, body) = error(answer).await;
        assert_eq!((status, &body["code"]), (410, &"model_retired".into()), "{name}");
        assert!(body["message"].as_str().expect("a message").ends_with("use `next` instead."), "{body}");
    }
    app.calls.write().await.expect("the store works");
    let counted = app.stores.calls.calls(None, None, 10).await.expect("the store works");
    assert_eq!(counted, [], "a question is no call");
}

async fn page(app: &TestApp) -> String {
    let answer = app.anonymous().get("/catalog").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().expect("ASCII").starts_with("text/html"));
    let policy = answer.headers()["content-security-policy"].to_str().expect("ASCII").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    answer.text().await.expect("a body")
}

#[tokio::test]
async fn the_page_needs_no_key_and_no_script_and_tells_of_nobody() {
    let (app, clock) = app_at("2026-11-01T00:00:00Z").await;
    let alice = app.caller("alice").await;
    let html = page(&app).await;
    for expected in [
        "minuted-nano.en",
        "<span class=\"phase deprecated\">deprecated</span>",
        "It ends on <strong>2027-01-01</strong>. Its successor is <code>next</code>.",
        "0.01 EUR per started minute of audio",
        "14.05 million",
        "<a rel=\"license\" href=\"https://www.apache.org/licenses/LICENSE-2.0.txt\">Apache-2.0</a>",
        "Example &lt;Land&gt;",
        "long-term support",
        "It ended on <strong>2026-08-01</strong>. Its successor is <a href=\"#minuted-nano.en\">minuted-nano.en</a>.",
        "prefers-color-scheme: dark",
    ] {
        assert!(html.contains(expected), "{expected}\nis not in\n{html}");
    }
    for unwanted in ["<script", "<Land>", "http://", alice.account().id.as_str(), "alice", "mnt_", "acc_"] {
        assert!(!html.contains(unwanted), "{unwanted}");
    }
    clock.set("2027-01-01T00:00:00Z");
    let html = page(&app).await;
    assert_eq!(html.matches("<article id=\"minuted-nano.en\">").count(), 1);
    assert!(html.contains("It ended on <strong>2027-01-01</strong>."), "{html}");
}

#[tokio::test]
async fn every_entry_has_what_every_page_has_without_a_catalogue_of_ones_own() {
    let app = TestApp::keyed().await;
    let html = page(&app).await;
    assert!(html.contains("<span class=\"phase evaluation\">evaluation</span>"), "{html}");
    assert!(!html.contains("whisper-large"), "what is not served here is not offered");
}
