//! What differs between the two databases, as a trait: how a step is made atomically, and how others are kept out.

use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use sqlx::pool::PoolConnection;
use sqlx::{Pool, Transaction};

use super::book::Step;
use super::error::Failure;
use super::sql;
use crate::billing::{Charge, LedgerError};

/// A database that keeps the book.
#[async_trait]
pub(super) trait Engine: Send + Sync {
    /// Which kind it is.
    type Db: sqlx::Database<Connection: sql::Connection>;

    /// Makes a step, and answers once all can see it; a charge, once it is on the disk.
    async fn step(&self, step: Step) -> Result<Charge, LedgerError>;

    /// Connections to read by.
    fn pool(&self) -> &Pool<Self::Db>;

    /// Begins a transaction in which nobody else makes a hold, closes a month or publishes a tariff.
    async fn alone(&self) -> Result<Transaction<'static, Self::Db>, sqlx::Error>;
}

/// One database behind the traits of other rooms.
pub(super) struct Store<E> {
    pub engine: E,
    /// Whether charges that are settled leave an event.
    pub keeps_events: AtomicBool,
}

impl<E: Engine> Store<E> {
    /// Over an open database; it keeps no events until it is told to.
    pub fn new(engine: E) -> Self {
        Self { engine, keeps_events: AtomicBool::new(false) }
    }

    /// A connection to read by, or to change one row.
    pub async fn connection(&self) -> Result<PoolConnection<E::Db>, Failure> {
        Ok(self.engine.pool().acquire().await?)
    }
}
