//! Watches a request for the status: how it ends, and how fast it was. It goes wherever the answer goes.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::service::Running;
use crate::domain::Millis;
use crate::status::{Fault, Outcome, Recorder, Sample, Work};

/// A request that is being answered. Dropped before it has ended, it is one whose client has gone, which says nothing;
/// but for a panic, and for a service that stops.
pub(super) struct Watch {
    recorder: Recorder,
    model: String,
    since: Instant,
    first_byte: Option<Duration>,
    overdue: CancellationToken,
    ended: bool,
}

impl Watch {
    /// Over a request of which nothing is known yet: it counts for our own model.
    pub(super) fn over(running: &Running) -> Self {
        Self {
            recorder: running.service.status.recorder().clone(),
            model: running.service.model.id.clone(),
            since: Instant::now(),
            first_byte: None,
            overdue: running.overdue.clone(),
            ended: false,
        }
    }

    /// The request is there as a whole: how fast its caller sent it does not count.
    pub(super) fn asked(&mut self, model: &str) {
        model.clone_into(&mut self.model);
        self.since = Instant::now();
    }

    /// It is another's to watch.
    pub(super) fn leave(&mut self) {
        self.ended = true;
    }

    /// The same, to go with a streamed answer; nothing is left here.
    pub(super) fn hand_over(&mut self) -> Self {
        let (recorder, model, overdue) = (self.recorder.clone(), self.model.clone(), self.overdue.clone());
        let goes_on =
            Self { recorder, model, since: self.since, first_byte: self.first_byte, overdue, ended: self.ended };
        self.ended = true;
        goes_on
    }

    /// The first bytes of the answer are there.
    pub(super) fn answering(&mut self) {
        self.first_byte.get_or_insert_with(|| self.since.elapsed());
    }

    /// The whole answer is there.
    pub(super) fn served(&mut self, audio: Millis) {
        self.answering();
        let took = self.since.elapsed();
        self.end(Outcome::Served { first_byte: self.first_byte.unwrap_or(took), took, work: Work::Audio(audio) });
    }

    /// There is none; which counts if it is our fault.
    pub(super) fn failed(&mut self, error: &Error) {
        match error.failure().fault() {
            Some(fault) => self.end(Outcome::Failed(fault)),
            None => self.ended = true,
        }
    }

    fn end(&mut self, outcome: Outcome) {
        if !std::mem::replace(&mut self.ended, true) {
            self.recorder.record(Sample { model: std::mem::take(&mut self.model), outcome, probe: false });
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.end(Outcome::Failed(Fault::Service));
        } else if self.overdue.is_cancelled() {
            self.end(Outcome::Failed(Fault::Stopping));
        }
    }
}
