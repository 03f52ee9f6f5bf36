//! What the configuration sets of this room.

use std::path::PathBuf;
use std::time::Duration;

/// Where the prices are, and how long a hold lives by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A file of tariffs; `None`: those that come with the program.
    pub tariffs: Option<PathBuf>,
    /// A hold that nobody renews for so long is given back: its process has died.
    pub lease: Duration,
}

impl Default for Settings {
    /// The built-in tariffs; two minutes.
    fn default() -> Self {
        Self { tariffs: None, lease: Duration::from_mins(2) }
    }
}
