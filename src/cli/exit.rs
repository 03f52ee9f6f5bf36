//! How a command ends when it does not end well.

use std::io;
use std::process::ExitCode;

use crate::accounts::{KeyStoreError, RegistryError};
use crate::app::StartError;
use crate::billing::LedgerError;
use crate::catalog::CatalogError;
use crate::config::ConfigError;
use crate::status::StatusError;
use crate::storage::StorageError;

/// Why a command ends early, and with which code.
#[derive(Debug)]
pub enum Exit {
    /// It was asked for wrongly: code 2.
    Usage(String),
    /// It could not be done: code 1.
    Failed(String),
    /// It has told already what went wrong: code 1.
    Told,
    /// A signal: code 130, as a shell reports SIGINT.
    Interrupted,
    /// Nobody reads what we write: code 141, as a shell reports SIGPIPE. Nothing to say about it.
    NoReader,
}

impl Exit {
    /// What is still to be said.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Usage(message) | Self::Failed(message) => Some(message),
            Self::Told | Self::Interrupted | Self::NoReader => None,
        }
    }

    /// The code that the process ends with.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) | Self::Told => 1,
            Self::Usage(_) => 2,
            Self::Interrupted => 130,
            Self::NoReader => 141,
        })
    }
}

impl From<io::Error> for Exit {
    /// An error of writing results.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NoReader,
            _ => Self::Failed(format!("cannot write to standard output: {error}")),
        }
    }
}

impl From<ConfigError> for Exit {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<StorageError> for Exit {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<KeyStoreError> for Exit {
    fn from(error: KeyStoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<LedgerError> for Exit {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<CatalogError> for Exit {
    fn from(error: CatalogError) -> Self {
        let hint = match &error {
            CatalogError::Unknown { .. } => "`minuted models list` shows all".to_owned(),
            CatalogError::NotInstalled { id, .. } => format!("`minuted models pull {id}` downloads it"),
            CatalogError::WrongSize { .. } | CatalogError::WrongChecksum { .. } => {
                "remove it, and pull the model again".to_owned()
            }
            CatalogError::NoSuchFile { .. } | CatalogError::NotAFile { .. } | CatalogError::Unreadable { .. } => {
                return Self::Failed(error.to_string());
            }
        };
        let message = format!("{error} ({hint})");
        if matches!(error, CatalogError::Unknown { .. }) { Self::Usage(message) } else { Self::Failed(message) }
    }
}

impl From<RegistryError> for Exit {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Unfit { .. } => Self::Usage(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<StatusError> for Exit {
    fn from(error: StatusError) -> Self {
        match error {
            StatusError::Unknown(id) => Self::Usage(format!("there is no notice `{id}`")),
            StatusError::Unfit { .. } => Self::Usage(error.to_string()),
            StatusError::Store(_) => Self::Failed(error.to_string()),
        }
    }
}

impl From<StartError> for Exit {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Model(error) => error.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}
