//! What stands between a store and PostgreSQL, and lets answers get lost.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

/// The name of the socket in its folder.
pub const SOCKET: &str = ".s.PGSQL.5432";

/// Between a store and PostgreSQL.
pub struct Between {
    /// Where its socket is.
    pub folder: TempDir,
    /// Connections that were taken.
    pub taken: Arc<AtomicUsize>,
    /// Connections from before this is cancelled are as if cut without a word; those from after it work.
    pub vanished: CancellationToken,
    pub trap: Arc<Trap>,
}

/// A word to wait for: who says it hears nothing any more.
#[derive(Default)]
pub struct Trap {
    word: Mutex<Option<&'static str>>,
    /// How many have said it.
    pub caught: AtomicUsize,
    /// Once this is cancelled, they hear what they were answered.
    pub released: CancellationToken,
}

impl Trap {
    /// From now on.
    pub fn set(&self, word: &'static str) {
        *self.word.lock().expect("no holder panics") = Some(word);
    }

    /// No longer.
    pub fn unset(&self) {
        *self.word.lock().expect("no holder panics") = None;
    }

    fn catches(&self, said: &[u8]) -> bool {
        let word = *self.word.lock().expect("no holder panics");
        word.is_some_and(|word| said.windows(word.len()).any(|part| part == word.as_bytes()))
    }
}

impl Between {
    pub fn before(database: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let listener = UnixListener::bind(folder.path().join(SOCKET)).expect("a new socket");
        let (taken, vanished, trap) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new(), Arc::default());
        let between = Self { folder, taken: taken.clone(), vanished: vanished.clone(), trap: Arc::clone(&trap) };
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                taken.fetch_add(1, Ordering::SeqCst);
                let far = UnixStream::connect(&database).await.expect("PostgreSQL listens");
                let end = if vanished.is_cancelled() { CancellationToken::new() } else { vanished.clone() };
                let trap = Arc::clone(&trap);
                tokio::spawn(async move {
                    tokio::select! {
                        _ = pass_on(near, far, &trap) => {}
                        () = end.cancelled() => std::future::pending().await,
                    }
                });
            }
        });
        between
    }
}

/// Until either side ends.
async fn pass_on(mut near: UnixStream, mut far: UnixStream, trap: &Trap) -> io::Result<()> {
    let ((mut asked, mut heard), (mut answered, mut told)) = (near.split(), far.split());
    let caught = AtomicBool::new(false);
    let there = async {
        let mut bytes = vec![0; 64 << 10];
        loop {
            let count = asked.read(&mut bytes).await?;
            if count > 0 && trap.catches(&bytes[..count]) {
                caught.store(true, Ordering::SeqCst);
                trap.caught.fetch_add(1, Ordering::SeqCst);
            }
            if count == 0 {
                return io::Result::Ok(());
            }
            told.write_all(&bytes[..count]).await?;
        }
    };
    let back = async {
        let mut bytes = vec![0; 64 << 10];
        loop {
            let count = answered.read(&mut bytes).await?;
            if caught.load(Ordering::SeqCst) {
                trap.released.cancelled().await;
            }
            if count == 0 {
                return io::Result::Ok(());
            }
            heard.write_all(&bytes[..count]).await?;
        }
    };
    tokio::select! {
        ended = there => ended,
        ended = back => ended,
    }
}
