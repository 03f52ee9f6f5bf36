//! PostgreSQL: as many processes as wanted share the book; the steps of one account queue at its row in `chains`.
//!
//! A transaction locks the rows of its steps' accounts, and everything else that it writes belongs to those accounts.
//! All of them share a lock that closing a month takes for itself.

mod connection;
mod desk;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection as _, Postgres};
use tokio::time::timeout;

use super::book::Step;
use super::engine::Engine;
use super::error::StorageError;
use super::settings::Location;
use super::sql::{self, Connection as _};
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

/// How long a caller waits for a connection and for what a statement answers, and a transaction that writes steps for
/// its end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same for a statement that goes through the whole book.
const LONG: Duration = Duration::from_mins(10);

/// How long a connection that is given back may take to say that it still works.
const MOMENT: Duration = Duration::from_secs(2);

/// Connections that write: while one waits for the disk, the next collects.
const DESKS: usize = 2;

/// What every connection is told: a server that stops in the middle of a transaction must not keep its locks.
const OPTIONS: [(&str, &str); 1] = [("idle_in_transaction_session_timeout", "10s")];

/// Begins a transaction that shares the lock, and takes it within one. Whoever closes a month, publishes tariffs or
/// changes the layout takes it; all who write steps share it.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock_shared(7883954073431794721)";
const LOCK: &str = "SELECT pg_advisory_xact_lock(7883954073431794721)";

/// A server.
pub(super) struct PostgresEngine {
    pool: PgPool,
    writer: Writer,
}

/// Connects, and brings the tables up to date.
pub(super) async fn open(url: &str, location: &Location) -> Result<PostgresEngine, StorageError> {
    let location = location.to_string();
    let unusable = |error: sqlx::Error| StorageError::unusable(&location, error);
    let options = options(url).map_err(unusable)?;
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
    // Before the pool asks the same without a limit.
    let pool = pool.after_release(|connection, _| {
        Box::pin(async move { Ok(timeout(MOMENT, connection.ping()).await.is_ok_and(|answer| answer.is_ok())) })
    });
    let pool = match pool.connect_with(options.clone()).await {
        // It has waited for a server that may be starting, and does not say what it waited for.
        Err(sqlx::Error::PoolTimedOut) => {
            let why = connect_by(&options).await.err().unwrap_or(sqlx::Error::PoolTimedOut);
            return Err(unusable(why));
        }
        pool => pool.map_err(unusable)?,
    };
    let mut alone = pool.begin().await.map_err(unusable)?;
    // Another server may be changing the layout, which takes its time.
    alone.all_rows(LOCK, &[]).await.map_err(unusable)?;
    sql::migrate(&mut *alone, &LAYOUT, &location).await?;
    alone.commit().await.map_err(unusable)?;
    let writer = Writer::start((0..DESKS).map(|_| PostgresDesk::new(options.clone())).collect());
    Ok(PostgresEngine { pool, writer })
}

fn options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    Ok(options.application_name("minuted").options(OPTIONS).disable_statement_logging())
}

/// A connection to a server, if it answers in time.
pub(super) async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    connect_by(&options(url)?).await
}

async fn connect_by(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    timeout(PATIENCE, options.connect()).await.map_err(|_| sqlx::Error::PoolTimedOut)?
}

#[async_trait]
impl Engine for PostgresEngine {
    type Db = Postgres;

    const ALONE: &'static [&'static str] = &["BEGIN", LOCK];

    async fn step(&self, step: Step) -> Result<Charge, LedgerError> {
        self.writer.step(step).await
    }

    fn pool(&self) -> &PgPool {
        &self.pool
    }
}
