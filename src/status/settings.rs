//! What the configuration says of this room.

use std::time::Duration;

/// How the status is kept and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether a model that nobody asks is asked by the service itself.
    pub probe: bool,
    /// When a minute counts as a bad one.
    pub thresholds: Thresholds,
    /// Where the page is seen from outside; without it, links are relative.
    pub url: Option<String>,
    /// Who offers the service, as the page names it.
    pub name: String,
}

/// When a minute counts as a bad one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// More than this percentage of its requests failed.
    pub error_percent: u64,
    /// Half of its answers began later than this; and, for audio, they were also too slow for its length.
    pub first_byte: Duration,
    /// Half of its answers took more than this percentage of the length of their audio.
    pub real_time_percent: u64,
}

impl Default for Settings {
    /// With probes; 5 %, 10 s, and real time.
    fn default() -> Self {
        let thresholds = Thresholds { error_percent: 5, first_byte: Duration::from_secs(10), real_time_percent: 100 };
        Self { probe: true, thresholds, url: None, name: "minuted".to_owned() }
    }
}
