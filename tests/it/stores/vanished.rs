//! A database whose machine vanishes: nothing comes from it any more, not even the end of a connection.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minuted::storage::{self, Location, Settings};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use super::audit::audit;
use super::{account, empty_postgres, hold_of, used};

/// The name of the socket in its folder.
pub const SOCKET: &str = ".s.PGSQL.5432";

/// What stands between a store and PostgreSQL.
struct Between {
    folder: TempDir,
    taken: Arc<AtomicUsize>,
    /// Connections from before this is cancelled are as if cut without a word; those from after it work.
    vanished: CancellationToken,
}

impl Between {
    fn before(database: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let listener = UnixListener::bind(folder.path().join(SOCKET)).expect("a new socket");
        let (taken, vanished) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        tokio::spawn(pass_on(listener, database, taken.clone(), vanished.clone()));
        Self { folder, taken, vanished }
    }
}

async fn pass_on(listener: UnixListener, database: PathBuf, taken: Arc<AtomicUsize>, vanished: CancellationToken) {
    while let Ok((mut near, _)) = listener.accept().await {
        taken.fetch_add(1, Ordering::SeqCst);
        let mut far = UnixStream::connect(&database).await.expect("PostgreSQL listens");
        let end = if vanished.is_cancelled() { CancellationToken::new() } else { vanished.clone() };
        tokio::spawn(async move {
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                () = end.cancelled() => std::future::pending().await,
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_vanishes_without_a_word_is_found_again() {
    let name = concat!(module_path!(), "::a_database_that_vanishes_without_a_word_is_found_again");
    let Some(url) = empty_postgres(name).await else { return };
    let (url, folder) = url.split_once("?host=").expect("it is in a folder");
    let between = Between::before(Path::new(folder).join(SOCKET));
    let open = async |folder: &Path| {
        let location = Location::Postgres(format!("{url}?host={}", folder.display()));
        storage::open(&Settings { location }).await.expect("it is there").ledger
    };
    let ledger = open(between.folder.path()).await;
    let charges: Vec<_> = (0..4).map(|_| hold_of(1)).collect();
    for hold in &charges {
        ledger.hold(hold).await.expect("there is no budget");
    }
    assert!(between.taken.load(Ordering::SeqCst) >= 3, "all that write are connected");
    between.vanished.cancel();
    let (charge, used) = (&charges[0].charge, used(30));
    let settled = tokio::time::timeout(crate::app::IN_VAIN, ledger.settle(charge, &used)).await;
    let settled = settled.expect("nobody waits for ever");
    let again = ledger.settle(charge, &used).await;
    assert_eq!(settled.expect("it is held"), again.expect("it was made already"));
    audit(&*open(Path::new(folder)).await, &account("alice")).await;
}
