//! The file of backends, read anew when it changes or when the operator says so. A file that cannot be used changes
//! nothing. Requests in flight keep the table with which they began, and a backend that is the same in both keeps its
//! connections and its state.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::forward::Gateway;
use super::table::Table;
use crate::domain::FileError;

/// Between two looks at the file.
const LOOK: Duration = Duration::from_secs(2);

impl Gateway {
    /// Reads the file again.
    ///
    /// # Errors
    /// What is wrong with it; the table stays as it was.
    pub fn reload(&self) -> Result<(), FileError> {
        let Some(path) = &self.file else { return Ok(()) };
        let table = Table::load(path, Some(&*self.table()))?;
        let backends = table.backends.len();
        self.table.replace(table);
        tracing::info!(backends, "the backends were read anew");
        Ok(())
    }

    /// Reads the file again whenever it changes, and whenever it is `told`, until `stop` is cancelled.
    pub async fn keep_up_to_date(&self, told: Arc<Notify>, stop: CancellationToken) {
        let Some(path) = &self.file else { return };
        let mut known = stamp(path).await;
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = ticks.tick() => false,
                () = told.notified() => true,
                () = stop.cancelled() => return,
            };
            let now = stamp(path).await;
            if asked || now != known {
                known = now;
                if let Err(error) = self.reload() {
                    tracing::error!(%error, "the backends stay as they were");
                }
            }
        }
    }
}

/// What changes when a file is written.
async fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let found = tokio::fs::metadata(path).await.ok()?;
    Some((found.modified().ok()?, found.len()))
}
