//! Accounts and keys: written as given, read as written, and each account's its own.

use std::sync::Arc;

use futures_util::future::join_all;
use minuted::accounts::{Account, AccountChange, Key, KeyStoreError, Limits, Scopes};
use minuted::billing::{Budget, Hold, LedgerError, Owner};
use minuted::domain::Currency;

use super::{CENT, Database, a_month, account, at, hold_of, key, used};

super::for_each_database!(
    what_is_written_is_read_again,
    accounts_are_listed_in_pages,
    keys_are_listed_in_pages,
    a_key_is_replaced_in_one_step_or_not_at_all,
    of_many_who_replace_a_key_at_once_one_does,
    keys_in_a_line_share_what_is_used,
    the_first_mark_of_a_pepper_stays,
    names_are_unique,
    changes_at_once_undo_nothing_of_each_other,
    keys_end_for_good,
    nobody_ends_the_key_of_another,
);

pub fn an_account(name: &str) -> Account {
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

pub fn a_key(name: &str, of: &str) -> Key {
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
    assert_eq!(again.keys(&alice.id, None, 9).await, Ok(vec![a_key("a", "alice"), bare]));
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

async fn keys_are_listed_in_pages(db: Database) {
    let keys = &db.stores.keys;
    keys.add_account(&an_account("alice")).await.expect("it is new");
    let made_at = |name: &str, time| Key { created_at: at(time), ..a_key(name, "alice") };
    let [early, late] = ["2026-10-14T12:00:00Z", "2026-10-14T12:00:00.000001Z"];
    let made = [made_at("d", early), made_at("c", late), made_at("e", early), made_at("a", late)];
    for key in &made {
        keys.add_key(key).await.expect("it is new");
    }
    let page = async |after: Option<&Key>, limit| {
        let after = after.map(|key| (key.created_at, &key.id));
        let keys = keys.keys(&account("alice"), after, limit).await.expect("it answers");
        keys.into_iter().map(|key| key.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 3).await, ["key_d", "key_e", "key_a"], "the oldest first, and then by their ids");
    assert_eq!(page(Some(&made[2]), 3).await, ["key_a", "key_c"]);
    assert_eq!(page(Some(&made[1]), 3).await, Vec::<String>::new());
}

/// A key of alice's that has no end.
fn endless(name: &str) -> Key {
    Key { expires_at: None, replaces: None, ..a_key(name, "alice") }
}

/// One in its place.
fn instead_of(old: &str, name: &str) -> Key {
    Key { replaces: Some(key(old)), ..endless(name) }
}

async fn keys_in_a_line_share_what_is_used(db: Database) {
    let (keys, alice, now) = (&db.stores.keys, account("alice"), at("2026-10-14T12:00:00Z"));
    keys.add_account(&an_account("alice")).await.expect("it is new");
    keys.add_key(&Key { expires_at: Some(at("2026-09-30T23:00:00Z")), ..endless("ended") }).await.expect("it is new");
    for (name, old) in [("first", "ended"), ("second", "first"), ("third", "second")] {
        keys.add_key(&instead_of(old, name)).await.expect("it is new");
    }
    keys.add_key(&endless("alone")).await.expect("it is new");
    let line = async |of: &str, now| keys.line(&alice, &key(of), now).await.expect("it answers");
    let all = ["first", "second", "third"].map(key).to_vec();
    for of in ["first", "second", "third"] {
        assert_eq!(line(of, now).await, all, "{of}");
    }
    assert_eq!(line("first", at("2026-10-01T00:01:00Z")).await.len(), 4, "by another clock it is still September");
    assert_eq!(line("alone", now).await, [key("alone")]);
    let last = keys.successor(&alice, &key("first")).await.expect("it answers");
    assert_eq!(last.map(|key| key.id), Some(key("third")));

    let ledger = &db.stores.ledger;
    let by = |name: &str, count| {
        let kin = all.iter().filter(|other| **other != key(name)).cloned().collect();
        let budget = Budget { owner: Owner::Key(key(name)), kin, ..a_month(10) };
        Hold { key: Some(key(name)), budgets: vec![budget], ..hold_of(count) }
    };
    let first = by("first", 6);
    ledger.hold(&first).await.expect("6 of 10");
    ledger.settle(&first.charge, &used(6 * 60)).await.expect("it is held");
    ledger.hold(&by("third", 3)).await.expect("6 and 3 of 10");
    let Err(LedgerError::Exhausted(standing)) = ledger.hold(&by("second", 2)).await else { panic!("11 of 10") };
    assert_eq!(standing.left(), CENT);
    ledger.hold(&by("second", 1)).await.expect("all of 10");
}

async fn a_key_is_replaced_in_one_step_or_not_at_all(db: Database) {
    let (keys, now, end) = (&db.stores.keys, at("2026-10-14T13:00:00Z"), at("2026-10-15T13:00:00Z"));
    let ends = async |name| keys.key(&key(name)).await.expect("it answers").map(|(key, _)| key.expires_at);
    keys.add_account(&an_account("alice")).await.expect("it is new");
    keys.add_key(&endless("old")).await.expect("it is new");
    let unknown = |of: &str, name| Err(KeyStoreError::Unknown(format!("key `key_{name}` in account `acc_{of}`")));
    let other = Key { account: account("bob"), ..instead_of("old", "new") };
    assert_eq!(keys.replace_key(&other, now, end).await, unknown("bob", "old"), "it is alice's");
    assert_eq!(keys.replace_key(&instead_of("none", "new"), now, end).await, unknown("alice", "none"));
    let again = Key { id: key("old"), ..instead_of("old", "new") };
    assert!(matches!(keys.replace_key(&again, now, end).await, Err(KeyStoreError::Store(_))), "there is such a key");
    assert_eq!((ends("old").await, ends("new").await), (Some(None), None), "nothing of it was done");

    keys.replace_key(&instead_of("old", "new"), now, end).await.expect("it lives");
    assert_eq!((ends("old").await, ends("new").await), (Some(Some(end)), Some(None)));
    let replaced = Err(KeyStoreError::Replaced(key("new")));
    assert_eq!(keys.replace_key(&instead_of("old", "third"), now, end).await, replaced);
    assert_eq!(keys.successor(&account("alice"), &key("old")).await, Ok(Some(instead_of("old", "new"))));
    keys.revoke_key(&account("alice"), &key("new"), now).await.expect("it is alice's");
    let later = Key { created_at: at("2026-10-14T14:00:00Z"), ..instead_of("old", "third") };
    let put_off = at("2026-12-01T00:00:00Z");
    keys.replace_key(&later, now, put_off).await.expect("what had taken its place lives no more");
    assert_eq!(ends("old").await, Some(Some(end)), "an end is never put off");
    assert_eq!(keys.successor(&account("alice"), &key("old")).await, Ok(Some(later)), "the last one");
    assert_eq!(
        keys.replace_key(&instead_of("new", "fourth"), now, end).await,
        unknown("alice", "new"),
        "it is revoked"
    );
    assert_eq!(keys.replace_key(&instead_of("old", "fourth"), end, end).await, unknown("alice", "old"), "it has ended");
}

async fn of_many_who_replace_a_key_at_once_one_does(db: Database) {
    let (here, there) = (&db.stores.keys, &db.again().await.keys);
    let (now, end) = (at("2026-10-14T13:00:00Z"), at("2026-10-15T13:00:00Z"));
    here.add_account(&an_account("alice")).await.expect("it is new");
    for round in 0..10 {
        let old = format!("old_{round}");
        here.add_key(&endless(&old)).await.expect("it is new");
        let made = [here, there, here, there].into_iter().zip(0..).map(|(keys, number)| {
            let (keys, new) = (Arc::clone(keys), instead_of(&old, &format!("new_{round}_{number}")));
            tokio::spawn(async move { keys.replace_key(&new, now, end).await })
        });
        let made = join_all(made).await;
        let made: Vec<_> = made.into_iter().map(|made| made.expect("it does not panic")).collect();
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
        assert_eq!(made.iter().filter(|made| matches!(made, Err(KeyStoreError::Replaced(_)))).count(), 3, "{made:?}");
    }
}

async fn the_first_mark_of_a_pepper_stays(db: Database) {
    let (here, there) = (&db.stores.keys, &db.again().await.keys);
    assert_eq!(here.pepper_mark(None).await, Ok(None));
    assert_eq!(here.pepper_mark(Some(&[7; 32])).await, Ok(Some([7; 32])));
    assert_eq!(there.pepper_mark(Some(&[8; 32])).await, Ok(Some([7; 32])));
    assert_eq!(there.pepper_mark(None).await, Ok(Some([7; 32])));
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
    assert_eq!(keys.keys(&account("bob"), None, 9).await, Ok(vec![]));
    assert_eq!(keys.key(&key("a")).await.map(|found| found.map(|(key, _)| key)), Ok(Some(a_key("a", "alice"))));
}
