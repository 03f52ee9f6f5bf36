//! A request from its reservation to the first byte of its answer: one backend after the other, as far as the rules and
//! the budget of retries allow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::Error;
use super::attempt::{Begun, Fault, attempt};
use super::backend::Seat;
use super::breaker::Verdict;
use super::due::Due;
use super::endpoint::Endpoint;
use super::forward::Answer;
use super::headers;
use super::outcome::{Ended, Outcome};
use super::plan::Plan;
use super::relay::{Flow, Relay};
use super::request::Asked;
use super::retry::RetryBudget;
use super::select::{Choice, Wish, choose};
use super::sent::Sent;
use super::table::{Offer, Table};
use super::tap::{Seen, Tap};
use crate::billing::Bill;
use crate::domain::{RequestId, Share};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The longest wait that every SDK honours.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A request that has been paid for and seeks its backend.
pub(super) struct Journey {
    pub table: Arc<Table>,
    pub endpoint: Endpoint,
    pub asked: Asked,
    pub plan: Plan,
    pub headers: HeaderMap,
    pub overdue: CancellationToken,
    pub retries: Arc<RetryBudget>,
    pub turn: usize,
    pub place: Option<Share>,
    pub outcome: Option<Outcome>,
    /// Taken when the answer has begun, or nobody answers.
    pub due: Option<Due>,
    /// What a whole answer costs, where that is known.
    pub bill: Option<Bill>,
    /// The try under way.
    pub trying: Option<Try>,
    /// Where its answer is read to the end though its client may go, if it is to be.
    pub drains: Option<TaskTracker>,
}

/// A request at a backend that has not answered yet.
pub(super) struct Try {
    seat: Seat,
    sent: Sent,
    since: Instant,
}

impl Try {
    /// Whether the backend is more likely to hang than to be busy with a long prompt.
    fn is_hung(&self) -> bool {
        let backend = &self.seat.backend;
        self.since.elapsed() >= backend.terms.timeouts.too_long() && !backend.has_begun_since(self.since)
    }
}

/// A client that goes while a backend is at work has had its prompt read; of a transcript it has had nothing. One that has
/// waited too long for a stream, while nobody had an answer from there, has had a failure: a backend that hangs would else
/// be asked by all who are less patient than we are. One that is sent away has not gone.
impl Drop for Journey {
    fn drop(&mut self) {
        if self.overdue.is_cancelled() {
            if let Some(outcome) = self.outcome.take() {
                outcome.record(Ended::unanswered(&Error::Stopping), None);
            }
            return;
        }
        let (Some(mut trying), Some(due), Some(outcome)) = (self.trying.take(), self.due.take(), self.outcome.take())
        else {
            return;
        };
        // What is dropped here is given back.
        if self.asked.stream && trying.is_hung() {
            Fault::Silence.tell(&trying.seat.backend.terms.name);
            trying.seat.note(Verdict::Bad);
            outcome.record(Ended::unanswered(&Error::TimedOut), None);
            return;
        }
        let due = Some(due).filter(|due| trying.sent.is_begun() && !due.is_for_the_whole());
        let usage = due.map(|due| due.settle(&Seen::default()));
        outcome.record(Ended::ClientGone, usage.as_ref());
    }
}

impl Journey {
    /// To the first byte of an answer.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Limited`], [`Error::Unavailable`], [`Error::Failed`], [`Error::Lacking`],
    /// [`Error::TimedOut`], [`Error::Stopping`]: nothing is charged then.
    pub(super) async fn travel(mut self) -> Result<Answer, Error> {
        let overdue = self.overdue.clone();
        let reached = tokio::select! {
            biased;
            reached = self.seek() => reached,
            () = overdue.cancelled() => Err(Error::Stopping),
        };
        match reached {
            Ok((offer, begun)) => self.arrive(&offer, begun),
            Err(error) => {
                if let Some(outcome) = self.outcome.take() {
                    outcome.record(Ended::unanswered(&error), None);
                }
                Err(error)
            }
        }
    }

    async fn seek(&mut self) -> Result<(Offer, Begun), Error> {
        let offers = std::mem::take(&mut self.plan.offers);
        let mut tried: Vec<usize> = Vec::new();
        let mut last: Option<Fault> = None;
        let mut failed = 0;
        loop {
            let wish =
                Wish { tried: &tried, prefix: self.table.rules.sticky.then_some(self.asked.prefix), turn: self.turn };
            let now = Instant::now();
            let candidates: Vec<_> = offers.iter().map(|offer| offer.candidate(now)).collect();
            let at = match choose(&candidates, &wish) {
                Choice::Backend(at) => at,
                // Those that lack the route say nothing of those that are not free.
                other => {
                    let last = last.filter(|&fault| fault != Fault::Lacking || tried.len() == offers.len());
                    return Err(nobody(other, last, &offers));
                }
            };
            // Others may have been faster since the choice was made.
            let Some(seat) = offers[at].backend.enter(self.table.rules.breaker) else {
                tokio::task::yield_now().await;
                continue;
            };
            // Only here it is known that there is somebody to try again at. Who lacks a route has done no work.
            if let Some(fault) = last
                && fault != Fault::Lacking
                && !self.retries.withdraw()
            {
                return Err(of_fault(fault, &offers));
            }
            tried.push(at);
            match self.try_at(&offers[at], seat).await {
                Ok(begun) => return Ok((offers[at].clone(), begun)),
                // What one backend lacks does not excuse another that has failed.
                Err(Fault::Lacking) => last = last.or(Some(Fault::Lacking)),
                Err(fault) => {
                    (last, failed) = (Some(fault), failed + 1);
                    if failed > self.table.rules.retries {
                        return Err(of_fault(fault, &offers));
                    }
                }
            }
        }
    }

    /// Tries one backend, whose seat is kept where it has begun to answer.
    async fn try_at(&mut self, offer: &Offer, seat: Seat) -> Result<Begun, Fault> {
        let backend = &offer.backend;
        if let Some(outcome) = &mut self.outcome {
            outcome.backend = Some(backend.terms.name.clone());
            outcome.tries += 1;
        }
        let quirks = backend.terms.kind.quirks();
        let outgoing = self.asked.outgoing(self.endpoint, &offer.model.upstream, quirks);
        let name = RequestId::new();
        tracing::debug!(backend = backend.terms.name, %name, "a backend is asked");
        let headers = headers::to_backend(&self.headers, backend, &name, &outgoing);
        let trying = Try { seat, sent: Sent::default(), since: Instant::now() };
        let body = trying.sent.told_by(outgoing.body);
        // This future is dropped before the journey is, which must still know of it then.
        self.trying = Some(trying);
        let until = tokio::time::Instant::now() + backend.terms.timeouts.patience(self.endpoint, self.asked.stream);
        let tried = attempt(backend, self.endpoint, headers, body, until).await;
        if let Err(fault) = &tried
            && let Some(Try { mut seat, .. }) = self.trying.take()
        {
            seat.note(fault.verdict());
            fault.tell(&backend.terms.name);
        }
        tried
    }

    /// The answer has begun: from here on there is no other backend.
    fn arrive(&mut self, offer: &Offer, begun: Begun) -> Result<Answer, Error> {
        let (Some(Try { mut seat, .. }), Some(mut outcome), Some(place), Some(mut due)) =
            (self.trying.take(), self.outcome.take(), self.place.take(), self.due.take())
        else {
            return Err(Error::Failed);
        };
        seat.note(Verdict::Begun);
        outcome.begun(begun.status.as_u16());
        if offer.backend.terms.kind.quirks().reads_less {
            due.expect_less();
        }
        // A refusal costs nothing.
        let due = begun.status.is_success().then_some(due);
        let hide = self.asked.forces_usage(self.endpoint);
        let media_type = begun.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let encoded = begun.headers.contains_key(CONTENT_ENCODING);
        let tap = Tap::new(media_type, encoded, hide);
        let mut headers = headers::to_caller(&begun.headers, hide && tap.is_stream());
        if let Some(value) = due.as_ref().and_then(|due| HeaderValue::from_str(due.charge().as_str()).ok()) {
            headers.insert(HeaderName::from_static("x-minuted-charge-id"), value);
        }
        let deadline = tokio::time::Instant::now() + offer.backend.terms.timeouts.total;
        let (status, bill) = (begun.status, self.bill.take().filter(|_| due.is_some()));
        let flow = Flow { begun, tap, seat, due, outcome, overtime: None, deadline, _place: place };
        let relay = Relay::new(flow, self.overdue.clone(), self.drains.take());
        Ok(Answer { status, headers, bill, body: relay.stream() })
    }
}

/// Why nobody is left to try.
fn nobody(choice: Choice, last: Option<Fault>, offers: &[Offer]) -> Error {
    match last {
        Some(fault) => of_fault(fault, offers),
        None if choice == Choice::Busy => Error::Busy(Duration::from_secs(1)),
        None if offers.iter().all(|offer| offer.backend.is_limited()) => limited(offers),
        None => Error::Unavailable(soonest(offers)),
    }
}

fn of_fault(fault: Fault, offers: &[Offer]) -> Error {
    match fault {
        Fault::Lacking => Error::Lacking,
        Fault::Connection | Fault::Status(_) => Error::Failed,
        Fault::Silence => Error::TimedOut,
        Fault::Overloaded(_) => limited(offers),
    }
}

fn limited(offers: &[Offer]) -> Error {
    let model = offers.first().map(|offer| offer.model.id.clone()).unwrap_or_default();
    Error::Limited { model, wait: soonest(offers) }
}

/// How long until a request may go to one of them, in seconds that have begun.
fn soonest(offers: &[Offer]) -> Duration {
    let now = Instant::now();
    let wait = offers.iter().map(|offer| offer.backend.wait(now)).min().unwrap_or_default();
    Duration::from_secs(wait.as_secs() + 1).min(LONGEST_WAIT)
}
