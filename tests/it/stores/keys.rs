//! Accounts and keys: written as given, read as written, and each account's its own.

use std::sync::Arc;

use futures_util::future::join_all;
use minuted::accounts::{Account, AccountChange, Key, KeyStoreError, Limits, Scopes};
use minuted::domain::Currency;

use super::{Database, account, at, key};

super::for_each_database!(
    what_is_written_is_read_again,
    accounts_are_listed_in_pages,
    names_are_unique,
    changes_at_once_undo_nothing_of_each_other,
    keys_end_for_good,
    nobody_ends_the_key_of_another,
);

fn an_account(name: &str) -> Account {
    Account {
        id: account(name),
        name: name.to_owned(),
        currency: Currency::EUR,
        plan: Some("small".to_owned()),
        limits: Limits { requests_per_minute: Some(60), spend_nanos_per_month: Some(5), ..Limits::default() },
        created_at: at("2026-10-14T12:00:00.123456Z"),
        suspended_at: None,
        follows_successors: false,
    }
}

fn a_key(name: &str, of: &str) -> Key {
    Key {
        id: key(name),
        account: account(of),
        name: format!("the {name} program"),
        digest: [7; 32],
        scopes: Scopes::ordinary(),
        models: Some(["whisper-base".to_owned(), "minuted-nano.en".to_owned()].into()),
        limits: Limits { concurrent_requests: Some(2), ..Limits::default() },
        created_at: at("2026-10-14T12:00:00Z"),
        expires_at: Some(at("2027-01-01T00:00:00Z")),
        revoked_at: None,
        replaces: Some(key("before")),
    }
}

async fn what_is_written_is_read_again(db: Database) {
    let (keys, alice) = (&db.stores.keys, an_account("alice"));
    keys.add_account(&alice).await.expect("it is new");
    let bare = Key { models: None, expires_at: None, replaces: None, limits: Limits::default(), ..a_key("b", "alice") };
    for key in [a_key("a", "alice"), bare.clone()] {
        keys.add_key(&key).await.expect("it is new");
    }
    let again = db.again().await.keys;
    assert_eq!(again.account(&alice.id).await, Ok(Some(alice.clone())));
    assert_eq!(again.account_named("alice").await, Ok(Some(alice.clone())));
    assert_eq!(again.key(&key("a")).await, Ok(Some((a_key("a", "alice"), alice.clone()))));
    assert_eq!(again.keys(&alice.id).await, Ok(vec![a_key("a", "alice"), bare]));
    assert_eq!(again.key(&key("c")).await, Ok(None));
    assert_eq!(again.account_named("bob").await, Ok(None));
    let suspended_at = Some(at("2026-10-15T00:00:00Z"));
    let change = AccountChange {
        plan: Some(None),
        suspended: Some(true),
        follows_successors: Some(true),
        ..AccountChange::default()
    };
    let changed = Account { plan: None, suspended_at, follows_successors: true, ..alice };
    let now = at("2026-10-15T00:00:00Z");
    assert_eq!(again.change_account(&changed.id, &change, now).await, Ok(changed.clone()));
    assert_eq!(keys.account(&changed.id).await, Ok(Some(changed)));
}

async fn accounts_are_listed_in_pages(db: Database) {
    let keys = &db.stores.keys;
    for name in ["carol", "alice", "bob"] {
        keys.add_account(&an_account(name)).await.expect("it is new");
    }
    let names = async |after: Option<&str>, limit| {
        let accounts = keys.accounts(after.map(account).as_ref(), limit).await.expect("it answers");
        accounts.into_iter().map(|account| account.name).collect::<Vec<_>>()
    };
    assert_eq!(names(None, 2).await, ["alice", "bob"]);
    assert_eq!(names(Some("bob"), 2).await, ["carol"]);
}

async fn names_are_unique(db: Database) {
    let keys = &db.stores.keys;
    keys.add_account(&an_account("alice")).await.expect("it is new");
    keys.add_account(&an_account("bob")).await.expect("it is new");
    let taken = Err(KeyStoreError::NameTaken("alice".to_owned()));
    assert_eq!(keys.add_account(&Account { id: account("other"), ..an_account("alice") }).await, taken);
    let change = AccountChange { name: Some("alice".to_owned()), ..AccountChange::default() };
    let change = async |of| keys.change_account(&account(of), &change, at("2026-10-15T00:00:00Z")).await.map(drop);
    assert_eq!(change("bob").await, taken);
    let unknown = Err(KeyStoreError::Unknown("account `acc_carol`".to_owned()));
    assert_eq!(change("carol").await, unknown);
    assert_eq!(keys.add_key(&a_key("a", "carol")).await, unknown);
}

async fn changes_at_once_undo_nothing_of_each_other(db: Database) {
    let (here, there, now) = (&db.stores.keys, &db.again().await.keys, at("2026-10-15T00:00:00Z"));
    let none = AccountChange::default;
    let more = Limits { concurrent_requests: Some(2), ..Limits::default() };
    for round in 0..20 {
        let alice = an_account(&format!("alice_{round}"));
        here.add_account(&alice).await.expect("it is new");
        let changes = [
            (here, AccountChange { suspended: Some(true), ..none() }),
            (there, AccountChange { plan: Some(Some("large".to_owned())), ..none() }),
            (here, AccountChange { further_limits: more, ..none() }),
            (there, AccountChange { name: Some(format!("carol_{round}")), ..none() }),
            (here, AccountChange { follows_successors: Some(true), ..none() }),
        ];
        let made = changes.iter().map(|(keys, change)| {
            let (keys, change, id) = (Arc::clone(keys), change.clone(), alice.id.clone());
            tokio::spawn(async move { keys.change_account(&id, &change, now).await })
        });
        for made in join_all(made).await {
            assert!(matches!(made, Ok(Ok(_))), "{made:?}");
        }
        let all = Account {
            name: format!("carol_{round}"),
            plan: Some("large".to_owned()),
            limits: more.or(alice.limits),
            suspended_at: Some(now),
            follows_successors: true,
            ..alice
        };
        assert_eq!(here.account(&all.id).await, Ok(Some(all)));
    }
}

async fn keys_end_for_good(db: Database) {
    let (keys, alice) = (&db.stores.keys, account("alice"));
    assert_eq!(keys.any_key().await, Ok(false));
    keys.add_account(&an_account("alice")).await.expect("it is new");
    keys.add_key(&a_key("a", "alice")).await.expect("it is new");
    assert_eq!(keys.any_key().await, Ok(true));
    let ends = async || keys.key(&key("a")).await.expect("it answers").expect("it is there").0;
    for (put, found) in
        [("2028-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z")]
    {
        keys.expire_key(&alice, &key("a"), at(put)).await.expect("it is alice's");
        assert_eq!(ends().await.expires_at, Some(at(found)), "an end is never put off");
    }
    for revoked in ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"] {
        keys.revoke_key(&alice, &key("a"), at(revoked)).await.expect("it is alice's");
    }
    assert_eq!(ends().await.revoked_at, Some(at("2026-11-01T00:00:00Z")), "once is for good");
    assert_eq!(keys.any_key().await, Ok(true), "there was one");
}

async fn nobody_ends_the_key_of_another(db: Database) {
    let (keys, now) = (&db.stores.keys, at("2026-10-14T12:00:00Z"));
    for name in ["alice", "bob"] {
        keys.add_account(&an_account(name)).await.expect("it is new");
    }
    keys.add_key(&a_key("a", "alice")).await.expect("it is new");
    let unknown = Err(KeyStoreError::Unknown("key `key_a` in account `acc_bob`".to_owned()));
    assert_eq!(keys.revoke_key(&account("bob"), &key("a"), now).await, unknown);
    assert_eq!(keys.expire_key(&account("bob"), &key("a"), now).await, unknown);
    assert_eq!(keys.keys(&account("bob")).await, Ok(vec![]));
    assert_eq!(keys.key(&key("a")).await.map(|found| found.map(|(key, _)| key)), Ok(Some(a_key("a", "alice"))));
}
