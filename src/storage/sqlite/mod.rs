//! SQLite, in one file: a writer that commits the steps of many callers together, and connections to read by.
//!
//! A charge is on the disk before anybody is told of it; what is only reserved need not outlast a machine that loses power,
//! as the request does not either. Other processes may have the same file open; each transaction that writes keeps them
//! out for its moment.

mod connection;
mod desk;
mod log;

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Sqlite, Transaction};
use tokio::sync::SetOnce;

use super::book::Step;
use super::engine::Engine;
use super::error::StorageError;
use super::sql;
use super::writer::Writer;
use crate::billing::{Charge, LedgerError};
use desk::SqliteDesk;
use log::Log;

/// The layout of the tables; a change is a further step, and no step is ever changed.
pub(super) const LAYOUT: [&str; 6] = [
    include_str!("layout_1.sql"),
    include_str!("layout_2.sql"),
    include_str!("layout_3.sql"),
    include_str!("layout_4.sql"),
    include_str!("layout_5.sql"),
    include_str!("layout_6.sql"),
];

/// Connections to read by.
const READERS: u32 = 8;

/// How long a transaction waits for another process to end its own, and how long a process tries to open the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two tries to open it.
const MOMENT: Duration = Duration::from_millis(20);

/// Statements that a connection keeps prepared: the writer's, in each of their sizes.
const STATEMENTS: usize = 256;

/// Pages go from the log to their places after 16 MiB, so that one that is written again and again is moved once.
const LOGGED_PAGES: &str = "4000";

/// The writer's own: room for the pages that many accounts write to, and what a statement might have to undo stays in
/// memory instead of a file.
const WRITER: [(&str, &str); 2] = [("temp_store", "MEMORY"), ("cache_size", "-16000")];

/// Begins a transaction that writes, and waits for its turn at once instead of failing in the middle.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// An open file.
pub(super) struct SqliteEngine {
    pool: SqlitePool,
    writer: Writer,
    log: Log,
}

/// Opens the file, makes it if it is not there, and starts its writer.
pub(super) async fn open(path: &Path) -> Result<SqliteEngine, StorageError> {
    let file = &make_file(path).map_err(|source| StorageError::Unwritable { path: path.to_owned(), source })?;
    let location = path.display().to_string();
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .pragma("wal_autocheckpoint", LOGGED_PAGES)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    let unusable = |error: sqlx::Error| StorageError::unusable(&location, error);
    let begun = Instant::now();
    let (pool, mut transaction, connection) = loop {
        match connect(&options).await {
            Err(error) if is_locked(&error) && begun.elapsed() < PATIENCE => tokio::time::sleep(MOMENT).await,
            connected => break connected.map_err(unusable)?,
        }
    };
    sql::migrate(&mut *transaction, &LAYOUT, &location).await?;
    transaction.commit().await.map_err(unusable)?;
    // Nothing stays in the log that a process before this one could not put on the disk, unless somebody else has the
    // file open as well.
    sqlx::raw_sql("PRAGMA wal_checkpoint").execute(&pool).await.map_err(unusable)?;
    let log = Log::of(file).map_err(|source| StorageError::Unwritable { path: path.to_owned(), source })?;
    Ok(SqliteEngine { pool, writer: Writer::start(vec![SqliteDesk::new(connection)]), log })
}

/// Connections to read by, a transaction to look at the layout in, and the writer's connection.
async fn connect(
    options: &SqliteConnectOptions,
) -> Result<(SqlitePool, Transaction<'static, Sqlite>, SqliteConnection), sqlx::Error> {
    let pool = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.clone()).await?;
    let transaction = pool.begin_with(BEGIN).await?;
    let writer = options.clone().synchronous(SqliteSynchronous::Normal);
    let writer = WRITER.into_iter().fold(writer, |options, (name, value)| options.pragma(name, value));
    Ok((pool, transaction, writer.connect().await?))
}

/// Of those who make a file at the same moment, SQLite tells some so at once, however patient they are: whoever brings in
/// the log must be alone, and two who wait for that would wait for each other.
fn is_locked(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("5"))
}

/// A file that only its owner can read, and that can be written. SQLite gives its other two files the same rights, and
/// puts them beside the file itself where this is a link to it: what is given is the file's own path.
fn make_file(path: &Path) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    fs::canonicalize(path)
}

impl SqliteEngine {
    /// What the disk said, once it has failed.
    pub fn broken(&self) -> Arc<SetOnce<LedgerError>> {
        Arc::clone(&self.log.failure)
    }
}

#[async_trait]
impl Engine for SqliteEngine {
    type Db = Sqlite;

    const ALONE: &'static [&'static str] = &[BEGIN];

    async fn step(&self, step: Step) -> Result<Charge, LedgerError> {
        self.log.works()?;
        let must_last = step.must_last();
        let charge = self.writer.step(step).await?;
        if must_last {
            self.log.keep().await?;
        }
        Ok(charge)
    }

    fn pool(&self) -> &SqlitePool {
        &self.pool
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::billing::{Amounts, Hold, Service, Settlement, State, Usage};
    use crate::domain::{ChargeId, Currency, RequestId, Timestamp};

    #[tokio::test]
    async fn the_file_may_be_a_link_to_where_it_is() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let (link, file) = (folder.path().join("link.db"), folder.path().join("book.db"));
        symlink(&file, &link).expect("a new link");
        for _ in 0..2 {
            let engine = open(&link).await.expect("it is made where the link says");
            engine.log.keep().await.expect("its log is there too");
        }
        assert!(file.exists() && !folder.path().join("link.db-wal").exists());
    }

    /// A step that reserves nothing.
    pub(super) fn hold(account: &str) -> Step {
        Step::Hold(Box::new(Hold {
            charge: ChargeId::new(),
            request: RequestId::new(),
            account: account.parse().expect("an id"),
            key: None,
            service: Service::Transcription,
            model: "m".to_owned(),
            currency: Currency::EUR,
            amounts: Amounts::default(),
            budgets: Vec::new(),
            at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
            claim: None,
        }))
    }

    #[tokio::test]
    async fn after_a_failure_of_the_disk_nothing_is_written_until_the_next_start() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = folder.path().join("book.db");
        let mut engine = open(&path).await.expect("a new file");
        engine.log = log::failing_once();
        let held = engine.step(hold("acc_alice")).await.expect("a hold need not last");
        let settlement = Settlement { usage: Usage::default(), tariffs: Vec::new(), at: Timestamp::UNIX_EPOCH };
        let settle = Step::Settle(held.id, Box::new(settlement), false);
        for step in [settle.clone(), settle.clone(), hold("acc_alice")] {
            assert!(matches!(engine.step(step).await, Err(LedgerError::Broken(_))));
        }
        assert!(matches!(engine.broken().wait().await, LedgerError::Broken(_)), "whoever watches is told");
        let engine = open(&path).await.expect("it is there");
        assert_eq!(engine.broken().get(), None);
        engine.step(hold("acc_alice")).await.expect("it is another process");
        assert_eq!(engine.step(settle).await.map(|charge| charge.state), Ok(State::Settled));
    }
}
