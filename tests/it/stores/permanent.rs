//! What is written stays written, also for somebody who speaks SQL to the database.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use minuted::billing::{LedgerError, Tariff};
use minuted::storage::{self, Location, Settings, StorageError};

use super::{Database, account, at, by_the_minute, hold_of, used};

super::for_each_database!(
    rows_tariffs_and_closed_months_cannot_be_changed,
    many_may_open_it_at_once,
    a_row_that_cannot_be_read_is_not_waited_for,
);

async fn rows_tariffs_and_closed_months_cannot_be_changed(db: Database) {
    let (ledger, hold) = (&db.stores.ledger, hold_of(1));
    ledger.publish(&[by_the_minute()]).await.expect("it is new");
    ledger.hold(&hold).await.expect("there is no budget");
    ledger.settle(&hold.charge, &used(1)).await.expect("it is held");
    ledger.close_period(at("2026-11-01T00:00:00Z")).await.expect("nothing is open");
    let ended = Tariff { valid_until: Some(at("2026-12-01T00:00:00Z")), ..by_the_minute() };
    ledger.publish(std::slice::from_ref(&ended)).await.expect("it had no end");
    let rows = ledger.chain(&account("alice"), 0, 10).await;
    for (sql, why) in [
        ("UPDATE entries SET used_nanos = 0", "never changed"),
        ("DELETE FROM entries", "never deleted"),
        ("UPDATE tariffs SET price = 0", "never changed"),
        ("DELETE FROM tariffs", "never deleted"),
        ("UPDATE tariff_ends SET ends_at = 0", "never changed"),
        ("DELETE FROM tariff_ends", "never deleted"),
        ("DELETE FROM periods", "stays closed"),
        (
            "INSERT INTO entries SELECT account, seq + 9, 'chg_9', kind, step, request, key, service, model, at, \
             admitted_at, currency, held_nanos, held_audio_ms, held_output_tokens, used_nanos, used_audio_ms, \
             used_output_tokens, usage, lines, previous, hash FROM entries WHERE kind = 'hold'",
            "the month is closed",
        ),
    ] {
        let error = db.tamper(sql).await.expect_err(sql).to_string();
        assert!(error.contains(why) || error.contains("is only added to"), "{sql}: {error}");
    }
    assert_eq!(ledger.chain(&account("alice"), 0, 10).await, rows);
    assert_eq!(ledger.tariffs().await, Ok(vec![ended]));
}

async fn many_may_open_it_at_once(db: Database) {
    db.tamper("CREATE TABLE other (id BIGINT)").await.expect("it is a database");
    let opened = futures_util::future::join_all((0..8).map(|_| storage::open(&db.settings))).await;
    for stores in opened {
        let stores = stores.expect("they wait for each other");
        stores.ledger.hold(&hold_of(1)).await.expect("there is no budget");
    }
    db.tamper("INSERT INTO layout (step) VALUES (1000)").await.expect("a later release");
    let Err(StorageError::Newer { found, .. }) = storage::open(&db.settings).await else { panic!("it is newer") };
    assert_eq!(found, 1000);
}

async fn a_row_that_cannot_be_read_is_not_waited_for(db: Database) {
    let (ledger, hold) = (&db.stores.ledger, hold_of(1));
    ledger.hold(&hold).await.expect("there is no budget");
    db.unlock().await;
    db.tamper("UPDATE entries SET service = 'none'").await.expect("it is unlocked");
    let settled = ledger.settle(&hold.charge, &used(1)).await;
    assert!(matches!(settled, Err(LedgerError::Refused(_))), "{settled:?}");
}

fn file(path: &Path) -> Settings {
    Settings { location: Location::Sqlite(path.to_owned()) }
}

#[tokio::test]
async fn many_may_make_the_same_file() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let settings = file(&folder.path().join("not/there/yet/minuted.db"));
    let opened = futures_util::future::join_all((0..8).map(|_| storage::open(&settings))).await;
    for stores in &opened {
        let stores = stores.as_ref().expect("they wait for each other");
        stores.ledger.hold(&hold_of(1)).await.expect("there is no budget");
    }
    for name in ["minuted.db", "minuted.db-wal"] {
        let file = folder.path().join("not/there/yet").join(name).metadata().expect("it is there");
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name} is its owner's alone");
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_used_is_told() {
    let folder = tempfile::tempdir().expect("a temp folder");
    let occupied = folder.path().join("occupied");
    std::fs::write(&occupied, "this is no database, and long enough for SQLite to look at its first bytes")
        .expect("a file");
    let told = |settings: Settings| async move { storage::open(&settings).await.err().expect("no store").to_string() };
    let unwritable = told(file(&occupied.join("minuted.db"))).await;
    assert!(unwritable.contains("occupied/minuted.db cannot be written: "), "{unwritable}");
    let foreign = told(file(&occupied)).await;
    assert!(foreign.contains("occupied cannot be used: ") && foreign.contains("not a database"), "{foreign}");
    let url = "postgres://minuted:s3cret@127.0.0.1:1/minuted".to_owned();
    let absent = told(Settings { location: Location::Postgres(url) }).await;
    assert!(
        absent.contains("postgres://127.0.0.1:1/minuted cannot be used: ") && !absent.contains("s3cret"),
        "{absent}"
    );
    let url = "postgres://minuted:s3cret@127.0.0.1:port/minuted".to_owned();
    let unread = told(Settings { location: Location::Postgres(url) }).await;
    assert!(unread.contains("the URL cannot be read") && !unread.contains("s3cret"), "{unread}");
}

#[tokio::test]
async fn a_database_that_fails_is_an_error_and_no_charge() {
    let db = Database::sqlite().await;
    db.tamper(
        "CREATE TRIGGER full BEFORE INSERT ON entries WHEN NEW.model = 'broken' BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    .await
    .expect("a trigger");
    let broken = minuted::billing::Hold { model: "broken".to_owned(), ..hold_of(1) };
    let sound = hold_of(1);
    let ledger = &db.stores.ledger;
    // Handed in together, so that they are in one transaction at first.
    let (first, second) = tokio::join!(ledger.hold(&broken), ledger.hold(&sound));
    assert!(matches!(first, Err(LedgerError::Refused(_))), "{first:?}");
    assert_eq!(second, Ok(()));
    assert_eq!(ledger.charge(&account("alice"), &broken.charge).await, Ok(None));
    super::audit::audit(&**ledger, &account("alice")).await;
}
