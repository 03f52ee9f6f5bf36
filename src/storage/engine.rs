//! What differs between the two databases, as a trait: how a step is made atomically, and how others are kept out.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};

use super::book::Step;
use super::error::Failure;
use super::sql::{self, Connection as _};
use crate::billing::{Charge, LedgerError};

/// A database that keeps the book.
#[async_trait]
pub(super) trait Engine: Send + Sync {
    /// Which kind it is.
    type Db: Database<Connection: sql::Connection>;

    /// What begins a transaction in which nobody else makes a hold, closes a month or publishes a tariff.
    const ALONE: &'static [&'static str];

    /// Makes a step, and answers once all can see it; a charge, once it is on the disk.
    async fn step(&self, step: Step) -> Result<Charge, LedgerError>;

    /// Connections to read by.
    fn pool(&self) -> &Pool<Self::Db>;
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

    /// Begins a transaction.
    pub async fn together(&self) -> Result<Together<E::Db>, Failure> {
        self.begin(&["BEGIN"]).await
    }

    /// Begins a transaction in which nobody else makes a hold, closes a month or publishes a tariff.
    pub async fn alone(&self) -> Result<Together<E::Db>, Failure> {
        self.begin(E::ALONE).await
    }

    async fn begin(&self, statements: &'static [&'static str]) -> Result<Together<E::Db>, Failure> {
        let mut together = Together { connection: self.connection().await?, committed: false };
        for statement in statements {
            together.run(statement, &[]).await?;
        }
        Ok(together)
    }
}

/// A transaction. One that does not come to its end, since something fails or its caller has gone, ends with its
/// connection: how far it came is not known, and whoever had the connection next would be in the middle of it.
pub(super) struct Together<Db: Database> {
    connection: PoolConnection<Db>,
    committed: bool,
}

impl<Db: Database<Connection: sql::Connection>> Together<Db> {
    /// Ends it: what was written is there, for all.
    pub async fn commit(mut self) -> Result<(), Failure> {
        self.connection.run("COMMIT", &[]).await?;
        self.committed = true;
        Ok(())
    }
}

impl<Db: Database> Deref for Together<Db> {
    type Target = Db::Connection;

    fn deref(&self) -> &Db::Connection {
        &self.connection
    }
}

impl<Db: Database> DerefMut for Together<Db> {
    fn deref_mut(&mut self) -> &mut Db::Connection {
        &mut self.connection
    }
}

impl<Db: Database> Drop for Together<Db> {
    fn drop(&mut self) {
        if !self.committed {
            self.connection.close_on_drop();
        }
    }
}
