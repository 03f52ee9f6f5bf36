//! What the configuration sets of this room.

use std::path::PathBuf;
use std::time::Duration;

/// Where the prices are, how long a hold lives by itself, and who charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A file of tariffs; `None`: those that come with the program.
    pub tariffs: Option<PathBuf>,
    /// A hold that nobody renews for so long is given back: its process has died.
    pub lease: Duration,
    /// Who offers the service and issues invoices, as exports name it.
    pub provider: String,
}

impl Default for Settings {
    /// The built-in tariffs; two minutes; the name of the program.
    fn default() -> Self {
        Self { tariffs: None, lease: Duration::from_mins(2), provider: "minuted".to_owned() }
    }
}
