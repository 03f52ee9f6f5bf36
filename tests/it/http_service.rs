//! What is served besides transcripts: models, health, metrics, the OpenAPI document and its page; and what every
//! answer has.

use reqwest::Method;
use serde_json::Value;

use crate::app::{Script, TestApp, conforms, error, form, sentence};

async fn json(app: &TestApp, path: &str) -> Value {
    let response = app.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.expect("JSON")
}

#[tokio::test]
async fn models_are_listed_and_found_by_name_and_alias() {
    let app = TestApp::scripted(&Script::default()).await;
    let list = json(&app, "/v1/models").await;
    assert_eq!(list["object"], "list");
    let model = &list["data"][0];
    conforms("model", model);
    assert_eq!(model["minuted"]["languages"], serde_json::json!(["en"]));
    let id = model["id"].as_str().expect("a name");
    for name in [id, "whisper-1", "team/whisper", "team%2Fwhisper"] {
        assert_eq!(json(&app, &format!("/v1/models/{name}")).await, *model, "{name}");
    }
    for name in ["team/unknown", "%FF"] {
        let (status, told) = error(app.get(&format!("/v1/models/{name}")).await).await;
        assert_eq!((status, &told["code"]), (404, &"model_not_found".into()));
        assert!(told["message"].as_str().expect("a message").contains(name), "{told}");
    }
}

#[tokio::test]
async fn health_is_told() {
    let app = TestApp::scripted(&Script::default()).await;
    assert_eq!(json(&app, "/healthz").await["status"], "ok");
    assert_eq!(json(&app, "/readyz").await["status"], "ready");
}

#[tokio::test]
async fn metrics_are_described_and_count() {
    let app = TestApp::scripted(&Script::default()).await;
    assert_eq!(app.transcribe(form(sentence())).await.status(), 200);
    let response = app.get("/metrics").await;
    assert!(response.headers()["content-type"].to_str().expect("ASCII").starts_with("text/plain; version=0.0.4"));
    let metrics = response.text().await.expect("a body");
    let counted = r#"minuted_http_requests_total{method="POST",route="/v1/audio/transcriptions",status="200"}"#;
    assert!(metrics.contains(counted), "{metrics}");
    assert!(metrics.contains(r#"minuted_http_request_duration_seconds_bucket{route="/v1/audio/transcriptions",le="#));
    let mut described = 0;
    for line in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().expect("a name");
        assert!(name.starts_with("minuted_"), "{name}");
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name} is not described");
        described += 1;
    }
    assert!(described >= 5, "{metrics}");
}

#[tokio::test]
async fn the_document_lists_the_routes_and_the_page_needs_nothing_else() {
    let app = TestApp::scripted(&Script::default()).await;
    let document = json(&app, "/openapi.json").await;
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    for path in document["paths"].as_object().expect("an object").keys() {
        let method = if path.starts_with("/v1/audio") { Method::POST } else { Method::GET };
        let response = app.client.request(method, app.url(path)).send().await.expect("an answer");
        assert!(!response.text().await.expect("a body").contains("unknown_url"), "{path}");
    }
    let page = app.get("/docs").await;
    assert!(page.headers()["content-security-policy"].to_str().expect("ASCII").contains("default-src 'none'"));
    let page = page.text().await.expect("a body");
    assert!(page.contains("/openapi.json") && !page.contains("://"), "the page asks nobody else");
}

#[tokio::test]
async fn who_opens_the_address_in_a_browser_finds_the_page() {
    let app = TestApp::scripted(&Script::default()).await;
    for path in ["/", "/docs/"] {
        let page = app.get(path).await;
        assert_eq!((page.status().as_u16(), page.url().path()), (200, "/docs"), "from {path}");
    }
}

#[tokio::test]
async fn every_answer_has_a_name_and_a_time() {
    let app = TestApp::scripted(&Script::default()).await;
    let ask = |id: &'static str| app.client.get(app.url("/healthz")).header("x-request-id", id).send();
    let named = ask("trace-42").await.expect("an answer");
    assert_eq!(named.headers()["x-request-id"], "trace-42");
    assert!(named.headers()["openai-processing-ms"].to_str().expect("ASCII").parse::<u64>().is_ok());
    let renamed = ask("not a name; at all").await.expect("an answer");
    assert!(renamed.headers()["x-request-id"].to_str().expect("ASCII").starts_with("req_"));
    let (first, second) = (app.get("/nowhere").await, app.get("/nowhere").await);
    assert_ne!(first.headers()["x-request-id"], second.headers()["x-request-id"]);
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = TestApp::scripted(&Script::default()).await;
    let head = app.client.head(app.url("/v1/models")).send().await.expect("an answer");
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-type"], "application/json");
    assert_eq!(head.text().await.expect("a body"), "");
}
