//! What came of a request that was passed on: known in one place, once, when it is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{SharedString, counter, histogram};

use super::Error;
use super::endpoint::Endpoint;
use crate::billing::{Origin, Usage};
use crate::domain::Millis;
use crate::status::{self, Fault, Recorder, Sample, Work};

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With a whole answer.
    Whole,
    /// With an error of the backend that is the caller's.
    Refused,
    /// Its client went before the end.
    ClientGone,
    /// Its answer broke off at the backend.
    Broken,
    /// Its answer was cut by us: a budget or the service ended.
    Cut,
    /// No backend answered; why, if that says anything of the model.
    Unanswered(Option<Fault>),
}

/// A request from its first try to its end.
pub(super) struct Outcome {
    pub endpoint: Endpoint,
    pub model: String,
    /// Whether its answer comes as a stream.
    streamed: bool,
    /// The backend that answered, or was tried last.
    pub backend: Option<String>,
    /// What it answered.
    pub status: Option<u16>,
    /// Tries at backends.
    pub tries: u32,
    start: Instant,
    first_byte: Option<Duration>,
    recorder: Recorder,
}

impl Outcome {
    /// Of a request that begins.
    pub(super) fn new(endpoint: Endpoint, model: String, streamed: bool, recorder: Recorder) -> Self {
        let start = Instant::now();
        Self { endpoint, model, streamed, backend: None, status: None, tries: 0, start, first_byte: None, recorder }
    }

    /// The first byte of the answer is there.
    pub(super) fn begun(&mut self, status: u16) {
        self.status = Some(status);
        self.first_byte = Some(self.start.elapsed());
    }

    /// It is over. Nothing of what was asked or answered is told.
    pub(super) fn record(&self, ended: Ended, usage: Option<&Usage>) {
        // Each series has its own copy of the labels.
        let cheap_to_copy = |text: &str| SharedString::from(Arc::<str>::from(text));
        let labels = [
            ("model", cheap_to_copy(&self.model)),
            ("backend", cheap_to_copy(self.backend.as_deref().unwrap_or_default())),
            ("route", SharedString::const_str(self.endpoint.path())),
        ];
        let and = |name, value| [&labels[..], &[(name, SharedString::const_str(value))]].concat();
        counter!("minuted_gateway_requests_total", &and("end", ended.name())).increment(1);
        histogram!("minuted_gateway_duration_seconds", &labels).record(self.start.elapsed());
        if let Some(first_byte) = self.first_byte {
            histogram!("minuted_gateway_first_byte_seconds", &labels).record(first_byte);
        }
        if let Some(usage) = usage {
            for (direction, tokens) in [("input", usage.input_tokens), ("output", usage.output_tokens)] {
                let labels = and("direction", direction);
                counter!("minuted_gateway_tokens_total", &labels).increment(u64::try_from(tokens).unwrap_or(0));
            }
            if usage.origin == Origin::Estimated {
                counter!("minuted_gateway_estimated_total", &labels).increment(1);
            }
        }
        if let Some(outcome) = self.for_the_status(ended, usage) {
            self.recorder.record(Sample { model: self.model.clone(), outcome, probe: false });
        }
        tracing::debug!(
            model = self.model,
            backend = self.backend,
            status = self.status,
            tries = self.tries,
            end = ended.name(),
            milliseconds = self.start.elapsed().as_millis(),
            "passed on"
        );
    }

    /// What it says of the model; nothing, where it was the caller's, or a budget's, to end it.
    fn for_the_status(&self, ended: Ended, usage: Option<&Usage>) -> Option<status::Outcome> {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        match ended {
            Ended::Whole => {
                let (took, usage) = (self.start.elapsed(), usage?);
                let work = match self.endpoint {
                    Endpoint::Transcriptions => Work::Audio(Millis(count(usage.audio_ms))),
                    _ if self.streamed => Work::Tokens(count(usage.output_tokens)),
                    _ => Work::WholeTokens(count(usage.output_tokens)),
                };
                Some(status::Outcome::Served { first_byte: self.first_byte.unwrap_or(took), took, work })
            }
            Ended::Broken => Some(status::Outcome::Failed(Fault::Backend)),
            Ended::Unanswered(fault) => fault.map(status::Outcome::Failed),
            Ended::Refused | Ended::ClientGone | Ended::Cut => None,
        }
    }
}

impl Ended {
    /// Without an answer, for this reason.
    pub(super) fn unanswered(why: &Error) -> Self {
        Self::Unanswered(match why {
            Error::Busy(_) | Error::Limited { .. } => Some(Fault::Overloaded),
            Error::TimedOut => Some(Fault::TimedOut),
            Error::Stopping => Some(Fault::Stopping),
            Error::Lacking => None,
            _ => Some(Fault::Backend),
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Refused => "refused",
            Self::ClientGone => "client_gone",
            Self::Broken => "broken",
            Self::Cut => "cut",
            Self::Unanswered(_) => "unanswered",
        }
    }
}
