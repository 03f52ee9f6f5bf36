//! Why a store cannot be opened, and how one that is open fails.

use std::io;
use std::path::PathBuf;

use sqlx::error::ErrorKind;

use crate::accounts::KeyStoreError;
use crate::billing::LedgerError;
use crate::catalog::CallStoreError;
use crate::status::StatusError;

/// What SQLite and PostgreSQL call an error that a trigger raised.
const RAISED: [&str; 2] = ["1811", "P0001"];

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The file cannot be made, or not be written.
    #[error("the database {} cannot be written: {source}; another place can be given as storage.url", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is none, and it is not to be made.
    #[error(
        "there is no database at {}; `minuted serve` and `minuted accounts create` make it; --data-dir and storage.url say \
         where it is", .0.display()
    )]
    Absent(PathBuf),
    /// Something is there that does not work.
    #[error("the database {location} cannot be used: {reason}")]
    Unusable {
        /// Where, without its password.
        location: String,
        /// What the database said.
        reason: String,
    },
    /// A later release has been here.
    #[error(
        "the database {location} was written by a later release of minuted, which knows step {found} of its layout"
    )]
    Newer {
        /// Where, without its password.
        location: String,
        /// The last step of the layout that was taken.
        found: i64,
    },
}

impl StorageError {
    /// Of what the database at `location` said. A URL that cannot be read is not told: its password may be in what is
    /// wrong with it.
    pub(super) fn unusable(location: &str, failure: impl Into<Failure>) -> Self {
        let reason = match failure.into() {
            Failure::Sql(sqlx::Error::Configuration(_)) => "the URL cannot be read".to_owned(),
            Failure::Sql(sqlx::Error::PoolTimedOut) => "it does not answer".to_owned(),
            failure => failure.to_string(),
        };
        Self::Unusable { location: location.to_owned(), reason }
    }
}

/// The database, or what stands in it, is not as it should be.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The database's own error.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// No transaction could be begun: the database is away, or lets nobody in.
    #[error(transparent)]
    Away(sqlx::Error),
    /// A row that this program cannot have written.
    #[error("{0} of a stored row cannot be read")]
    Row(&'static str),
}

impl Failure {
    /// Whether one of several things that were written together may be to blame, and the others might do without it.
    pub fn may_be_of_one(&self) -> bool {
        matches!(self, Self::Sql(sqlx::Error::Database(_))) || self.is_refusal()
    }

    /// Whether it comes again however often it is tried: of a constraint, a trigger, or a row that cannot be read. That a
    /// disk is full, a file locked or a server away passes.
    fn is_refusal(&self) -> bool {
        use sqlx::Error::{ColumnDecode, Database, Decode};

        match self {
            Self::Row(_) | Self::Sql(ColumnDecode { .. } | Decode(_)) => true,
            Self::Sql(Database(error)) => {
                let raised = error.code().is_some_and(|code| RAISED.contains(&&*code));
                raised || !matches!(error.kind(), ErrorKind::Other)
            }
            Self::Sql(_) | Self::Away(_) => false,
        }
    }
}

impl From<Failure> for LedgerError {
    fn from(failure: Failure) -> Self {
        let told = failure.to_string();
        if failure.is_refusal() { Self::Refused(told) } else { Self::Store(told) }
    }
}

impl From<Failure> for KeyStoreError {
    fn from(failure: Failure) -> Self {
        Self::Store(failure.to_string())
    }
}

impl From<Failure> for CallStoreError {
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

impl From<Failure> for StatusError {
    fn from(failure: Failure) -> Self {
        Self::Store(failure.to_string())
    }
}
