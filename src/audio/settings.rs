//! The limits of this room, which the configuration sets.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use crate::domain::Millis;

/// What is accepted, and where an upload may wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Longest recording accepted, counted in decoded samples: 25 MB of 8 kb/s Opus are seven hours.
    pub max_audio: Millis,
    /// Largest request body accepted with a recording in it, in bytes; who reads the body counts them.
    pub max_upload_bytes: u64,
    /// An upload of up to this many bytes waits in memory, a larger one in a temporary file.
    pub max_upload_in_memory: u64,
    /// The most bytes of all uploads that wait at once, wherever they do.
    pub max_spooled: u64,
    /// Where the temporary files (which have no name) take their space; the system's own place if `None`.
    pub spool_dir: Option<PathBuf>,
}

impl Settings {
    /// A new temporary file without a name, where large uploads wait.
    ///
    /// # Errors
    /// If the folder is not there, cannot be written, or is full.
    pub fn temporary_file(&self) -> io::Result<File> {
        self.spool_dir.as_ref().map_or_else(tempfile::tempfile, tempfile::tempfile_in)
    }
}

impl Default for Settings {
    /// Six hours; 512 MiB, 4 MiB of it in memory, 64 GiB for all.
    fn default() -> Self {
        Self {
            max_audio: Millis(6 * 3600 * 1000),
            max_upload_bytes: 512 << 20,
            max_upload_in_memory: 4 << 20,
            max_spooled: 64 << 30,
            spool_dir: None,
        }
    }
}
