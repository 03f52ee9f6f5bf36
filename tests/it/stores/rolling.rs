//! A later release adds columns while this one runs: its statements, which are prepared, go on to answer.

use minuted::catalog::Calls;
use minuted::domain::{NoticeId, Timestamp};
use minuted::status::{Detail, Impact, Kind, Notice, Span, Stage, Update};

use super::keys::{a_key, an_account};
use super::status::{minute, served};
use super::{Database, a_month, account, at, by_the_minute, hold_of, key, used};

super::for_each_database!(columns_that_are_added_change_no_answer);

/// All tables whose rows are read.
const TABLES: [&str; 13] = [
    "accounts",
    "calls",
    "chains",
    "claims",
    "counters",
    "entries",
    "holds",
    "keys",
    "periods",
    "status_counts",
    "status_notices",
    "status_updates",
    "tariffs",
];

fn notice() -> Notice {
    let update = Update { stage: Stage::Investigating, body: "We look.".to_owned(), at: at("2026-10-14T12:00:00Z") };
    Notice {
        id: NoticeId::new(),
        name: "slow".to_owned(),
        models: vec!["m".to_owned()],
        impact: Impact::Minor,
        kind: Kind::Incident { by_rule: false },
        updates: vec![update],
    }
}

/// Everything that is asked of a store, as text.
async fn answers(db: &Database, id: &NoticeId) -> String {
    let (stores, alice, now) = (&db.stores, account("alice"), at("2026-10-14T12:00:00Z"));
    let (keys, ledger, status) = (&stores.keys, &stores.ledger, &stores.status);
    let (from, to) = (Timestamp::UNIX_EPOCH, at("2026-11-01T00:00:00Z"));
    let owner = a_month(1).owner;
    [
        format!("{:?}", keys.account(&alice).await),
        format!("{:?}", keys.account_named("alice").await),
        format!("{:?}", keys.accounts(None, 9).await),
        format!("{:?}", keys.key(&key("a")).await),
        format!("{:?}", keys.keys(&alice, None, 9).await),
        format!("{:?}", ledger.chain(&alice, 0, 9).await),
        format!("{:?}", ledger.chains().await),
        format!("{:?}", ledger.settled(None, from, to, None, 9).await),
        format!("{:?}", ledger.settled(Some(&alice), from, to, None, 9).await),
        format!("{:?}", ledger.standing(&[a_month(9)], now).await),
        format!("{:?}", ledger.counted(&owner, a_month(1).window, from, 9).await),
        format!("{:?}", ledger.tariffs().await),
        format!("{:?}", stores.outbox.undelivered(9).await),
        format!("{:?}", stores.calls.calls(None, None, 9).await),
        format!("{:?}", stores.calls.calls(Some("m"), None, 9).await),
        format!("{:?}", status.notice(id).await),
        format!("{:?}", status.notices(from, 9).await),
        format!("{:?}", status.tallies(Span::Minute, from, to, Detail::Whole).await),
        format!("{:?}", status.tallies(Span::Minute, from, to, Detail::Outcomes).await),
    ]
    .join("\n")
}

/// A charge from its hold to its end.
async fn charge(db: &Database) {
    let hold = hold_of(1);
    db.stores.ledger.hold(&hold).await.expect("there is no budget");
    db.stores.ledger.settle(&hold.charge, &used(1)).await.expect("it is held");
}

async fn columns_that_are_added_change_no_answer(db: Database) {
    let (stores, now, notice) = (&db.stores, at("2026-10-14T12:00:00Z"), notice());
    stores.outbox.keep_events();
    stores.keys.add_account(&an_account("alice")).await.expect("it is new");
    stores.keys.add_key(&a_key("a", "alice")).await.expect("it is new");
    stores.ledger.publish(&[by_the_minute()]).await.expect("it is new");
    let calls = Calls { model: "m".to_owned(), account: account("alice"), count: 1, first_at: now, last_at: now };
    stores.calls.add_calls(&[calls]).await.expect("it is written");
    stores.status.post(&notice).await.expect("it is written");
    stores.status.add(&minute("2026-10-14T12:00:00Z", "m", &[served(100)])).await.expect("it is written");
    charge(&db).await;
    let before = answers(&db, &notice.id).await;
    assert!(!before.contains("Err("), "{before}");
    for table in TABLES {
        db.tamper(&format!("ALTER TABLE {table} ADD COLUMN further TEXT")).await.expect(table);
    }
    assert_eq!(answers(&db, &notice.id).await, before);
    charge(&db).await;
}
