//! Who still calls a model whose end has been announced: counted in memory, written down every few seconds.
//!
//! There is one row for each model of the catalogue and each account that called it, however often. A process that dies
//! loses the counts of its last seconds, and nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::domain::{AccountId, Timestamp};

/// How long a count may stay in memory.
const WRITTEN_EVERY: Duration = Duration::from_secs(5);

/// An account's calls of a model that is deprecated or retired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// The model's id.
    pub model: String,
    /// Who called it.
    pub account: AccountId,
    /// How often.
    pub count: i64,
    /// When for the first time since its end was announced.
    pub first_at: Timestamp,
    /// When for the last time.
    pub last_at: Timestamp,
}

/// The store of the counts failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the counts of calls cannot be reached: {0}")]
pub struct CallStoreError(pub String);

/// Keeps the counts.
#[async_trait]
pub trait CallStore: Send + Sync {
    /// Adds to the counts that are there, all of these or none.
    ///
    /// # Errors
    /// [`CallStoreError`].
    async fn add_calls(&self, calls: &[Calls]) -> Result<(), CallStoreError>;

    /// The counts of a model, or of all, in order of model and account; those after this model and account.
    ///
    /// # Errors
    /// [`CallStoreError`].
    async fn calls(
        &self,
        model: Option<&str>,
        after: Option<(&str, &AccountId)>,
        limit: u32,
    ) -> Result<Vec<Calls>, CallStoreError>;
}

/// Counts calls.
pub struct CallCounter {
    store: Arc<dyn CallStore>,
    /// What has not been written, by model and account.
    pending: Mutex<BTreeMap<(String, AccountId), Calls>>,
}

impl CallCounter {
    /// Writes to this store.
    #[must_use]
    pub fn new(store: Arc<dyn CallStore>) -> Self {
        Self { store, pending: Mutex::default() }
    }

    /// Counts a call.
    pub fn count(&self, model: &str, account: &AccountId, at: Timestamp) {
        self.add(&Calls { model: model.to_owned(), account: account.clone(), count: 1, first_at: at, last_at: at });
    }

    /// Where the counts are written down: what is there may be a few seconds behind.
    #[must_use]
    pub fn store(&self) -> &dyn CallStore {
        &*self.store
    }

    /// Writes down what has been counted; what cannot be written stays.
    ///
    /// # Errors
    /// [`CallStoreError`].
    pub async fn write(&self) -> Result<(), CallStoreError> {
        let counted = std::mem::take(&mut *self.pending());
        if counted.is_empty() {
            return Ok(());
        }
        let counted: Vec<_> = counted.into_values().collect();
        let written = self.store.add_calls(&counted).await;
        if written.is_err() {
            for calls in &counted {
                self.add(calls);
            }
        }
        written
    }

    /// Writes every few seconds, until `stop` is cancelled.
    pub async fn write_until(&self, stop: CancellationToken) {
        while tokio::time::timeout(WRITTEN_EVERY, stop.cancelled()).await.is_err() {
            self.write_or_warn().await;
        }
    }

    /// Writes, and says in the log if that is not possible.
    pub async fn write_or_warn(&self) {
        if let Err(error) = self.write().await {
            tracing::warn!(%error, "calls of models that end are not written down");
        }
    }

    fn add(&self, calls: &Calls) {
        let mut pending = self.pending();
        let entry = pending.entry((calls.model.clone(), calls.account.clone()));
        let known = entry.or_insert_with(|| Calls { count: 0, ..calls.clone() });
        known.count += calls.count;
        known.first_at = known.first_at.min(calls.first_at);
        known.last_at = known.last_at.max(calls.last_at);
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, AccountId), Calls>> {
        // Whoever panicked in between left counts that are whole: each change is one statement.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails until it is mended.
    #[derive(Default)]
    struct Fragile {
        mended: Mutex<bool>,
        kept: Mutex<Vec<Calls>>,
    }

    #[async_trait]
    impl CallStore for Fragile {
        async fn add_calls(&self, calls: &[Calls]) -> Result<(), CallStoreError> {
            if !*self.mended.lock().expect("no panic") {
                return Err(CallStoreError("it is broken".to_owned()));
            }
            self.kept.lock().expect("no panic").extend_from_slice(calls);
            Ok(())
        }

        async fn calls(
            &self,
            _: Option<&str>,
            _: Option<(&str, &AccountId)>,
            _: u32,
        ) -> Result<Vec<Calls>, CallStoreError> {
            Ok(self.kept.lock().expect("no panic").clone())
        }
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_kept_and_written_once() {
        let store = Arc::new(Fragile::default());
        let counter = CallCounter::new(store.clone());
        let (alice, at) = ("acc_alice".parse().expect("an id"), |text: &str| text.parse().expect("a time"));
        counter.count("old", &alice, at("2026-10-02T00:00:00Z"));
        assert!(counter.write().await.is_err());
        counter.count("old", &alice, at("2026-10-01T00:00:00Z"));
        *store.mended.lock().expect("no panic") = true;
        let expected = Calls {
            model: "old".to_owned(),
            account: alice,
            count: 2,
            first_at: at("2026-10-01T00:00:00Z"),
            last_at: at("2026-10-02T00:00:00Z"),
        };
        for _ in 0..2 {
            assert_eq!(counter.write().await, Ok(()));
            assert_eq!(counter.store().calls(None, None, 10).await, Ok(vec![expected.clone()]));
        }
    }
}
