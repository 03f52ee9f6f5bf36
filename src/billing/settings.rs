//! What the configuration sets of this room.

use std::path::PathBuf;
use std::time::Duration;

use super::events;

/// Where the prices are, how long a hold lives by itself, who charges, and who is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A file of tariffs; `None`: those that come with the program.
    pub tariffs: Option<PathBuf>,
    /// A hold that nobody renews for so long is given back: its process has died.
    pub lease: Duration,
    /// Who offers the service and issues invoices, as exports name it.
    pub provider: String,
    /// Where charges are told as they happen.
    pub events: events::Settings,
}

impl Default for Settings {
    /// The built-in tariffs; two minutes; the name of the program; no events.
    fn default() -> Self {
        let (provider, events) = ("minuted".to_owned(), events::Settings::default());
        Self { tariffs: None, lease: Duration::from_mins(2), provider, events }
    }
}
