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
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Sqlite, Transaction};

use super::book::Step;
use super::engine::Engine;
use super::error::StorageError;
use super::sql;
use super::writer::Writer;
use crate::billing::{Charge, LedgerError};
use desk::SqliteDesk;
use log::Log;

/// The layout of the tables; a change is a further step, and no step is ever changed.
const LAYOUT: [&str; 4] = [
    include_str!("layout_1.sql"),
    include_str!("layout_2.sql"),
    include_str!("layout_3.sql"),
    include_str!("layout_4.sql"),
];

/// Connections to read by.
const READERS: u32 = 8;

/// How long a transaction waits for another process to end its own.
const PATIENCE: Duration = Duration::from_secs(10);

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
    make_file(path).map_err(|source| StorageError::Unwritable { path: path.to_owned(), source })?;
    let location = path.display().to_string();
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .pragma("wal_autocheckpoint", LOGGED_PAGES)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    let open = async {
        let pool = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.clone()).await?;
        let transaction = pool.begin_with(BEGIN).await?;
        let writer = options.synchronous(SqliteSynchronous::Normal);
        let writer = WRITER.into_iter().fold(writer, |options, (name, value)| options.pragma(name, value));
        let connection = writer.connect().await?;
        Ok((pool, transaction, connection))
    };
    let unusable =
        |error: sqlx::Error| StorageError::Unusable { location: location.clone(), reason: error.to_string() };
    let (pool, mut transaction, connection) = open.await.map_err(unusable)?;
    sql::migrate(&mut *transaction, &LAYOUT, &location).await?;
    transaction.commit().await.map_err(unusable)?;
    let log = Log::of(path).map_err(|source| StorageError::Unwritable { path: path.to_owned(), source })?;
    Ok(SqliteEngine { pool, writer: Writer::start(vec![SqliteDesk::new(connection)]), log })
}

/// A file that only its owner can read, and that can be written. SQLite gives its other two files the same rights.
fn make_file(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

#[async_trait]
impl Engine for SqliteEngine {
    type Db = Sqlite;

    async fn step(&self, step: Step) -> Result<Charge, LedgerError> {
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

    async fn alone(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.pool.begin_with(BEGIN).await
    }
}
