//! The binary itself, run as a person or a service manager would: what it prints, what it writes, how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod books;
mod configuration;
mod crash;
mod cut_short;
mod doctor;
mod keys;
mod memory;
mod models;
mod router;
pub mod serve;
mod status;
mod transcribe;
mod usage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A folder to run in, with a home of its own: nothing that this machine has configured gets in.
pub struct Sandbox {
    folder: TempDir,
}

/// What a run that has ended left behind.
pub struct Ended {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Copies a file of `samples/` into the sandbox.
    pub fn sample(&self, name: &str, to: &str) -> PathBuf {
        let path = self.path(to);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name), &path).unwrap();
        path
    }

    /// Writes a file.
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minuted"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MINUTED_") || name.to_string_lossy().starts_with("XDG_") {
                command.env_remove(name);
            }
        }
        command.current_dir(self.folder.path()).env("HOME", self.path("home")).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs to the end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// The exit code is this, or else what it printed is shown.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// Sends a signal by its name to a process that we started.
pub fn signal(process: &Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), process.id().to_string()]).status().unwrap();
    assert!(status.success());
}
