//! Why accounts and keys are not made or changed.

use crate::accounts::{KeyStoreError, UnfitLimit};

/// Why accounts and keys are not made or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// There is no such account, or no such key in this account.
    #[error("there is no {0}")]
    Unknown(String),
    /// Something that was said is not as it must be.
    #[error("{field}: {why}")]
    Unfit {
        /// What.
        field: &'static str,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// A key made here would work nowhere.
    #[error(
        "keys are made with another pepper than there is here; accounts.pepper_file has to be that of the other servers"
    )]
    Pepper,
    /// The store failed.
    #[error("{0}")]
    Store(String),
}

impl From<KeyStoreError> for RegistryError {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Unknown(what) => Self::Unknown(what),
            KeyStoreError::Replaced(other) => {
                let why = "has taken its place already; replace or revoke that one, or make a new one";
                Self::Unfit { field: "key", why: format!("`{other}` {why}") }
            }
            KeyStoreError::NameTaken(_) => Self::Unfit { field: "name", why: error.to_string() },
            KeyStoreError::Store(_) => Self::Store(error.to_string()),
        }
    }
}

impl From<UnfitLimit> for RegistryError {
    fn from(error: UnfitLimit) -> Self {
        Self::Unfit { field: "limits", why: error.to_string() }
    }
}
