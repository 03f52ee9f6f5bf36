//! What the configuration says of this room; the backends themselves stand in a file of their own.

use std::path::PathBuf;

/// Where the backends are written down, and how much is taken for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The backends, in TOML; `None`: there are none, and no model but the local one.
    pub backends: Option<PathBuf>,
    /// Largest body of a request that is passed on, in bytes. It is kept in memory until the answer has begun.
    pub max_body_bytes: u64,
    /// The most bytes of all such bodies that are in memory at once.
    pub body_memory: u64,
    /// Requests that are passed on at once.
    pub max_requests: usize,
}

impl Default for Settings {
    /// No backends; 32 MiB, 1 GiB for all; 1024 requests.
    fn default() -> Self {
        Self { backends: None, max_body_bytes: 32 << 20, body_memory: 1 << 30, max_requests: 1024 }
    }
}
