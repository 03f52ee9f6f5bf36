//! The file of backends, read anew. A file that cannot be used changes nothing. Requests in flight keep the table with
//! which they began, and a backend that is the same in both keeps its connections and its state.

use std::time::SystemTime;

use super::forward::Gateway;
use super::table::Table;
use crate::domain::FileError;

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

    /// What changes when the file is written; `None` if there is none.
    pub async fn stamp(&self) -> Option<(SystemTime, u64)> {
        let found = tokio::fs::metadata(self.file.as_ref()?).await.ok()?;
        Some((found.modified().ok()?, found.len()))
    }
}
