//! `minuted export` and `minuted ledger …`, before a database that was written here.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::time::{Duration, Instant};

use minuted::billing::Kind;
use minuted::crash::{Point, VARIABLE};
use minuted::storage::{self, Location, Settings};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor as _};

use super::Sandbox;
use crate::reports::october;
use crate::stores::{account, hold_of};

async fn written() -> Sandbox {
    let sandbox = Sandbox::new();
    let location = Location::Sqlite(sandbox.path("data/minuted.db"));
    let stores = storage::open(&Settings { location }).await.unwrap();
    october(&*stores.ledger, true).await;
    sandbox
}

#[tokio::test]
async fn a_month_is_verified_closed_and_exported() {
    let sandbox = written().await;
    let verified = sandbox.run(&["ledger", "verify", "--data-dir", "data"]).with_code(0);
    assert!(
        verified.stdout.contains("ok    acc_alice: 19 rows, last seal ") && verified.stdout.contains("acc_bob: 6 rows")
    );
    assert!(verified.stdout.contains("1 charges under way"), "{}", verified.stdout);
    assert!(verified.stdout.ends_with("ok    no month is closed\n"), "{}", verified.stdout);

    let soon = sandbox.run(&["ledger", "close", "--month", "9000-01", "--data-dir", "data"]).with_code(2);
    assert!(soon.stderr.contains("9000-01 is not over"), "{}", soon.stderr);
    let closed = sandbox.run(&["ledger", "close", "--month", "2026-10", "--data-dir", "data"]).with_code(0);
    assert_eq!(closed.stdout, "2026-10 is closed, and all before it\n");

    let export = ["export", "--format", "csv", "--from", "2026-10", "--to", "2026-11", "--data-dir", "data"];
    let told = sandbox.run(&[&export[..], &["--output", "october.csv"]].concat()).with_code(0);
    assert_eq!(told.stderr, "8 rows in october.csv\n");
    let file = fs::read_to_string(sandbox.path("october.csv")).unwrap();
    let trailer: serde_json::Value =
        serde_json::from_slice(&fs::read(sandbox.path("october.csv.trailer.json")).unwrap()).unwrap();
    assert_eq!((&trailer["rows"], &trailer["closed"]), (&8.into(), &true.into()));
    assert!(!sandbox.path("october.csv.part").exists());
    let piped = sandbox.run(&export).with_code(0);
    assert_eq!(piped.stdout, file);
    assert!(piped.stderr.contains(trailer["sha256"].as_str().unwrap()));
    let bob = sandbox.run(&[&export[..], &["--account", "acc_bob"]].concat()).with_code(0);
    assert_eq!(bob.stdout.lines().count(), 5);
    let nobody = sandbox.run(&[&export[..], &["--account", "nobody"]].concat()).with_code(2);
    assert!(nobody.stderr.contains("there is no account named `nobody`"), "{}", nobody.stderr);
}

#[tokio::test]
async fn who_has_work_to_charge_gets_time_for_it_before_a_month_is_closed() {
    let sandbox = written().await;
    let location = Location::Sqlite(sandbox.path("data/minuted.db"));
    let ledger = storage::open(&Settings { location }).await.unwrap().ledger;
    ledger.hold(&hold_of(1)).await.unwrap();
    let begun = Instant::now();
    let mut command = sandbox.command(&["ledger", "close", "--month", "2026-10", "--data-dir", "data"]);
    let closed = command.env("MINUTED_BILLING_LEASE_SECONDS", "8").output().unwrap();
    assert!(closed.status.success(), "{closed:?}");
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_export_that_cannot_be_written_leaves_nothing() {
    let sandbox = written().await;
    fs::create_dir(sandbox.path("october.csv")).unwrap();
    let export =
        ["export", "--format", "csv", "--from", "2026-10", "--to", "2026-11", "--data-dir", "data", "--output"];
    let before = names(&sandbox);
    let failed = sandbox.run(&[&export[..], &["october.csv"]].concat()).with_code(1);
    assert!(failed.stderr.contains("cannot write october.csv: "), "{}", failed.stderr);
    assert_eq!(names(&sandbox), before);
}

#[tokio::test]
async fn an_export_to_what_is_no_file_is_written_there_and_does_not_replace_it() {
    let sandbox = written().await;
    let export = ["export", "--format", "csv", "--from", "2026-10", "--to", "2026-11", "--data-dir", "data"];
    let expected = sandbox.run(&export).with_code(0);
    let before = names(&sandbox);
    let piped = sandbox.run(&[&export[..], &["--output", "/dev/stdout"]].concat()).with_code(0);
    assert_eq!(piped.stdout, expected.stdout);
    assert_eq!(names(&sandbox), before);
}

/// What is in the sandbox.
fn names(sandbox: &Sandbox) -> BTreeSet<OsString> {
    fs::read_dir(sandbox.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

#[tokio::test]
async fn an_export_that_is_killed_leaves_no_file_that_looks_whole() {
    let sandbox = written().await;
    let export =
        ["export", "--format", "csv", "--from", "2026-10", "--to", "2026-11", "--data-dir", "data", "--output"];
    let arguments = [&export[..], &["october.csv"]].concat();
    for _ in 0..3 {
        let mut doomed = sandbox.command(&arguments);
        let ended = doomed.env(VARIABLE, Point::MidExport.name()).output().unwrap();
        assert_eq!(ended.status.code(), None, "a signal ended it");
        assert!(!sandbox.path("october.csv").exists() && !sandbox.path("october.csv.trailer.json").exists());
    }
    sandbox.run(&arguments).with_code(0);
    let left: Vec<_> = names(&sandbox).into_iter().filter(|name| name.to_string_lossy().ends_with(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(fs::read_to_string(sandbox.path("october.csv")).unwrap().lines().count(), 9);
    sandbox.run(&["ledger", "verify", "--data-dir", "data"]).with_code(0);
}

#[tokio::test]
async fn a_byte_that_was_changed_is_named_and_the_command_fails() {
    let sandbox = written().await;
    let path = sandbox.path("data/minuted.db");
    let mut database = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    drop(database);
    let mut bytes = fs::read(&path).unwrap();
    // A page that was split has old copies of rows in its free space, too.
    let is_name = |place: &usize| bytes[*place..].starts_with(b"-1_cmd");
    let places: Vec<usize> = (0..bytes.len()).filter(is_name).collect();
    assert!(!places.is_empty(), "a request has that name");
    for place in places {
        bytes[place + 1] = b'2';
    }
    fs::write(&path, bytes).unwrap();
    let found = sandbox.run(&["ledger", "verify", "--data-dir", "data"]).with_code(1);
    assert!(found.stdout.contains("FAIL  acc_alice, row "), "{}", found.stdout);
    assert!(found.stdout.contains("ok    acc_bob"), "the other chain holds: {}", found.stdout);
}

/// A connection to the database in a sandbox.
async fn tamper(sandbox: &Sandbox, statements: &'static str) {
    let options = SqliteConnectOptions::new().filename(sandbox.path("data/minuted.db"));
    options.connect().await.unwrap().execute(statements).await.unwrap();
}

#[tokio::test]
async fn a_month_that_was_opened_again_is_told_by_the_trailer_of_its_export() {
    let sandbox = written().await;
    let verify = ["ledger", "verify", "--data-dir", "data"];
    let with = ["--trailer", "october.csv.trailer.json"];
    let export = ["export", "--format", "csv", "--from", "2026-10", "--to", "2026-11", "--data-dir", "data"];
    let export = || sandbox.run(&[&export[..], &["--output", "october.csv"]].concat()).with_code(0);
    export();
    let early = sandbox.run(&[&verify[..], &with].concat()).with_code(2);
    assert!(early.stderr.contains("its period was not closed when it was written"), "{}", early.stderr);

    sandbox.run(&["ledger", "close", "--month", "2026-10", "--data-dir", "data"]).with_code(0);
    export();
    let well = sandbox.run(&[&verify[..], &with].concat()).with_code(0).stdout;
    assert!(
        well.ends_with(
            "ok    closed: every month before 2026-11\nok    october.csv.trailer.json: 8 rows, as they were\n"
        ),
        "{well}"
    );

    tamper(&sandbox, "DROP TRIGGER periods_remain; DELETE FROM periods").await;
    sandbox.run(&verify).with_code(0);
    let opened = sandbox.run(&[&verify[..], &with].concat()).with_code(1).stdout;
    let told =
        "FAIL  october.csv.trailer.json: the time before 2026-11-01T00:00:00Z was closed when the export was made";
    assert!(opened.contains(told), "{opened}");
    let other = sandbox.run(&[&verify[..], &["--trailer", "october.csv"]].concat()).with_code(2);
    assert!(other.stderr.contains("october.csv: it is no trailer: "), "{}", other.stderr);
}

#[tokio::test]
async fn an_account_is_verified_alone_and_what_is_kept_of_nobody_is_told() {
    let sandbox = written().await;
    tamper(&sandbox, "INSERT INTO holds SELECT 'chg_x', 'acc_x', admitted_at, expires_at FROM holds").await;
    let verify = |account: &[&str]| sandbox.run(&[&["ledger", "verify", "--data-dir", "data"], account].concat());
    let all = verify(&[]).with_code(1).stdout;
    assert!(all.contains("\nFAIL  `acc_x` stands in the list of holds, and there is no row of it\n"), "{all}");
    assert!(verify(&["--account", "acc_bob"]).with_code(0).stdout.contains("ok    acc_bob: 6 rows"));
    let nobody = verify(&["--account", "acc_x"]).with_code(1).stdout;
    assert!(nobody.starts_with("ok    acc_x: no rows\nFAIL  `acc_x` stands in the list of holds"), "{nobody}");
}

#[tokio::test]
async fn a_request_whose_server_died_does_not_keep_a_month_open() {
    let sandbox = Sandbox::new();
    let location = Location::Sqlite(sandbox.path("data/minuted.db"));
    let stores = storage::open(&Settings { location }).await.unwrap();
    stores.ledger.hold(&hold_of(1)).await.unwrap();
    sandbox.run(&["ledger", "close", "--month", "2026-10", "--data-dir", "data"]).with_code(0);
    let rows = stores.ledger.chain(&account("alice"), 0, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.kind).collect::<Vec<_>>(), [Kind::Hold, Kind::Void]);
}

#[test]
fn who_only_asks_makes_no_database() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["ledger", "verify"][..],
        &["ledger", "close", "--month", "2026-10"],
        &["usage"],
        &["accounts", "list"],
        &["accounts", "show", "acme"],
        &["keys", "list"],
        &["keys", "create", "--account", "acme"],
        &["export", "--format", "csv", "--from", "2026-10", "--to", "2026-11"],
    ] {
        let ended = sandbox.run(&[arguments, &["--data-dir", "typo"]].concat()).with_code(1);
        assert!(ended.stderr.contains("there is no database at "), "{arguments:?}: {}", ended.stderr);
    }
    assert!(!sandbox.path("typo").exists());
}
