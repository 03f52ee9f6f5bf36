//! SQLite's write-ahead log, put on the disk for whoever waits for that, beside the writing and not within it.
//!
//! A commit is in the log before it is on the disk: a process that dies loses none of it, a machine that loses power
//! may. Waiting for the disk takes longer than writing, so the writer does not wait (`synchronous=NORMAL`), and only
//! those do whose step must outlast the machine. One `fdatasync` does for all who came before it began.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::billing::LedgerError;

/// Who waits at once; others wait for a place.
const QUEUE: usize = 1024;

/// Where one waits for the disk.
pub(super) struct Log {
    waiting: mpsc::Sender<oneshot::Sender<Result<(), LedgerError>>>,
}

impl Log {
    /// Of the database at `path`, which is open: its log stays the same file for as long.
    ///
    /// # Errors
    /// If there is none.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        let file = Arc::new(File::open(name)?);
        let (waiting, queue) = mpsc::channel(QUEUE);
        tokio::spawn(serve(file, queue));
        Ok(Self { waiting })
    }

    /// Waits until everything that was committed before is on the disk.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub async fn keep(&self) -> Result<(), LedgerError> {
        let (answer, answered) = oneshot::channel();
        let gone = || LedgerError::Store("the log is no longer kept".to_owned());
        self.waiting.send(answer).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn serve(file: Arc<File>, mut queue: mpsc::Receiver<oneshot::Sender<Result<(), LedgerError>>>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, QUEUE).await > 0 {
        let file = Arc::clone(&file);
        let synced = spawn_blocking(move || file.sync_data()).await.unwrap_or_else(|error| Err(error.into()));
        let synced = synced.map_err(|error| LedgerError::Store(error.to_string()));
        for answer in waiting.drain(..) {
            // Who has gone needs no answer.
            let _ = answer.send(synced.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn everybody_who_waits_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        File::create(folder.path().join("book-wal")).unwrap();
        let log = Log::of(&folder.path().join("book")).unwrap();
        let kept = join_all((0..3 * QUEUE).map(|_| log.keep())).await;
        assert!(kept.into_iter().all(|kept| kept.is_ok()));
    }

    #[tokio::test]
    async fn what_the_disk_does_not_take_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        // A device that keeps nothing cannot be asked to.
        symlink("/dev/null", folder.path().join("book-wal")).unwrap();
        let log = Log::of(&folder.path().join("book")).unwrap();
        assert!(matches!(log.keep().await, Err(LedgerError::Store(_))));
    }
}
