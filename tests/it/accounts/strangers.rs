//! Whoever shows one wrong key after another.

use minuted::accounts::Secret;

use crate::app::{TestApp, error};

#[tokio::test]
async fn wrong_keys_are_told_to_wait_and_good_ones_from_the_same_place_go_on() {
    let app = TestApp::keyed().await;
    let alice = app.caller("alice").await;
    assert_eq!(alice.get("/v1/models").await.status(), 200);
    let mut told_to_wait = None;
    for _ in 0..40 {
        let guess = app.showing(&Secret::generate().expect("random bytes").reveal());
        let response = guess.get("/v1/models").await;
        if response.status() == 429 {
            told_to_wait = Some(response);
            break;
        }
        assert_eq!(response.status(), 401);
    }
    let response = told_to_wait.expect("thirty in a minute are enough");
    let wait: u64 = response.headers()["retry-after"].to_str().expect("ASCII").parse().expect("a number");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(error(response).await.1["code"], "rate_limit_exceeded");
    assert_eq!(app.showing("sk-123").get("/v1/models").await.status(), 429, "what is no key at all counts too");
    assert_eq!(alice.get("/v1/models").await.status(), 200);
    assert_eq!(app.anonymous().get("/v1/models").await.status(), 401, "no key is no guess");
}
