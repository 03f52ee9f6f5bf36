//! How the status fails: its store, or what an operator wrote.

/// Why a notice was not written, or the status not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// There is none.
    #[error("notice `{0}`")]
    Unknown(String),
    /// It cannot be written like that.
    #[error("{field}: {why}")]
    Unfit {
        /// Which part of it.
        field: &'static str,
        /// What would be right.
        why: String,
    },
    /// The store's own words.
    #[error("the store of the status failed: {0}")]
    Store(String),
}
