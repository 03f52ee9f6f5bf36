//! What the rooms below say went wrong, as an [`Error`] of this one. The words of a database go to the log.

use std::sync::Arc;

use super::Error;
use crate::accounts::RegistryError;
use crate::audio::AudioError;
use crate::billing::LedgerError;
use crate::catalog::CallStoreError;
use crate::status::StatusError;
use crate::transcription;

impl From<transcription::Error> for Error {
    fn from(error: transcription::Error) -> Self {
        Self::Transcription(Arc::new(error))
    }
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        tracing::error!(%error, "the ledger did not answer");
        Self::Ledger
    }
}

impl From<CallStoreError> for Error {
    fn from(error: CallStoreError) -> Self {
        tracing::error!(%error, "the store of calls did not answer");
        Self::Calls
    }
}

impl From<AudioError> for Error {
    fn from(error: AudioError) -> Self {
        transcription::Error::from(error).into()
    }
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Unknown(what) => Self::NotFound(what),
            RegistryError::Unfit { field, why } => Self::InvalidValue { param: field, why },
            RegistryError::Random(_) | RegistryError::Pepper | RegistryError::Store(_) => {
                Self::Accounts(error.to_string())
            }
        }
    }
}

impl From<StatusError> for Error {
    fn from(error: StatusError) -> Self {
        match error {
            StatusError::Unknown(id) => Self::NotFound(format!("notice `{id}`")),
            StatusError::Unfit { field, why } => Self::InvalidValue { param: field, why },
            StatusError::Store(_) => {
                tracing::error!(%error, "the store of the status did not answer");
                Self::Status
            }
        }
    }
}
