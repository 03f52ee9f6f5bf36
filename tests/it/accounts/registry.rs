//! Keys and accounts are made and changed as they should be.

use std::sync::Arc;
use std::time::Duration;

use minuted::accounts::{AccountChange, Limits, NewAccount, NewKey, OVERLAP, Opening, RegistryError};
use minuted::domain::Currency;

use crate::app::{Script, TestApp, Wishes};
use crate::callers::{TestClock, plain_key};

fn named(name: &str, plan: Option<&str>, currency: Currency) -> NewAccount {
    let plan = plan.map(str::to_owned);
    NewAccount { name: name.to_owned(), currency, plan, limits: Limits::default() }
}

fn field(error: RegistryError) -> &'static str {
    match error {
        RegistryError::Unfit { field, .. } => field,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_plan_holds_where_the_account_says_nothing() {
    let app = TestApp::keyed().await;
    let account = app.registry.open_account(named("acme", Some("tier-1"), Currency::EUR)).await.expect("an account");
    let holds = app.registry.limits(&account).expect("the plan is known");
    assert_eq!(holds.spend_nanos_per_month, Some(1_000_000_000_000));
    let limits = Limits { spend_nanos_per_month: Some(5), ..Limits::default() };
    let change = AccountChange { limits: Some(limits), ..AccountChange::default() };
    let account = app.registry.change_account(&account.id, change).await.expect("it is changed");
    let holds = app.registry.limits(&account).expect("the plan is known");
    assert_eq!((holds.spend_nanos_per_month, holds.output_tokens_per_hour), (Some(5), Some(150_000)));
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_its_name() {
    let app = TestApp::keyed().await;
    let dollars = "USD".parse().expect("a currency");
    let open = async |wish| field(app.registry.open_account(wish).await.expect_err("it cannot be"));
    for name in ["", " acme", "two\nlines", "acc_1", "acme\u{202E}", "ac\u{200B}me", &"x".repeat(101)] {
        assert_eq!(open(named(name, None, Currency::EUR)).await, "name", "{name:?}");
    }
    assert_eq!(open(named("acme", Some("tier-9"), Currency::EUR)).await, "plan");
    assert_eq!(open(named("acme", Some("tier-1"), dollars)).await, "plan", "a plan is in one currency");
    let acme = app.account("acme", Limits::default()).await;
    assert_eq!(open(named("acme", None, Currency::EUR)).await, "name", "it is taken");

    let issue = async |wish| field(app.registry.issue(&acme.id, wish).await.expect_err("it cannot be"));
    let century = Some(Duration::from_hours(876_000));
    assert_eq!(issue(NewKey { lifetime: century, ..plain_key() }).await, "expires_in_seconds");
    assert_eq!(issue(NewKey { scopes: "".parse().expect("none"), ..plain_key() }).await, "scopes");
    assert_eq!(issue(NewKey { models: Some([].into()), ..plain_key() }).await, "models");
    assert_eq!(issue(NewKey { name: "a\u{2066}b".to_owned(), ..plain_key() }).await, "name");
    let change = AccountChange { name: Some("acme\u{FEFF}".to_owned()), ..AccountChange::default() };
    assert_eq!(field(app.registry.change_account(&acme.id, change).await.expect_err("it cannot be")), "name");
}

#[tokio::test]
async fn a_replaced_key_works_for_a_while_and_no_longer_than_it_would_have() {
    let clock = Arc::new(TestClock::at("2026-10-24T22:00:00Z"));
    let keys = Some(Opening::Closed);
    let wishes = Wishes { script: Some(Script::default()), keys, clock: Some(clock.clone()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let day = Duration::from_hours(24);
    let old = app.caller_with("alice", NewKey { lifetime: Some(2 * day), ..plain_key() }).await;
    let account = old.account().id.clone();

    clock.set("2026-10-25T22:00:00Z");
    let issued = app.registry.rotate(&account, &old.key().id, Duration::from_hours(1)).await.expect("a new one");
    assert_eq!(issued.key.replaces.as_ref(), Some(&old.key().id));
    assert_eq!(issued.key.expires_at.expect("an end").to_string(), "2026-10-27T22:00:00Z", "as long as the old one");
    let new = app.showing(&issued.secret.reveal());
    let both = async || (old.get("/v1/models").await.status().as_u16(), new.get("/v1/models").await.status().as_u16());
    assert_eq!(both().await, (200, 200));
    clock.set("2026-10-25T23:00:00Z");
    assert_eq!(both().await, (401, 200));

    let again = app.registry.rotate(&account, &old.key().id, day).await.expect_err("it works no more");
    assert_eq!(field(again), "key");
    let later = app.registry.rotate(&account, &issued.key.id, 30 * day).await.expect("a third");
    let second = app.registry.key(&account, &issued.key.id).await.expect("it is there");
    assert_eq!(second.expires_at, issued.key.expires_at, "an overlap does not put an end off");
    assert_eq!(later.old_ends_at, second.expires_at, "nor is it told to");
    assert_eq!(later.key.replaces, Some(issued.key.id));
}

#[tokio::test]
async fn a_key_has_one_successor_that_lives_and_its_end_is_not_inherited() {
    let app = TestApp::keyed().await;
    let old = app.caller("alice").await;
    let account = old.account().id.clone();
    let second = app.registry.rotate(&account, &old.key().id, OVERLAP).await.expect("a new one").key;
    let again = app.registry.rotate(&account, &old.key().id, OVERLAP).await.expect_err("it is replaced").to_string();
    assert!(again.starts_with(&format!("key: `{}` has taken its place", second.id)), "{again}");
    assert_eq!(app.registry.keys(&account, None, 9).await.expect("they are there").len(), 2);
    let third = app.registry.rotate(&account, &second.id, OVERLAP).await.expect("a third").key;
    assert_eq!((second.expires_at, third.expires_at), (None, None), "the first had no end either");

    let lost = app.caller("bob").await;
    let (bob, lost) = (lost.account().id.clone(), lost.key().id.clone());
    let unseen = app.registry.rotate(&bob, &lost, OVERLAP).await.expect("a new one, whose secret nobody has read").key;
    app.registry.revoke(&bob, &unseen.id).await.expect("it is revoked");
    let seen = app.registry.rotate(&bob, &lost, OVERLAP).await.expect("another one").key;
    assert_eq!((seen.replaces, seen.expires_at), (Some(lost), None), "it was made without an end");
}

#[tokio::test]
async fn a_key_takes_after_the_last_in_its_line() {
    let clock = Arc::new(TestClock::at("2026-10-01T00:00:00Z"));
    let keys = Some(Opening::Closed);
    let wishes = Wishes { script: Some(Script::default()), keys, clock: Some(clock.clone()), ..Wishes::default() };
    let app = TestApp::with(wishes).await;
    let first = app.caller("alice").await;
    let (account, first) = (first.account().id.clone(), first.key().id.clone());
    let day = Duration::from_hours(24);
    let rotate = |key, overlap| app.registry.rotate(&account, key, overlap);
    let second = rotate(&first, 30 * day).await.expect("a second").key;
    clock.set("2026-10-02T00:00:00Z");
    let third = rotate(&second.id, day).await.expect("a third").key;
    clock.set("2026-10-04T00:00:00Z");
    let again = rotate(&first, day).await.expect_err("the third lives, though the second has ended").to_string();
    assert!(again.starts_with(&format!("key: `{}` has taken its place", third.id)), "{again}");
    app.registry.revoke(&account, &third.id).await.expect("it is there");
    let fourth = rotate(&first, day).await.expect("nothing lives in its place").key;
    assert_eq!(fourth.expires_at, None, "the second had none before it was replaced");
}
