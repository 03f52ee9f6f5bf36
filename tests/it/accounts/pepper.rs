//! Another pepper than keys were made with is noticed, also in a database that is older than the mark of its pepper.

use std::sync::Arc;

use minuted::accounts::{Key, Limits, Pepper, Plans, Registry, RegistryError, Scopes, Secret};
use minuted::domain::{Clock, SystemClock};

use crate::app::TestApp;
use crate::callers::plain_key;

/// What a [`TestApp`] has.
fn pepper() -> Pepper {
    Pepper::new([7; 32])
}

#[tokio::test]
async fn a_key_that_is_right_proves_the_pepper_of_an_older_database() {
    let app = TestApp::keyed().await;
    let account = app.account("acme", Limits::default()).await;
    let secret = Secret::generate().expect("random bytes");
    let key = Key {
        id: secret.id().clone(),
        account: account.id,
        name: "app".to_owned(),
        digest: secret.digest(&pepper()),
        scopes: Scopes::ordinary(),
        models: None,
        limits: Limits::default(),
        created_at: SystemClock.now(),
        expires_at: None,
        revoked_at: None,
        replaces: None,
    };
    // As an earlier release did, which knew of no mark.
    app.stores.keys.add_key(&key).await.expect("it is new");
    let mark = async || app.stores.keys.pepper_mark(None).await.expect("the store works");
    let whole = secret.reveal();
    let other = Secret::generate().expect("random bytes").reveal();
    let (id, other) = (&whole[..whole.len() - 43], &other[other.len() - 43..]);
    assert_eq!(app.showing(&format!("{id}{other}")).get("/v1/models").await.status(), 401);
    assert_eq!(mark().await, None, "a wrong secret proves nothing");
    assert_eq!(app.showing(&whole).get("/v1/models").await.status(), 200);
    assert_eq!(mark().await, Some(pepper().mark()));
}

#[tokio::test]
async fn no_key_is_made_with_another_pepper() {
    let app = TestApp::keyed().await;
    let alice = app.caller("alice").await;
    let account = &alice.account().id;
    assert_eq!(app.stores.keys.pepper_mark(None).await, Ok(Some(pepper().mark())), "the first key has set it");
    let plans = Arc::new(Plans::load(None).expect("the plans of the program"));
    let registry =
        |pepper| Registry::new(app.stores.keys.clone(), Arc::new(pepper), plans.clone(), Arc::new(SystemClock));
    registry(pepper()).issue(account, plain_key()).await.expect("it is the same");
    let refused = registry(Pepper::new([8; 32])).issue(account, plain_key()).await.expect_err("it is another");
    assert_eq!(refused, RegistryError::Pepper);
    assert_eq!(app.registry.keys(account, None, 9).await.expect("they are there").len(), 2);
}
