//! Every way in which the status is told, as those who read it see it.

use minuted::accounts::Opening;
use minuted::status::{Impact, Measure, NewIncident, NewMaintenance};

use super::{MODEL, counting, json};
use crate::app::{Script, TestApp, Wishes, conforms, error, form, sentence, until_async};

/// A service that asks for keys, has answered a request, and has two notices up.
async fn busy() -> TestApp {
    let (script, keys) = (Some(Script::default()), Some(Opening::Closed));
    let app = TestApp::with(Wishes { script, keys, ..Wishes::default() }).await;
    assert_eq!(app.caller("alice").await.transcribe(form(sentence())).await.status(), 200);
    counting(&app, Measure::Served, 1).await;
    let operator = app.status.operator();
    let name = "<script>alert(1)</script> & \"more\"".to_owned();
    let (models, body) = (vec![MODEL.to_owned()], "First line\n<b>second</b> line".to_owned());
    let impact = Impact::Critical;
    operator.open(NewIncident { name, models, impact, body }).await.expect("it is good");
    let at = |text: &str| text.parse().expect("a time");
    let (from, until) = (at("2099-01-01T00:00:00Z"), at("2099-01-01T02:00:00Z"));
    let (name, models, body) = ("Disks".to_owned(), Vec::new(), "New ones.".to_owned());
    operator.plan(NewMaintenance { name, models, from, until, body }).await.expect("it is good");
    until_async(async || {
        app.status.hurry();
        json(&app, "/api/v2/summary.json").await["scheduled_maintenances"][0]["name"] == "Disks"
    })
    .await;
    app
}

#[tokio::test]
async fn statuspages_documents_are_as_statuspage_has_them() {
    let app = busy().await;
    for (path, lists) in [
        ("summary", &["components", "incidents", "scheduled_maintenances", "status"][..]),
        ("status", &["status"]),
        ("components", &["components"]),
        ("incidents", &["incidents"]),
        ("incidents/unresolved", &["incidents"]),
        ("scheduled-maintenances", &["scheduled_maintenances"]),
        ("scheduled-maintenances/upcoming", &["scheduled_maintenances"]),
        ("scheduled-maintenances/active", &["scheduled_maintenances"]),
    ] {
        let document = json(&app, &format!("/api/v2/{path}.json")).await;
        conforms("statuspage", &document);
        let mut keys: Vec<_> = document.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.retain(|key| *key != "page");
        assert_eq!(keys, lists, "{path}");
    }
    let summary = json(&app, "/api/v2/summary.json").await;
    assert_eq!(summary["status"]["indicator"], "critical");
    assert_eq!(summary["components"][0]["status"], "major_outage");
    assert_eq!(summary["incidents"][0]["components"][0]["id"], MODEL);
}

#[tokio::test]
async fn the_platform_and_its_models_are_told_in_short() {
    let app = busy().await;
    let whole = json(&app, "/api/platform-status").await;
    assert_eq!(whole["stats"], serde_json::json!({"operational_models": 0, "total_models": 1}));
    for name in [MODEL, "whisper-1", "team%2Fwhisper"] {
        let model = json(&app, &format!("/api/platform-status?model={name}")).await;
        assert_eq!((&model["model"], &model["ok"], &model["http_status"]), (&MODEL.into(), &false.into(), &503.into()));
        assert!(model["ttfb_ms"].is_u64() && model["real_time_factor"].is_f64(), "{model}");
        assert!(model["tokens_per_sec"].is_null() && model["availability_percent"] == "100.00", "{model}");
    }
    for tampered in ["gpt-5", "..%2F..%2Fetc%2Fpasswd", "%3Cscript%3E", "%00", &"x".repeat(4_000)] {
        let (status, told) = error(app.get(&format!("/api/platform-status?model={tampered}")).await).await;
        assert_eq!((status, &told["code"]), (404, &"model_not_found".into()));
        assert!(told["message"].as_str().expect("a message").len() < 250, "{told}");
    }
}

#[tokio::test]
async fn badges_are_pictures_of_what_is_known() {
    let app = busy().await;
    for (path, word) in [
        (format!("/badge/{MODEL}.svg"), "outage"),
        ("/badge/team/whisper.svg".to_owned(), "outage"),
        (format!("/badge/{MODEL}/latency.svg"), "ms"),
    ] {
        let badge = app.get(&path).await;
        assert_eq!(badge.headers()["content-type"], "image/svg+xml", "{path}");
        let picture = badge.text().await.expect("a body");
        assert!(picture.starts_with("<svg") && picture.contains(word), "{path}: {picture}");
    }
    for unknown in ["gpt-5.svg", "%3Cscript%3E.svg", "%FF.svg", "..%2F..%2Fetc%2Fpasswd", "minuted-nano.en.png"] {
        let (status, told) = error(app.get(&format!("/badge/{unknown}")).await).await;
        assert_eq!((status, &told["code"]), (404, &"model_not_found".into()), "{unknown}");
    }
}

#[tokio::test]
async fn the_page_and_the_feed_hold_no_script_and_load_nothing() {
    let app = busy().await;
    let page = app.get("/status").await;
    assert!(page.headers()["content-security-policy"].to_str().expect("ASCII").starts_with("default-src 'none'"));
    assert_eq!(page.headers()["cache-control"], "public, max-age=10");
    let page = page.text().await.expect("a body");
    assert!(
        page.contains("Major outage") && page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;")
    );
    assert!(!page.contains("<script") && !page.contains("<b>second") && !page.contains("://"), "{page}");
    assert_eq!(page.matches("<i class").count(), 90, "a bar for each day");
    assert!(!page.contains("refresh"), "who reads keeps their place");
    for (path, seconds) in [("/status", None), ("/status?live", Some("60"))] {
        let refresh = app.get(path).await.headers().get("refresh").map(|told| told.to_str().expect("ASCII").to_owned());
        assert_eq!(refresh.as_deref(), seconds, "{path}");
    }
    let feed = app.get("/status/feed.atom").await;
    assert_eq!(feed.headers()["content-type"], "application/atom+xml; charset=utf-8");
    let feed = feed.text().await.expect("a body");
    assert_eq!(feed.matches("<entry>").count(), 2);
    assert!(!feed.contains("<script") && !feed.contains("<b>"), "{feed}");
}

#[tokio::test]
async fn nothing_of_callers_or_machines_is_told() {
    let app = busy().await;
    let caller = app.caller("secret-customer").await;
    for path in ["/status", "/status/feed.atom", "/api/v2/summary.json", "/api/platform-status"] {
        let told = app.get(path).await.text().await.expect("a body");
        for secret in ["secret-customer", caller.account().id.as_str(), "127.0.0.1", "Window 0"] {
            assert!(!told.contains(secret), "{path} has {secret}");
        }
    }
}
