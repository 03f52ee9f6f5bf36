//! A backend that nobody asks is looked at, so that its models are known to be well.

use std::sync::Arc;

use minuted::domain::Timestamp;
use minuted::status::{Detail, Measure, Settings, Span, Tally};
use serde_json::json;

use super::json as get;
use crate::app::{Script, TestApp, Wishes, until_async};
use crate::callers::TestClock;
use crate::gateway::SMALL;
use crate::gateway::stub::{Act, Stub};

#[tokio::test]
async fn a_backend_that_nobody_asks_is_looked_at_and_nobody_pays() {
    for (kind, address) in [("vllm", "/health"), ("llama.cpp", "/health"), ("ollama", "/v1/models")] {
        let stub = Stub::that(Act::Json(json!({}))).await;
        let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
        let wishes = Wishes {
            script: Some(Script::default()),
            status: Some(Settings::default()),
            clock: Some(clock.clone()),
            backends: Some(stub.entry("one", &format!("kind = \"{kind}\""), SMALL)),
            ..Wishes::default()
        };
        let app = TestApp::with(wishes).await;
        clock.set("2026-11-26T04:01:00Z");
        let counts = async |measure| looks(&app, "small").await.total(measure);
        until_async(async || counts(Measure::Served).await == 1).await;
        assert_eq!(
            (counts(Measure::Probes).await, counts(Measure::FirstByte).await),
            (1, 0),
            "it says nothing of speed"
        );
        assert_eq!((stub.count(), stub.last().path.as_str()), (1, address));

        stub.now_does(Act::Status(503, Vec::new()));
        clock.set("2026-11-26T04:02:00Z");
        until_async(async || counts(Measure::Failed).await == 1).await;
        stub.now_does(Act::Status(404, Vec::new()));
        clock.set("2026-11-26T04:03:00Z");
        until_async(async || {
            app.status.hurry();
            stub.count() == 3
        })
        .await;
        drop(stub);
        clock.set("2026-11-26T04:04:00Z");
        until_async(async || counts(Measure::Failed).await == 2).await;
        assert_eq!((counts(Measure::Served).await, counts(Measure::Probes).await), (1, 3), "a 404 says nothing");
        assert!(app.stores.ledger.chains().await.expect("it answers").is_empty());
        clock.set("2026-11-26T04:05:20Z");
        until_async(async || {
            app.status.hurry();
            get(&app, "/api/platform-status").await["failed_models"] == json!(["small"])
        })
        .await;
    }
}

/// What has been counted of a model, of which nobody asks anything.
async fn looks(app: &TestApp, model: &str) -> Tally {
    app.status.hurry();
    let store = &app.stores.status;
    let all = store.tallies(Span::Day, Timestamp::UNIX_EPOCH, Timestamp::MAX, Detail::Whole).await;
    let found = all.expect("it answers").into_iter().find(|((_, id), _)| id == model);
    found.map(|(_, tally)| tally).unwrap_or_default()
}

/// Waits until a model has been looked at so many times.
async fn looked_at(app: &TestApp, model: &str, times: u64) {
    until_async(async || looks(app, model).await.total(Measure::Probes) == times).await;
}

#[tokio::test]
async fn one_that_is_idle_and_well_is_in_no_incident() {
    let stub = Stub::that(Act::Json(json!({}))).await;
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    let wishes = Wishes {
        script: Some(Script::default()),
        status: Some(Settings::default()),
        clock: Some(clock.clone()),
        backends: Some(stub.entry("one", "kind = \"vllm\"", SMALL)),
        ..Wishes::default()
    };
    let app = TestApp::with(wishes).await;
    for minute in 1..=5 {
        clock.set(&format!("2026-11-26T04:0{minute}:05Z"));
        looked_at(&app, "small", minute).await;
    }
    clock.set("2026-11-26T04:06:20Z");
    let small = async || get(&app, "/api/v2/components.json").await["components"][1]["status"].clone();
    until_async(async || {
        app.status.hurry();
        small().await == "operational"
    })
    .await;
    assert_eq!(get(&app, "/api/v2/incidents.json").await["incidents"], json!([]));
}

#[tokio::test]
async fn models_of_one_backend_share_a_look() {
    let stub = Stub::that(Act::Json(json!({}))).await;
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    let models = ["small", "middle", "large"];
    let entries = models.map(|id| format!("{{ id = \"{id}\" }}")).join(", ");
    let wishes = Wishes {
        script: Some(Script::default()),
        status: Some(Settings::default()),
        clock: Some(clock.clone()),
        backends: Some(stub.entry("one", "kind = \"ollama\"", &entries)),
        ..Wishes::default()
    };
    let app = TestApp::with(wishes).await;
    for minute in 1..=2 {
        clock.set(&format!("2026-11-26T04:0{minute}:05Z"));
        for model in models {
            looked_at(&app, model, minute).await;
        }
    }
    assert_eq!(stub.count(), 2, "one a minute, for all three");
}

#[tokio::test]
async fn one_that_is_retired_is_not_looked_at() {
    let stub = Stub::that(Act::Json(json!({}))).await;
    let clock = Arc::new(TestClock::at("2026-11-26T04:00:00Z"));
    let card = "[[model]]\nid = \"small\"\nvendor = \"acme\"\nlicence = \"MIT\"\nphase = \"retired\"\n\
                announced_on = \"2026-06-01\"\nends_on = \"2026-09-01\"\n";
    let models = format!("{SMALL}, {{ id = \"other\" }}");
    let wishes = Wishes {
        script: Some(Script::default()),
        status: Some(Settings::default()),
        clock: Some(clock.clone()),
        catalogue: Some(card.to_owned()),
        backends: Some(stub.entry("one", "kind = \"vllm\"", &models)),
        ..Wishes::default()
    };
    let app = TestApp::with(wishes).await;
    for minute in 1..=3 {
        clock.set(&format!("2026-11-26T04:0{minute}:05Z"));
        looked_at(&app, "other", minute).await;
    }
    assert_eq!(stub.count(), 3, "only the other one was looked at");
}
