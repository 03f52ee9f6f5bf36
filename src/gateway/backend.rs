//! A backend: where it is, what it has, and how it is doing.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderValue;
use reqwest::{Client, Url, redirect, retry};

use super::breaker::{Breaker, BreakerRules, Verdict};
use super::endpoint::{Capability, Endpoint};
use super::kind::Kind;
use super::probe::Seen;

/// How long is waited for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the first byte of an answer that is streamed or needs no writing, from the moment the request is sent.
    pub first_byte: Duration,
    /// For the next bytes of it.
    pub idle: Duration,
    /// For the whole of it, and for the first byte of any other: it is computed to its end before.
    pub total: Duration,
}

impl Timeouts {
    /// How long is waited for the first byte of an answer.
    pub(super) fn patience(&self, endpoint: Endpoint, streamed: bool) -> Duration {
        if streamed || endpoint.answers_at_once() { self.first_byte } else { self.total }
    }

    /// After how long a client that goes, and has had no byte of a stream, has waited too long: it is then the backend that
    /// is to blame.
    pub(super) fn too_long(&self) -> Duration {
        self.first_byte / 4
    }
}

/// A model at a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Model {
    /// The name under which callers ask for it.
    pub id: String,
    /// Its name at the backend.
    pub upstream: String,
    /// What it can do there.
    pub capabilities: BTreeSet<Capability>,
    /// The most tokens that it writes, where a request names no maximum.
    pub max_output_tokens: Option<i64>,
}

/// What was written down of a backend, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    /// Its name in logs and metrics.
    pub name: String,
    /// Its base URL, with the version: `http://gpu-1:8000/v1`.
    pub url: Url,
    /// The program behind it.
    pub kind: Kind,
    /// Whether it is sent addresses of media, which it fetches.
    pub fetches_media: bool,
    /// What it is told instead of the caller's own key; marked as sensitive, so that it is not shown.
    pub authorization: Option<HeaderValue>,
    /// Its share among backends of the same model.
    pub weight: u32,
    /// Requests that it takes at once.
    pub max_concurrency: u32,
    /// How long is waited for it.
    pub timeouts: Timeouts,
    /// What it has.
    pub models: Vec<Arc<Model>>,
}

/// A backend with its connections and its state, which outlive a reload that leaves its terms as they are.
#[derive(Debug)]
pub(super) struct Backend {
    pub terms: Terms,
    pub client: Client,
    /// What was found when somebody last looked whether it is there. Who looks holds it.
    pub seen: tokio::sync::Mutex<Option<Seen>>,
    in_flight: AtomicU32,
    breaker: Mutex<Breaker>,
    /// When an answer last began.
    begun: Mutex<Option<Instant>>,
}

impl Backend {
    /// With connections of its own. Redirects are not followed and nothing is decompressed, so that bytes stay as they
    /// are and go where the operator said. Proxies of the environment are not used.
    pub(super) fn new(terms: Terms) -> reqwest::Result<Self> {
        let client = Client::builder()
            .connect_timeout(terms.timeouts.connect)
            .redirect(redirect::Policy::none())
            .tls_version_min(reqwest::tls::Version::TLS_1_3)
            .no_proxy()
            // Whether a request is sent again is for the journey to say; a client that may would copy each.
            .retry(retry::never().max_retries_per_request(0))
            .tcp_nodelay(true)
            .pool_max_idle_per_host(usize::try_from(terms.max_concurrency).unwrap_or(usize::MAX))
            .build()?;
        let (seen, in_flight) = (tokio::sync::Mutex::default(), AtomicU32::new(0));
        Ok(Self { terms, client, seen, in_flight, breaker: Mutex::default(), begun: Mutex::default() })
    }

    /// Where requests of a route go.
    pub(super) fn address(&self, endpoint: Endpoint) -> Url {
        let mut url = self.terms.url.clone();
        let base = url.path().trim_end_matches('/');
        let path = match base.strip_suffix("/v1") {
            Some(root) => format!("{root}/{}/{}", endpoint.version(), endpoint.path()),
            None => format!("{base}/{}", endpoint.path()),
        };
        url.set_path(&path);
        url
    }

    /// Where it says that it is there.
    pub(super) fn health(&self) -> String {
        let base = self.terms.url.as_str().trim_end_matches('/');
        match self.terms.kind.quirks().health {
            Some(path) => format!("{}/{path}", base.strip_suffix("/v1").unwrap_or(base)),
            None => format!("{base}/models"),
        }
    }

    /// Requests that are there now.
    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether its breaker lets a request through.
    pub(super) fn admits(&self, now: Instant) -> bool {
        self.breaker().admits(now)
    }

    /// How long until its breaker lets a request through.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        self.breaker().wait(now)
    }

    /// Whether it is left alone because it said that it has too much to do.
    pub(super) fn is_limited(&self) -> bool {
        self.breaker().is_limited()
    }

    /// Whether it has begun an answer to anybody since then.
    pub(super) fn has_begun_since(&self, moment: Instant) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|begun| begun >= moment)
    }

    /// A request goes there, unless others were faster since it was chosen.
    pub(super) fn enter(self: &Arc<Self>, rules: BreakerRules) -> Option<Seat> {
        let take = |count: u32| (count < self.terms.max_concurrency).then_some(count + 1);
        self.in_flight.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        let mut seat = Seat { backend: Arc::clone(self), rules, noted: false };
        if !self.breaker().enter(Instant::now()) {
            seat.noted = true;
            return None;
        }
        Some(seat)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request at a backend. Dropping it is leaving.
#[derive(Debug)]
pub(super) struct Seat {
    pub backend: Arc<Backend>,
    rules: BreakerRules,
    noted: bool,
}

impl Seat {
    /// How it went so far.
    pub(super) fn note(&mut self, verdict: Verdict) {
        self.noted = true;
        let now = Instant::now();
        if verdict == Verdict::Begun {
            *self.backend.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        }
        let mut breaker = self.backend.breaker();
        let before = breaker.admits(now);
        breaker.note(verdict, &self.rules, now);
        if before && !breaker.admits(now) {
            let seconds = breaker.wait(now).as_secs();
            tracing::warn!(backend = self.backend.terms.name, seconds, "a backend is left alone for a while");
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.noted {
            self.note(Verdict::Unknown);
        }
        self.backend.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
