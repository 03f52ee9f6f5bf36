//! Somebody has the file, takes its triggers off and changes it. Each change is found, and its row named.

use std::path::{Path, PathBuf};

use minuted::billing::verify::{Fault, Finding, Verifier, VerifyError};
use minuted::storage::{self, Location, Settings};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor as _};
use tempfile::TempDir;

use super::october;
use crate::stores::account;

/// A written book, to be copied and changed.
struct Original {
    folder: TempDir,
}

impl Original {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let original = Self { folder };
        let stores = storage::open(&settings(&original.path("book.db"))).await.expect("a new database");
        october(&*stores.ledger, true).await;
        original
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What is found in a copy to which these statements were put.
    async fn changed(&self, statements: &str) -> Option<Finding> {
        let copy = self.path("copy.db");
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(self.path(&format!("copy.db{ending}")));
        }
        let mut original = connect(&self.path("book.db")).await;
        run(&mut original, &format!("VACUUM INTO '{}'", copy.display())).await;
        let mut attacker = connect(&copy).await;
        run(&mut attacker, "PRAGMA ignore_check_constraints = ON").await;
        for trigger in ["entries_stay", "entries_remain", "tariffs_stay"] {
            run(&mut attacker, &format!("DROP TRIGGER {trigger}")).await;
        }
        for index in ["entries_step", "entries_end"] {
            run(&mut attacker, &format!("DROP INDEX {index}")).await;
        }
        run(&mut attacker, statements).await;
        drop(attacker);
        found(&copy).await
    }
}

fn settings(path: &Path) -> Settings {
    Settings { location: Location::Sqlite(path.to_owned()) }
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("it is there")
}

async fn run(connection: &mut SqliteConnection, statements: &str) {
    let done = connection.execute(AssertSqlSafe(statements.to_owned())).await;
    done.unwrap_or_else(|error| panic!("{statements}: {error}"));
}

/// The first thing that does not hold in all chains.
async fn found(path: &Path) -> Option<Finding> {
    let stores = storage::open(&settings(path)).await.expect("it is a database");
    let verifier = Verifier::new(&*stores.ledger, &[]).await.expect("nothing is configured");
    for head in stores.ledger.chains().await.expect("it answers") {
        match verifier.verify(&head, |_| {}).await {
            Ok(chain) => assert!(chain.compared),
            Err(VerifyError::Finding(finding)) => return Some(*finding),
            Err(VerifyError::Ledger(error)) => panic!("{error}"),
        }
    }
    None
}

/// Every column, with what is written into it: something else that could stand there, and something that could not.
const COLUMNS: [(&str, &[&str]); 22] = [
    ("account", &["'acc_mallory'", "'nobody'"]),
    ("seq", &["seq + 100"]),
    ("charge", &["'chg_other'", "'7'"]),
    ("kind", &["CASE kind WHEN 'hold' THEN 'extend' ELSE 'hold' END", "'gift'"]),
    ("step", &["step + 1", "-1"]),
    ("request", &["'other'", "'two words'"]),
    ("key", &["'key_other'", "'7'"]),
    ("service", &["'other'", "'gift'"]),
    ("model", &["'other'", "''"]),
    ("at", &["at + 1", "9223372036854775807"]),
    ("admitted_at", &["admitted_at - 1", "9223372036854775807"]),
    ("currency", &["'USD'", "'euro'"]),
    ("held_nanos", &["held_nanos - 1"]),
    ("held_audio_ms", &["held_audio_ms + 1"]),
    ("held_output_tokens", &["held_output_tokens + 1"]),
    ("used_nanos", &["used_nanos - 1"]),
    ("used_audio_ms", &["used_audio_ms - 1"]),
    ("used_output_tokens", &["used_output_tokens - 1"]),
    ("usage", &["'{\"audio_ms\":1}'", "'{'"]),
    ("lines", &["'[{}]'", "'{'"]),
    ("previous", &["CAST(zeroblob(31) || x'01' AS BLOB)", "hash"]),
    ("hash", &["zeroblob(32)", "x'01'"]),
];

/// A first row, one in the middle that is settled, and the last.
const ROWS: [i64; 3] = [1, 6, 19];

#[tokio::test]
async fn a_change_in_any_column_of_any_row_is_found_and_its_row_named() {
    let original = Original::new().await;
    assert_eq!(original.changed("SELECT 1").await, None, "a copy that nobody changed");
    let alice = Some(account("alice"));
    for (column, values) in COLUMNS {
        for (seq, value) in ROWS.iter().flat_map(|seq| values.iter().map(move |value| (seq, value))) {
            let change = format!("UPDATE entries SET {column} = {value} WHERE account = 'acc_alice' AND seq = {seq}");
            let finding = original.changed(&change).await.unwrap_or_else(|| panic!("not found: {change}"));
            assert_eq!((&finding.account, finding.seq), (&alice, Some(*seq)), "{change}: {finding}");
        }
    }
}

#[tokio::test]
async fn rows_that_are_gone_are_missed() {
    let original = Original::new().await;
    for seq in ROWS {
        let gone = format!("DELETE FROM entries WHERE account = 'acc_alice' AND seq = {seq}");
        let finding = original.changed(&gone).await.expect("it is missed");
        assert_eq!((finding.seq, finding.fault), (Some(seq), Fault::Missing));
    }
    let all = original.changed("DELETE FROM entries WHERE account = 'acc_bob'").await.expect("they are missed");
    assert_eq!((all.account, all.seq, all.fault), (Some(account("bob")), Some(1), Fault::Missing));
    let headless = original.changed("DELETE FROM chains; DELETE FROM rollup; DELETE FROM counters").await;
    let headless = headless.expect("the rows tell");
    assert_eq!((headless.account, headless.fault), (Some(account("alice")), Fault::Headless));
    // The note of where the chain ends is set back as well. What is left are the sums.
    let cut = |account: &str, last: i64| {
        format!(
            "DELETE FROM entries WHERE account = '{account}' AND seq > {last}; UPDATE chains SET seq = {last}, hash = \
             (SELECT hash FROM entries WHERE account = '{account}' AND seq = {last}) WHERE account = '{account}'"
        )
    };
    for (account, last) in [("acc_alice", 18), ("acc_bob", 5)] {
        let finding = original.changed(&cut(account, last)).await.expect("the sums tell");
        let sums = matches!(finding.fault, Fault::RollUp(_) | Fault::Counter(_));
        assert!(sums && finding.seq.is_none(), "{finding}");
    }
}

#[tokio::test]
async fn sums_and_tariffs_that_were_changed_are_found() {
    let original = Original::new().await;
    for change in [
        "UPDATE rollup SET nanos = nanos + 1 WHERE account = 'acc_bob' AND width = 60",
        "UPDATE rollup SET requests = requests + 1 WHERE account = 'acc_bob' AND width = 3600",
        "DELETE FROM rollup WHERE account = 'acc_bob'",
    ] {
        let finding = original.changed(change).await.expect(change);
        assert!(matches!(finding.fault, Fault::RollUp(_)), "{change}: {finding}");
    }
    for (change, words) in [
        ("UPDATE counters SET used_nanos = 0 WHERE owner LIKE '%alice' AND span = 'month'", "acc_alice in 2026-10 "),
        (
            "UPDATE counters SET held_audio_ms = 0 WHERE owner LIKE '%alice' AND held_nanos > 0",
            "acc_alice in the hour of 2026-11-02T00:00Z",
        ),
        ("UPDATE counters SET used_output_tokens = 9 WHERE owner = 'key_c' AND span = 'day'", "key_c in 2026-10-15"),
        ("UPDATE counters SET start = start + 1 WHERE owner = 'acc_bob' AND span = 'hour'", "acc_bob in the hour of"),
        ("DELETE FROM counters WHERE owner = 'acc_bob' AND span = 'hour'", "acc_bob in the hour of 2026-10-15T00:00Z"),
        (
            "INSERT INTO counters SELECT owner, span, start + 2678400000000, 1, 0, 0, 0, 0, 0 FROM counters \
             WHERE owner = 'acc_bob' AND span = 'month'",
            "acc_bob in 2026-11",
        ),
    ] {
        let finding = original.changed(change).await.expect(change);
        assert!(matches!(finding.fault, Fault::Counter(_)), "{change}: {finding}");
        assert!(finding.to_string().contains(words), "{change}: {finding}");
    }
    let price = "UPDATE tariffs SET price = 1 WHERE id = 'audio'";
    let finding = original.changed(price).await.expect("prices are worked out again");
    assert_eq!(finding.seq, Some(3), "{finding}");
    let gone = "DROP TRIGGER tariffs_remain; DELETE FROM tariffs WHERE id = 'audio'";
    let finding = original.changed(gone).await.expect("the tariff is missed");
    assert_eq!(finding.fault, Fault::UnknownTariff("audio".parse().expect("an id")));
}
