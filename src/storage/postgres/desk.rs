//! A connection that writes steps: many of them, of several accounts, in one transaction.
//!
//! It locks the accounts' rows in `chains` in the order of their ids, all in one statement, so that two desks, of one
//! process or of two, may wait for each other but never in a ring. What it reads after that nobody else changes.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

use super::connection::answered;
use super::{BEGIN, connect_by};
use crate::domain::AccountId;
use crate::storage::book::{Page, Step};
use crate::storage::error::Failure;
use crate::storage::sql::{self, Row};
use crate::storage::writer::{Answer, Desk};

/// How often a transaction is tried that another one, or a lost connection, got in the way of. Making it again is safe: a
/// step that has been made is not made twice.
const TRIES: u32 = 5;

/// How many accounts are remembered before they are all forgotten.
const REMEMBERED: usize = 10_000;

/// Where steps are written.
pub(super) struct PostgresDesk {
    options: PgConnectOptions,
    /// Kept for as long as it works: after a failure there is a new one.
    connection: Option<PgConnection>,
    /// Accounts whose chain is known to have a row to lock.
    begun: HashSet<AccountId>,
}

impl PostgresDesk {
    /// Writes over a connection that is made so.
    pub fn new(options: PgConnectOptions) -> Self {
        Self { options, connection: None, begun: HashSet::new() }
    }

    /// Where the connection is lost, whether the steps were made is known to the next attempt.
    async fn attempt(&mut self, steps: &[Step]) -> Result<Vec<Answer>, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect_by(&self.options).await.map_err(Failure::Away)?,
        };
        let making = async {
            self.begin_chains(&mut connection, steps).await?;
            transact(&mut connection, steps).await
        };
        let answers = answered(making).await?;
        self.connection = Some(connection);
        Ok(answers)
    }

    /// Sees to it that each account has a row to lock. It is written in a step of its own: a transaction that has locks
    /// waits for nobody's new row.
    async fn begin_chains(&mut self, connection: &mut PgConnection, steps: &[Step]) -> Result<(), Failure> {
        let new: BTreeSet<_> = accounts(steps).filter(|account| !self.begun.contains(*account)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO chains (account, seq, hash) SELECT account, 0, $2 FROM unnest($1) AS new (account) \
                   ON CONFLICT (account) DO NOTHING";
        let names: Vec<_> = new.iter().map(|account| account.as_str()).collect();
        sqlx::query(sql).bind(names).bind([0_u8; 32].as_slice()).execute(connection).await?;
        if self.begun.len() > REMEMBERED {
            self.begun.clear();
        }
        self.begun.extend(new.into_iter().cloned());
        Ok(())
    }
}

impl Desk for PostgresDesk {
    async fn commit(&mut self, steps: &[Step]) -> Result<Vec<Answer>, Failure> {
        for attempt in 1..TRIES {
            match self.attempt(steps).await {
                Err(Failure::Sql(error) | Failure::Away(error)) if passes(&error) => {
                    tracing::debug!(attempt, "steps of the ledger are tried again: {error}");
                    tokio::time::sleep(Duration::from_millis(10) * 2_u32.pow(attempt)).await;
                }
                answers => return answers,
            }
        }
        self.attempt(steps).await
    }
}

async fn transact(connection: &mut PgConnection, steps: &[Step]) -> Result<Vec<Answer>, Failure> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    let mut page = Page::default();
    lock(&mut transaction, &mut page, steps).await?;
    sql::load(&mut *transaction, &mut page, steps).await?;
    let answers = steps.iter().map(|step| page.make(step)).collect();
    let changes = page.take_changes();
    sql::flush(&mut *transaction, &page, &changes).await?;
    transaction.commit().await?;
    Ok(answers)
}

/// Who makes holds.
fn accounts(steps: &[Step]) -> impl Iterator<Item = &AccountId> {
    steps.iter().filter_map(Step::hold).map(|hold| &hold.account)
}

/// Waits for the ends of the chains that the steps go on from, and keeps them until the transaction ends. Which months
/// are closed is read with them: none is closed while the transaction lasts.
async fn lock(connection: &mut PgConnection, page: &mut Page, steps: &[Step]) -> Result<(), Failure> {
    let sql = "SELECT account, seq, hash, (SELECT MAX(closed_until) FROM periods) AS closed_until FROM chains \
               WHERE account = ANY($1 || ARRAY( \
               SELECT account FROM entries WHERE charge = ANY($2) AND kind = 'hold' AND step = 0)) \
               ORDER BY account FOR UPDATE";
    let held: Vec<_> = accounts(steps).map(AccountId::as_str).collect();
    let others = steps.iter().filter(|step| step.hold().is_none());
    let charges: Vec<_> = others.map(|step| step.charge().as_str()).collect();
    let rows = sqlx::query(sql).bind(held).bind(charges).fetch_all(connection).await?;
    let rows: Vec<_> = rows.into_iter().map(Row::Postgres).collect();
    if let Some(row) = rows.first() {
        page.closed_until = Some(sql::read_closed_until(row)?);
    }
    sql::keep_heads(page, &rows)
}

/// Whether what went wrong may go well the next time: another transaction was in the way (SQLSTATE 40001, 40P01), the
/// process stood still for too long (25P03), the database is being stopped (57P01), has crashed (57P02) or is starting
/// (57P03), or the connection was lost.
fn passes(error: &sqlx::Error) -> bool {
    const CODES: [&str; 6] = ["25P03", "40001", "40P01", "57P01", "57P02", "57P03"];
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| CODES.contains(&&*code)),
        _ => false,
    }
}
