//! Asking models that nobody asks, so that their failure is known before somebody meets it.

use async_trait::async_trait;

use super::Outcome;

/// Asks models for something small.
#[async_trait]
pub trait Probe: Send + Sync {
    /// The ids of those that it can ask now.
    fn models(&self) -> Vec<String>;

    /// Asks one of them. How that went; `None` if nobody knows, or it was not tried because somebody had come meanwhile. Whoever calls it drops it when
    /// it takes too long.
    async fn ask(&self, model: &str) -> Option<Outcome>;
}
