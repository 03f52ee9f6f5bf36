//! The bounds of this room, which the configuration sets.

use std::time::Duration;

/// How many requests are taken, and how long is waited for what.
///
/// How large an upload may be and where it is spooled is the audio room's to say
/// ([`audio::Settings`](crate::audio::Settings)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Transcriptions in the house at once, uploads and streamed answers included; one more is a 429.
    pub max_requests: usize,
    /// Connections at once; more wait outside, where they cost nothing here.
    pub max_connections: usize,
    /// For the head of a request, and for the next request on a connection that is kept open.
    pub header_timeout: Duration,
    /// For the next bytes of a body, and for a client to take the next bytes of its answer.
    pub body_idle_timeout: Duration,
    /// For a whole body.
    pub body_timeout: Duration,
    /// From the moment at which the service is told to stop, and says so, to that at which it takes no more connections.
    pub lame_duck: Duration,
    /// For requests in flight to finish after that.
    pub drain_timeout: Duration,
    /// Whether the metrics are shown to whoever asks; they are for keys with the scope admin otherwise.
    pub public_metrics: bool,
}

impl Default for Settings {
    /// 64 requests on 8192 connections; 30 s for a head, 30 s between bytes, one hour for a body; no time to be
    /// found stopping, 30 s to finish; metrics for admins.
    fn default() -> Self {
        Self {
            max_requests: 64,
            max_connections: 8192,
            header_timeout: Duration::from_secs(30),
            body_idle_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_hours(1),
            lame_duck: Duration::ZERO,
            drain_timeout: Duration::from_secs(30),
            public_metrics: false,
        }
    }
}
