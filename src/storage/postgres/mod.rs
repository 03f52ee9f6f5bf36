//! PostgreSQL: as many processes as wanted share the book; the steps of one account queue at its row in `chains`.
//!
//! A transaction locks the rows of its steps' accounts, and everything else that it writes belongs to those accounts.
//! All of them share a lock that closing a month takes for itself.

mod connection;
mod desk;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Postgres, Transaction};

use super::book::Step;
use super::engine::Engine;
use super::error::StorageError;
use super::settings::Location;
use super::sql;
use super::writer::Writer;
use crate::billing::{Charge, LedgerError};
use desk::PostgresDesk;

/// The layout of the tables; a change is a further step, and no step is ever changed.
pub(super) const LAYOUT: [&str; 6] = [
    include_str!("layout_1.sql"),
    include_str!("layout_2.sql"),
    include_str!("layout_3.sql"),
    include_str!("layout_4.sql"),
    include_str!("layout_5.sql"),
    include_str!("layout_6.sql"),
];

/// Connections of one process, beside those that write steps.
const CONNECTIONS: u32 = 16;

/// How long a caller waits for a connection, and a transaction that writes steps for the database.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections that write: while one waits for the disk, the next collects.
const DESKS: usize = 2;

/// What every connection is told: a server that stops in the middle of a transaction must not keep its locks.
const OPTIONS: [(&str, &str); 1] = [("idle_in_transaction_session_timeout", "10s")];

/// Begins a transaction that shares the lock, and one that takes it. Whoever closes a month, publishes tariffs or changes
/// the layout takes it; all who write steps share it.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock_shared(7883954073431794721)";
const BEGIN_ALONE: &str = "BEGIN; SELECT pg_advisory_xact_lock(7883954073431794721)";

/// A server.
pub(super) struct PostgresEngine {
    pool: PgPool,
    writer: Writer,
}

/// Connects, and brings the tables up to date.
pub(super) async fn open(url: &str, location: &Location) -> Result<PostgresEngine, StorageError> {
    let location = location.to_string();
    let unusable = |error: sqlx::Error| StorageError::Unusable {
        location: location.clone(),
        // A URL that cannot be read is not told: its password may be in what is wrong with it.
        reason: match error {
            sqlx::Error::Configuration(_) => "the URL cannot be read".to_owned(),
            error => error.to_string(),
        },
    };
    let options: PgConnectOptions = url.parse().map_err(unusable)?;
    let options = options.application_name("minuted").options(OPTIONS).disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
    let pool = pool.connect_with(options.clone()).await.map_err(unusable)?;
    let mut alone = pool.begin_with(BEGIN_ALONE).await.map_err(unusable)?;
    sql::migrate(&mut *alone, &LAYOUT, &location).await?;
    alone.commit().await.map_err(unusable)?;
    let writer = Writer::start((0..DESKS).map(|_| PostgresDesk::new(options.clone())).collect());
    Ok(PostgresEngine { pool, writer })
}

#[async_trait]
impl Engine for PostgresEngine {
    type Db = Postgres;

    async fn step(&self, step: Step) -> Result<Charge, LedgerError> {
        self.writer.step(step).await
    }

    fn pool(&self) -> &PgPool {
        &self.pool
    }

    async fn alone(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.pool.begin_with(BEGIN_ALONE).await
    }
}
