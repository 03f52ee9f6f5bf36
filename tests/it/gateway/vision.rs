//! Requests with pictures go where they are seen, or nowhere.

use serde_json::{Value, json};

use super::behind;
use super::stub::{Act, Stub, message};
use crate::app::error;

const DATA: &str = "data:image/png;base64,iVBORw0KGgo=";

/// A picture as chat, as Responses and as others have it.
fn pictures(url: &str) -> [(&'static str, Value); 3] {
    let of = |parts: Value| json!({"model": "small", "messages": [{"role": "user", "content": parts}]});
    [
        (
            "/v1/chat/completions",
            of(json!([{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}])),
        ),
        ("/v1/chat/completions", of(json!([{"type": "image", "image": url}]))),
        (
            "/v1/responses",
            json!({"model": "small", "input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]}),
        ),
    ]
}

#[tokio::test]
async fn a_picture_goes_to_a_backend_that_sees() {
    let answer = || Stub::that(Act::Json(message("a cat", 3, 1)));
    let (blind, seeing) = (answer().await, answer().await);
    let sees = r#"{ id = "small", capabilities = ["text", "vision"] }"#;
    let text = blind.entry("a", "kind = \"vllm\"", r#"{ id = "small" }"#) + &seeing.entry("b", "kind = \"vllm\"", sees);
    let app = behind(&text).await;
    for (path, body) in pictures(DATA) {
        assert_eq!(app.ask(path, &body).await.status(), 200, "{body}");
    }
    assert_eq!((blind.count(), seeing.count()), (0, 3));
    let odd = seeing.received()[1].json();
    assert_eq!(odd["messages"][0]["content"][0], json!({"type": "image_url", "image_url": {"url": DATA}}));
}

#[tokio::test]
async fn or_to_the_fallback_which_is_billed_or_nowhere() {
    let answer = || Stub::that(Act::Json(message("a cat", 3, 1)));
    let (blind, seeing) = (answer().await, answer().await);
    let sees = r#"{ id = "large", upstream = "org/large", capabilities = ["text", "vision"] }"#;
    let text = blind.entry("a", "kind = \"vllm\"", r#"{ id = "small" }"#) + &seeing.entry("b", "kind = \"vllm\"", sees);
    let app = behind(&text).await;
    for (path, body) in pictures(DATA) {
        let (status, told) = error(app.ask(path, &body).await).await;
        assert_eq!((status, &told["code"], &told["param"]), (422, &"no_vision_model".into(), &"model".into()));
    }
    let app = behind(&format!("vision_fallback = {{ small = \"large\" }}\n{text}")).await;
    for (path, body) in pictures(DATA) {
        assert_eq!(app.ask(path, &body).await.status(), 200);
    }
    assert_eq!((blind.count(), seeing.count(), seeing.last().json()["model"].clone()), (0, 3, "org/large".into()));
    app.settled().await;
    assert!(app.books().entries().await.iter().all(|entry| entry.model == "large"));
}

#[tokio::test]
async fn an_address_is_not_fetched_from_inside() {
    for kind in ["vllm", "tgi", "llama.cpp", "ollama"] {
        let stub = Stub::that(Act::Json(message("a cat", 3, 1))).await;
        let sees = r#"{ id = "small", capabilities = ["text", "vision"] }"#;
        let app = behind(&stub.entry("a", &format!("kind = \"{kind}\""), sees)).await;
        for url in ["http://169.254.169.254/", "https://a.example/b.png", "file:///etc/hostname", "/etc/hostname", ""] {
            for (path, body) in pictures(url) {
                let (status, told) = error(app.ask(path, &body).await).await;
                assert_eq!((status, &told["code"]), (400, &"linked_media".into()), "{body}");
            }
        }
        assert_eq!(stub.count(), 0);
        for (path, body) in pictures(DATA) {
            assert_eq!(app.ask(path, &body).await.status(), 200);
        }
    }
}

#[tokio::test]
async fn an_address_goes_to_who_is_outside_or_is_said_to_fetch_it_safely() {
    let sees = r#"{ id = "small", capabilities = ["text", "vision"] }"#;
    for lines in ["kind = \"openai\"", "kind = \"vllm\"\nfetches_media = true"] {
        let (careful, fetches) = (Stub::that(Act::Silence).await, Stub::that(Act::Json(message("a cat", 3, 1))).await);
        let text = careful.entry("a", "kind = \"vllm\"", sees) + &fetches.entry("b", lines, sees);
        let app = behind(&text).await;
        for (path, body) in pictures("https://a.example/b.png") {
            assert_eq!(app.ask(path, &body).await.status(), 200, "{body}");
        }
        assert_eq!((careful.count(), fetches.count()), (0, 3), "{lines}");
    }
}
