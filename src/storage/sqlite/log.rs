//! SQLite's write-ahead log, put on the disk for whoever waits for that, beside the writing and not within it.
//!
//! A commit is in the log before it is on the disk: a process that dies loses none of it, a machine that loses power
//! may. Waiting for the disk takes longer than writing, so the writer does not wait (`synchronous=NORMAL`), and only
//! those do whose step must outlast the machine. One `fdatasync` does for all who came before it began.
//!
//! A system that could not write pages says so once, and then takes them for written. So the first `fdatasync` that
//! fails is the last: SQLite itself, when the file is opened again, keeps of the log what is whole, and no more.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::{SetOnce, mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::billing::LedgerError;

/// Who waits at once; others wait for a place.
const QUEUE: usize = 1024;

/// Where one waits for the disk.
pub(super) struct Log {
    waiting: mpsc::Sender<oneshot::Sender<Result<(), LedgerError>>>,
    /// What the disk said, once it has failed.
    pub failure: Failure,
}

type Failure = Arc<SetOnce<LedgerError>>;

impl Log {
    /// Of the database at `path`, which is open: its log stays the same file for as long.
    ///
    /// # Errors
    /// If there is none.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        let file = File::open(name)?;
        Ok(Self::kept_by(move || file.sync_data()))
    }

    /// One that this puts on the disk.
    pub(super) fn kept_by(sync: impl Fn() -> io::Result<()> + Send + Sync + 'static) -> Self {
        let (waiting, queue) = mpsc::channel(QUEUE);
        let failure = Failure::default();
        tokio::spawn(serve(Arc::new(sync), queue, Arc::clone(&failure)));
        Self { waiting, failure }
    }

    /// Whether the disk has taken everything until now.
    ///
    /// # Errors
    /// [`LedgerError::Broken`] for good, once it has not.
    pub fn works(&self) -> Result<(), LedgerError> {
        self.failure.get().map_or(Ok(()), |failure| Err(failure.clone()))
    }

    /// Waits until everything that was committed before is on the disk.
    ///
    /// # Errors
    /// [`LedgerError::Broken`] if the disk does not take it, or once did not take something.
    pub async fn keep(&self) -> Result<(), LedgerError> {
        let (answer, answered) = oneshot::channel();
        let gone = || LedgerError::Store("the log is no longer kept".to_owned());
        self.waiting.send(answer).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

async fn serve<S: Fn() -> io::Result<()> + Send + Sync + 'static>(
    sync: Arc<S>,
    mut queue: mpsc::Receiver<oneshot::Sender<Result<(), LedgerError>>>,
    failure: Failure,
) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, QUEUE).await > 0 {
        if failure.get().is_none() {
            let sync = Arc::clone(&sync);
            let synced = spawn_blocking(move || sync()).await.unwrap_or_else(|error| Err(error.into()));
            if let Err(error) = synced {
                let error = LedgerError::Broken(error.to_string());
                tracing::error!("{error}");
                // It has not failed before.
                let _ = failure.set(error);
            }
        }
        for answer in waiting.drain(..) {
            // Who has gone needs no answer.
            let _ = answer.send(failure.get().map_or(Ok(()), |failure| Err(failure.clone())));
        }
    }
}

/// One whose disk fails the first time, and takes everything from then on, or says so.
#[cfg(test)]
pub(super) fn failing_once() -> Log {
    let failed = std::sync::atomic::AtomicBool::new(false);
    Log::kept_by(move || {
        let again = failed.swap(true, std::sync::atomic::Ordering::SeqCst);
        if again { Ok(()) } else { Err(io::Error::other("an I/O error")) }
    })
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
        assert!(matches!(log.keep().await, Err(LedgerError::Broken(_))));
    }

    #[tokio::test]
    async fn a_disk_that_failed_once_is_not_believed_again() {
        let log = failing_once();
        assert_eq!(log.works(), Ok(()));
        for _ in 0..3 {
            assert!(matches!(log.keep().await, Err(LedgerError::Broken(_))));
            assert!(matches!(log.works(), Err(LedgerError::Broken(_))));
        }
    }
}
