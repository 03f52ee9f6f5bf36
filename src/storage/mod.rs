//! The stores behind the traits of other rooms: SQLite in a file, or PostgreSQL.
//!
//! The actors: [`open`] makes [`Stores`] of [`Settings`]. Behind them a `Store` speaks to an `Engine`, which is one of
//! the two: `sqlite` or `postgres`. In either a `Writer` commits the steps of many callers together. What a step means is
//! in `book` and is the same for both; the SQL that both understand is in `sql`. Nothing outside this room names a
//! database.
//!
//! ```text
//! Ledger · Outbox · KeyStore · CallStore · StatusStore ─▶ Store ─▶ Engine
//!
//! a step ─▶ Writer ─▶ load a page ─▶ book: make the steps that wait ─▶ flush what changed ─▶ commit
//! ```

mod book;
mod calls;
mod engine;
mod error;
mod keys;
mod ledger;
mod look;
mod outbox;
mod postgres;
mod settings;
mod sql;
mod sqlite;
mod status;
mod sweep;
mod writer;

use std::sync::Arc;

use tokio::sync::SetOnce;

use crate::accounts::KeyStore;
use crate::billing::events::Outbox;
use crate::billing::{Ledger, LedgerError};
use crate::catalog::CallStore;
use crate::status::StatusStore;
use engine::Store;

pub use error::StorageError;
pub use look::{Found, look};
pub use settings::{Location, Settings};

/// What is kept: one database behind several traits.
#[derive(Clone)]
pub struct Stores {
    /// Charges, tariffs and usage.
    pub ledger: Arc<dyn Ledger>,
    /// Events that wait to be delivered.
    pub outbox: Arc<dyn Outbox>,
    /// Accounts and keys.
    pub keys: Arc<dyn KeyStore>,
    /// Who still calls models that end.
    pub calls: Arc<dyn CallStore>,
    /// How the models were doing.
    pub status: Arc<dyn StatusStore>,
    /// [`LedgerError::Broken`], once the disk has failed so that nothing is written until the next start. A server of
    /// PostgreSQL sees to that itself.
    pub broken: Arc<SetOnce<LedgerError>>,
}

/// Opens the database, makes it if it is a file that is not there, and brings its tables up to date. To be called on a
/// tokio runtime.
///
/// # Errors
/// Any of [`StorageError`]; none of them shows a password.
pub async fn open(settings: &Settings) -> Result<Stores, StorageError> {
    match &settings.location {
        Location::Sqlite(path) => {
            let engine = sqlite::open(path).await?;
            let broken = engine.broken();
            Ok(stores(Store::new(engine), broken))
        }
        Location::Postgres(url) => {
            Ok(stores(Store::new(postgres::open(url, &settings.location).await?), Arc::default()))
        }
    }
}

/// The same, for those who only ask: a database that is not there is not made.
///
/// # Errors
/// Any of [`StorageError`].
pub async fn open_existing(settings: &Settings) -> Result<Stores, StorageError> {
    match &settings.location {
        Location::Sqlite(path) if !path.exists() => Err(StorageError::Absent(path.clone())),
        _ => open(settings).await,
    }
}

fn stores<E: engine::Engine + 'static>(store: Store<E>, broken: Arc<SetOnce<LedgerError>>) -> Stores {
    let store = Arc::new(store);
    let (ledger, outbox, keys, calls) = (store.clone(), store.clone(), store.clone(), store.clone());
    Stores { ledger, outbox, keys, calls, status: store, broken }
}
