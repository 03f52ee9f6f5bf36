//! What the configuration says of this room.

use std::path::PathBuf;

/// Where the room's two files are, and whether keys are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What digests are made with; made at the first start.
    pub pepper_file: PathBuf,
    /// The plans, in TOML; `None`: those that come with the program.
    pub plans_file: Option<PathBuf>,
    /// Whoever comes is let in, whether or not there are keys.
    pub insecure_open: bool,
}
