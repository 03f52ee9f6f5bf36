//! The limits of this room, which the configuration sets.

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
    /// Where the temporary files (which have no name) take their space; the system's own place if `None`.
    pub spool_dir: Option<PathBuf>,
}

impl Default for Settings {
    /// Six hours; 512 MiB, 4 MiB of it in memory.
    fn default() -> Self {
        Self {
            max_audio: Millis(6 * 3600 * 1000),
            max_upload_bytes: 512 << 20,
            max_upload_in_memory: 4 << 20,
            spool_dir: None,
        }
    }
}
