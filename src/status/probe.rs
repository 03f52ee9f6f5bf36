//! Asking a model that nobody asks, so that its failure is known before somebody meets it.

use async_trait::async_trait;

use super::Outcome;

/// Asks one model for something small.
#[async_trait]
pub trait Probe: Send + Sync {
    /// How that went; `None` if it was not tried, because somebody had come meanwhile. Whoever calls it drops it when
    /// it takes too long.
    async fn ask(&self) -> Option<Outcome>;
}
