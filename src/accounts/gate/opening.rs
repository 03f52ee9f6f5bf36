//! Whether keys are asked for at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::BELIEVED;
use crate::accounts::{KeyStore, KeyStoreError};

/// Whether keys are asked for at all.
pub enum Opening {
    /// Whoever comes is let in: somebody has said so.
    Open,
    /// Only with a key.
    Closed,
    /// Whoever comes is let in until there is a first key; from then on only with one, though the last key may end. For
    /// loopback.
    UntilFirstKey(FirstKey),
}

/// Waits for the first key.
pub struct FirstKey {
    made: AtomicBool,
    /// When the store last said that there is none.
    none: Mutex<Option<Instant>>,
}

impl Opening {
    /// How a service opens that listens on loopback, or elsewhere; `None` if it must not: no key was ever made, and anyone
    /// could come.
    #[must_use]
    pub fn decide(any_key: bool, insecure_open: bool, on_loopback: bool) -> Option<Self> {
        match (insecure_open, any_key, on_loopback) {
            (true, ..) => Some(Self::Open),
            (false, true, _) => Some(Self::Closed),
            (false, false, true) => Some(Self::until_first_key()),
            (false, false, false) => None,
        }
    }

    /// Open, until the store has a key.
    #[must_use]
    pub fn until_first_key() -> Self {
        Self::UntilFirstKey(FirstKey { made: AtomicBool::new(false), none: Mutex::default() })
    }

    pub(super) async fn is_open(&self, store: &dyn KeyStore) -> Result<bool, KeyStoreError> {
        match self {
            Self::Open => Ok(true),
            Self::Closed => Ok(false),
            Self::UntilFirstKey(first) => first.is_awaited(store).await,
        }
    }
}

impl FirstKey {
    /// Once there has been a key this stays so: revoking the last one must not open the door again.
    async fn is_awaited(&self, store: &dyn KeyStore) -> Result<bool, KeyStoreError> {
        if self.made.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let none = *self.none.lock().unwrap_or_else(PoisonError::into_inner);
        if none.is_some_and(|told| told.elapsed() < BELIEVED) {
            return Ok(true);
        }
        let made = store.any_key().await?;
        if made {
            if !self.made.swap(true, Ordering::Relaxed) {
                tracing::info!("there is a key now: from here on requests need one");
            }
        } else {
            *self.none.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        Ok(!made)
    }
}
