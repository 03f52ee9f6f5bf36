//! PostgreSQL: as many processes as wanted share the book; the steps of one account queue at its row in `chains`.
//!
//! A step takes one lock that others want, on its account's row, and everything else that it writes belongs to that
//! account: steps of different accounts never meet, and no two can wait for each other. A hold shares a lock with all
//! other holds that closing a month takes for itself.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection, Postgres, Transaction};

use super::book::{Page, Step};
use super::engine::Engine;
use super::error::{Failure, StorageError};
use super::settings::Location;
use super::sql::{self, Connection, Row, Value};
use crate::billing::{Charge, LedgerError};
use crate::domain::{AccountId, ChargeId};

/// The layout of the tables; a change is a further step, and no step is ever changed.
const LAYOUT: [&str; 4] = [
    include_str!("layout_1.sql"),
    include_str!("layout_2.sql"),
    include_str!("layout_3.sql"),
    include_str!("layout_4.sql"),
];

/// Connections of one process.
const CONNECTIONS: u32 = 16;

/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a step is tried that another transaction, or a lost connection, got in the way of. Making it again is
/// safe: a step that has been made is not made twice.
const TRIES: u32 = 5;

/// Shared by holds, and taken by whoever closes a month, publishes tariffs or changes the layout.
const LOCK: i64 = 0x6d69_6e75_7465_6421;

/// A server.
pub(super) struct PostgresEngine {
    pool: PgPool,
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
    let options = options.application_name("minuted").disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
    let engine = PostgresEngine { pool: pool.connect_with(options).await.map_err(unusable)? };
    let mut alone = engine.alone().await.map_err(unusable)?;
    sql::migrate(&mut *alone, &LAYOUT, &location).await?;
    alone.commit().await.map_err(unusable)?;
    Ok(engine)
}

#[async_trait]
impl Engine for PostgresEngine {
    type Db = Postgres;

    async fn step(&self, step: Step) -> Result<Charge, LedgerError> {
        for attempt in 1..TRIES {
            match self.attempt(&step).await {
                Err(Failure::Sql(error)) if passes(&error) => {
                    tracing::debug!(attempt, "a step of the ledger is tried again: {error}");
                    tokio::time::sleep(Duration::from_millis(10) * 2_u32.pow(attempt)).await;
                }
                answer => return answer?,
            }
        }
        self.attempt(&step).await?
    }

    fn pool(&self) -> &PgPool {
        &self.pool
    }

    async fn alone(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let connection: &mut PgConnection = &mut transaction;
        connection.rows("SELECT pg_advisory_xact_lock($1)::text", &[Value::Int(LOCK)]).await?;
        Ok(transaction)
    }
}

impl PostgresEngine {
    async fn attempt(&self, step: &Step) -> Result<Result<Charge, LedgerError>, Failure> {
        let mut transaction = self.pool.begin().await?;
        let connection: &mut dyn Connection = &mut *transaction;
        let mut page = Page::default();
        if let Step::Hold(hold) = step {
            connection.rows("SELECT pg_advisory_xact_lock_shared($1)::text", &[Value::Int(LOCK)]).await?;
            lock_account(connection, &mut page, &hold.account).await?;
        } else {
            lock_charge(connection, &mut page, step.charge()).await?;
        }
        sql::load(connection, &mut page, step).await?;
        let answer = page.make(step);
        if answer.is_err() {
            return Ok(answer);
        }
        let changes = page.take_changes();
        sql::flush(connection, &page, &changes).await?;
        transaction.commit().await?;
        Ok(answer)
    }
}

/// Waits for the end of the account's chain, and keeps it until the transaction ends.
async fn lock_account(connection: &mut dyn Connection, page: &mut Page, account: &AccountId) -> Result<(), Failure> {
    let sql = "SELECT account, seq, hash FROM chains WHERE account = $1 FOR UPDATE";
    let values = [Value::Text(account.as_str())];
    let mut rows = connection.rows(sql, &values).await?;
    if rows.is_empty() {
        let first = "INSERT INTO chains (account, seq, hash) VALUES ($1, 0, $2) ON CONFLICT (account) DO NOTHING";
        connection.run(first, &[Value::Text(account.as_str()), Value::Bytes(&[0; 32])]).await?;
        rows = connection.rows(sql, &values).await?;
    }
    keep_head(page, &rows)
}

/// The same for the account of a charge, if there is such a charge.
async fn lock_charge(connection: &mut dyn Connection, page: &mut Page, charge: &ChargeId) -> Result<(), Failure> {
    let sql = "SELECT account, seq, hash FROM chains WHERE account = \
               (SELECT account FROM entries WHERE charge = $1 AND kind = 'hold' AND step = 0) FOR UPDATE";
    keep_head(page, &connection.rows(sql, &[Value::Text(charge.as_str())]).await?)
}

fn keep_head(page: &mut Page, rows: &[Row]) -> Result<(), Failure> {
    if let Some(row) = rows.first() {
        page.heads.insert(row.parsed("account")?, sql::read_head(row)?);
    }
    Ok(())
}

/// Whether what went wrong may go well the next time: SQLSTATE 40001 and 40P01, and connections that were lost.
fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => matches!(error.code().as_deref(), Some("40001" | "40P01" | "57P01")),
        _ => false,
    }
}
