//! A PostgreSQL cluster for this run of the tests, and an empty database in it for each of them; and clusters of their
//! own for those that crash it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A running cluster. The script behind it stops it when `guardian` lets go of its standard input, which happens at
/// the latest when this process ends, whatever ends it.
pub struct Cluster {
    bin: PathBuf,
    folder: String,
    guardian: Child,
    said: BufReader<ChildStdout>,
}

/// The URL of an empty database; `None` where PostgreSQL is not installed.
pub fn empty_database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let cluster = CLUSTER.get_or_init(Cluster::start).as_ref()?;
    Some(cluster.database(&format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed))))
}

/// Where Debian puts the newest release that is installed.
fn binaries() -> Option<PathBuf> {
    let release = |path: &Path| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let folders = glob::glob("/usr/lib/postgresql/*/bin").ok()?.flatten();
    folders.filter(|folder| folder.join("initdb").exists()).max_by_key(|folder| release(folder))
}

impl Cluster {
    /// A new one; `None` where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let bin = binaries()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/stores/cluster.sh");
        let mut command = Command::new(script);
        // A group of its own: what a terminal sends to this run's group would end the script before it has cleaned up.
        command.arg(&bin).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut guardian = command.spawn().expect("the script runs");
        let (mut said, mut folder) = (BufReader::new(guardian.stdout.take().expect("it is piped")), String::new());
        said.read_line(&mut folder).expect("it says where");
        assert!(!folder.is_empty(), "PostgreSQL of {} does not start; {script} says why", bin.display());
        Some(Self { bin, folder: folder.trim().to_owned(), guardian, said })
    }

    /// The URL of a new database.
    pub fn database(&self, name: &str) -> String {
        let mut create = Command::new(self.bin.join("createdb"));
        let made = create.args(["--host", &self.folder, "--username", "minuted", name]).status();
        assert!(made.is_ok_and(|status| status.success()), "a database is made");
        format!("postgres://minuted@localhost/{name}?host={}", self.folder)
    }

    /// Has the server crash (`crash`), or started again (`start`), and waits until that is done.
    pub fn order(&mut self, order: &str) {
        let orders = self.guardian.stdin.as_mut().expect("it is piped");
        writeln!(orders, "{order}").expect("the script reads");
        let mut done = String::new();
        self.said.read_line(&mut done).expect("the script answers");
        assert_eq!(done.trim(), order);
    }
}
