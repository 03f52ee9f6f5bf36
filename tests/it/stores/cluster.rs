//! A PostgreSQL cluster for this run of the tests, and an empty database in it for each of them.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A running cluster. The script behind it stops it when `_guardian` lets go of its standard input, which happens at
/// the latest when this process ends, whatever ends it.
struct Cluster {
    bin: PathBuf,
    folder: String,
    _guardian: Child,
}

/// The URL of an empty database; `None` where PostgreSQL is not installed.
pub fn empty_database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let cluster = CLUSTER.get_or_init(|| binaries().map(start)).as_ref()?;
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mut create = Command::new(cluster.bin.join("createdb"));
    let made = create.args(["--host", &cluster.folder, "--username", "minuted", &name]).status();
    assert!(made.is_ok_and(|status| status.success()), "a database is made");
    Some(format!("postgres://minuted@localhost/{name}?host={}", cluster.folder))
}

/// Where Debian puts the newest release that is installed.
fn binaries() -> Option<PathBuf> {
    let release = |path: &Path| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let folders = glob::glob("/usr/lib/postgresql/*/bin").ok()?.flatten();
    folders.filter(|folder| folder.join("initdb").exists()).max_by_key(|folder| release(folder))
}

fn start(bin: PathBuf) -> Cluster {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/stores/cluster.sh");
    let mut command = Command::new(script);
    // A group of its own: what a terminal sends to this run's group would end the script before it has cleaned up.
    command.arg(&bin).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut guardian = command.spawn().expect("the script runs");
    let mut folder = String::new();
    BufReader::new(guardian.stdout.take().expect("it is piped")).read_line(&mut folder).expect("it says where");
    assert!(!folder.is_empty(), "PostgreSQL of {} does not start; {script} says why", bin.display());
    Cluster { bin, folder: folder.trim().to_owned(), _guardian: guardian }
}
