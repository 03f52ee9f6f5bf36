//! Why the service does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::accounts::{KeyStoreError, PepperError};
use crate::billing::LedgerError;
use crate::billing::events::EventsError;
use crate::catalog::CatalogError;
use crate::domain::FileError;
use crate::guardrails::GuardrailsError;
use crate::speech::RecognizeError;
use crate::speech::whisper::{LoadError, MissingInstructions};
use crate::storage::StorageError;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// whisper.cpp would die of an illegal instruction.
    #[error(transparent)]
    Cpu(#[from] MissingInstructions),
    /// The model is not there, or not whole.
    #[error(transparent)]
    Model(#[from] CatalogError),
    /// The model is there, and cannot be loaded.
    #[error("the model `{id}` does not load: {source}")]
    Load {
        /// The model.
        id: String,
        /// What is wrong with it, or with the device.
        source: LoadError,
    },
    /// There is no memory, or no thread, for a worker.
    #[error("the speech engine does not start: {0}")]
    Engine(RecognizeError),
    /// Nobody knows what customers are to be told of the models, what anything costs, where other models are, or what
    /// accounts may use.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody knows what requests are to be looked at for.
    #[error(transparent)]
    Guardrails(#[from] GuardrailsError),
    /// The ledger cannot be read, or knows one of the tariffs with other terms.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Nobody could be told of charges.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// There is no place for accounts and charges.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Keys could not be checked.
    #[error(transparent)]
    Pepper(#[from] PepperError),
    /// Nobody can tell whether there are keys.
    #[error(transparent)]
    Accounts(#[from] KeyStoreError),
    /// Anyone could use it, which nobody has asked for.
    #[error(
        "anyone who can reach {0} could use this service, since there is no API key: make one with `minuted keys create`, \
         or give --insecure-open if that is what you want"
    )]
    Exposed(SocketAddr),
    /// Large uploads would have no place to wait.
    #[error("no temporary file can be made in {}: {source}; another folder can be given as server.spool_dir", folder.display())]
    Spool {
        /// Where.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The port is taken, or forbidden.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}
