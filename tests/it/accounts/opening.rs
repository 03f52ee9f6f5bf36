//! Open on loopback until there is a key.

use std::time::Duration;

use minuted::accounts::Opening;
use minuted::domain::{Clock, SystemClock};

use crate::app::{Script, TestApp, Wishes, stores};

#[tokio::test]
async fn the_first_key_closes_the_door_and_its_end_does_not_open_it() {
    let wishes =
        Wishes { script: Some(Script::default()), keys: Some(Opening::until_first_key()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let nobody = app.anonymous();
    assert_eq!(nobody.get("/v1/models").await.status(), 200);
    assert_eq!(app.showing("unused").get("/v1/models").await.status(), 200, "what is shown is not looked at");

    let alice = app.caller("alice").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(nobody.get("/v1/models").await.status(), 401);
    assert_eq!(alice.get("/v1/models").await.status(), 200);

    app.registry.revoke(&alice.account().id, &alice.key().id).await.expect("it is revoked");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(nobody.get("/v1/models").await.status(), 401);
}

#[tokio::test]
async fn how_it_opens_depends_on_keys_and_address() {
    let (stores, _database) = stores().await;
    let decide = async |insecure, loopback| {
        let opening = Opening::decide(&*stores.keys, insecure, loopback).await.expect("the store works");
        opening.map(|opening| match opening {
            Opening::Open => "open",
            Opening::Closed => "closed",
            Opening::UntilFirstKey(_) => "until the first key",
        })
    };
    assert_eq!(decide(false, true).await, Some("until the first key"));
    assert_eq!(decide(false, false).await, None, "it does not start");
    assert_eq!(decide(true, false).await, Some("open"));

    let app = TestApp::keyed().await;
    let key = app.caller("alice").await;
    let (account, key) = key.has.expect("both");
    stores.keys.add_account(&account).await.expect("an account");
    stores.keys.add_key(&key).await.expect("a key");
    assert_eq!(decide(false, true).await, Some("closed"));
    assert_eq!(decide(false, false).await, Some("closed"));
    assert_eq!(decide(true, true).await, Some("open"));

    stores.keys.revoke_key(&account.id, &key.id, SystemClock.now()).await.expect("it is revoked");
    assert_eq!(decide(false, true).await, Some("closed"), "a start does not open what the first key has closed");
}
