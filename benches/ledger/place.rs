//! A new database, which goes when it is dropped.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use minuted::billing::Ledger;
use minuted::storage::{self, Location, Settings};
use tempfile::TempDir;

/// A database, and what keeps it.
pub struct Place {
    pub name: &'static str,
    settings: Settings,
    _folder: TempDir,
    _cluster: Option<Child>,
}

impl Place {
    /// A file beside the build: where temporary files are may be memory.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temp folder");
        let settings = Settings { location: Location::Sqlite(folder.path().join("minuted.db")) };
        Self { name: "SQLite", settings, _folder: folder, _cluster: None }
    }

    /// A cluster that waits for the disk; `None` where PostgreSQL is not installed.
    pub fn postgres() -> Option<Self> {
        let bin = glob::glob("/usr/lib/postgresql/*/bin").ok()?.flatten().last()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/stores/cluster.sh");
        let mut cluster = Command::new(script)
            .args([bin.as_os_str(), "on".as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .ok()?;
        let mut host = String::new();
        BufReader::new(cluster.stdout.take()?).read_line(&mut host).ok()?;
        let url = format!("postgres://minuted@localhost/postgres?host={}", host.trim());
        let folder = tempfile::tempdir().ok()?;
        let settings = Settings { location: Location::Postgres(url) };
        Some(Self { name: "PostgreSQL", settings, _folder: folder, _cluster: Some(cluster) })
    }

    /// Opens it.
    pub async fn ledger(&self) -> Arc<dyn Ledger> {
        storage::open(&self.settings).await.expect("a database").ledger
    }
}
