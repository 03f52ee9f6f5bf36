//! Why a request is not let in.

use std::fmt;
use std::time::Duration;

use crate::accounts::store::redacted;
use crate::domain::KeyId;

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// No key came with it, or not in the way that OpenAI's clients send it.
    #[error("you didn't provide an API key; send one in the header `Authorization: Bearer mnt_…`")]
    NoKey,
    /// There is no such key, or its secret is another.
    #[error("incorrect API key provided{}", shown(.0.as_ref()))]
    Wrong(Option<KeyId>),
    /// The key is right, and works no more.
    #[error("the API key {} has {how}", redacted(.key))]
    Ended {
        /// Which.
        key: KeyId,
        /// How.
        how: Ended,
    },
    /// The key is right, and its account is suspended.
    #[error("the account of this API key is suspended")]
    Suspended,
    /// Too many wrong keys came from there.
    #[error("too many incorrect API keys came from your network; try again in {} s", .0.as_secs())]
    Strangers(Duration),
    /// The account is on a plan that nobody knows, so that its limits are not known either.
    #[error("an account is on the plan `{0}`, and there is no such plan in its currency")]
    Plan(String),
    /// Nobody can tell whether the key is right.
    #[error("{0}")]
    Store(String),
}

/// How a key came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Somebody took it back.
    Revoked,
    /// Its time was over.
    Expired,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revoked => "been revoked",
            Self::Expired => "expired",
        })
    }
}

fn shown(id: Option<&KeyId>) -> String {
    id.map(|id| format!(": {}", redacted(id))).unwrap_or_default()
}
