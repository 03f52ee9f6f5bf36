//! Whoever shows one wrong key after another.

use minuted::accounts::Secret;

use crate::app::{TestApp, error};

#[tokio::test]
async fn wrong_keys_are_told_to_wait_and_good_ones_from_the_same_place_come_in() {
    let app = TestApp::keyed().await;
    let (alice, bob) = (app.caller("alice").await, app.caller("bob").await);
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
    assert_eq!(alice.get("/v1/models").await.status(), 200);
    assert_eq!(bob.get("/v1/models").await.status(), 200, "a right key, though this server has never seen it");
    assert_eq!(app.anonymous().get("/v1/models").await.status(), 401, "no key is no guess");
}

#[tokio::test]
async fn what_is_no_key_at_all_is_not_counted_as_a_wrong_one() {
    let app = TestApp::keyed().await;
    for _ in 0..40 {
        assert_eq!(app.showing("sk-123").get("/v1/models").await.status(), 401);
    }
    let guess = app.showing(&Secret::generate().expect("random bytes").reveal());
    assert_eq!(guess.get("/v1/models").await.status(), 401);
}
