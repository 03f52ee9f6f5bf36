//! What the configuration sets of events.

use std::path::PathBuf;
use std::time::Duration;

use super::{Endpoint, SigningKeys};

/// Where events are sent, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where; `None`: nowhere, and none is kept.
    pub endpoint: Option<Endpoint>,
    /// What they are signed with.
    pub keys: SigningKeys,
    /// A file with more of that.
    pub keys_file: Option<PathBuf>,
    /// For one request, from its first byte to the end of the answer.
    pub timeout: Duration,
    /// The `source` of every event.
    pub source: String,
    /// Whether they may be sent to another machine without encryption.
    pub plain_http: bool,
}

impl Settings {
    /// Whether there is something to sign with and nowhere to send to, which nobody can have meant.
    #[must_use]
    pub fn lacks_its_address(&self) -> bool {
        self.endpoint.is_none() && (!self.keys.is_empty() || self.keys_file.is_some())
    }
}

impl Default for Settings {
    /// Nowhere; 15 s; `/minuted`; encrypted.
    fn default() -> Self {
        Self {
            endpoint: None,
            keys: SigningKeys::default(),
            keys_file: None,
            timeout: Duration::from_secs(15),
            source: "/minuted".to_owned(),
            plain_http: false,
        }
    }
}
