//! An answer on its way from a backend to a caller: each chunk goes on as it comes, and is looked at as it passes.
//!
//! However it ends, it ends once: whole, broken by the backend, cut where a budget or the service ends, or abandoned by
//! its client, who is only noticed by this being dropped. What was generated until then is charged; an answer that is
//! worth nothing unless it is whole, and was not the client's to end, is not.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Error;
use super::attempt::Begun;
use super::backend::Seat;
use super::breaker::Verdict;
use super::due::Due;
use super::outcome::{Ended, Outcome};
use super::tap::{Blame, Tap};
use crate::billing::MeterError;
use crate::domain::Share;

/// The most bytes of an event that go on beyond the budget, so that the event has an end.
const LONGEST_OVERTIME: usize = 256 << 10;

/// Why an answer ended early.
#[derive(Debug)]
pub struct Broken {
    /// What happened.
    pub why: Error,
    /// Whether an event that says so can be added.
    pub between_events: bool,
}

/// The bytes of an answer.
pub(super) type Bytestream = Pin<Box<dyn Stream<Item = Result<Bytes, Broken>> + Send>>;

/// What an answer needs until its end.
pub(super) struct Flow {
    pub begun: Begun,
    pub tap: Tap,
    pub seat: Seat,
    /// What it owes; nothing, if it is a refusal.
    pub due: Option<Due>,
    pub outcome: Outcome,
    /// Once the budget has ended within an event, which goes on to its end: why, and its bytes since then.
    pub overtime: Option<(MeterError, usize)>,
    /// When it must be over.
    pub deadline: Instant,
    pub _place: Share,
}

/// What goes on next.
enum Step {
    /// These bytes.
    Chunk(Bytes),
    /// These bytes, to the end of an event, and no more.
    Last(Bytes, Broken),
    /// Nothing: it is whole.
    End,
}

/// An answer on its way.
pub(super) struct Relay {
    flow: Option<Flow>,
    /// What is still to be said once the flow has ended.
    farewell: Option<Broken>,
    /// Cancelled when the service cannot wait any longer.
    overdue: CancellationToken,
    /// Where it is read to its end though its client has gone, if it is to be.
    drains: Option<TaskTracker>,
    runtime: Handle,
}

impl Relay {
    /// On a tokio runtime.
    pub(super) fn new(flow: Flow, overdue: CancellationToken, drains: Option<TaskTracker>) -> Self {
        Self { flow: Some(flow), farewell: None, overdue, drains, runtime: Handle::current() }
    }

    /// The bytes as they come.
    pub(super) fn stream(self) -> Bytestream {
        // Boxed, since it goes from hand to hand with each chunk.
        stream::unfold(Box::new(self), async |mut relay| relay.next().await.map(|item| (item, relay))).boxed()
    }

    async fn next(&mut self) -> Option<Result<Bytes, Broken>> {
        let Some(flow) = self.flow.as_mut() else { return self.farewell.take().map(Err) };
        loop {
            let step = tokio::select! {
                biased;
                () = self.overdue.cancelled() => Err(flow.broken(Error::Stopping)),
                step = flow.step() => step,
            };
            match step {
                Ok(Step::Chunk(chunk)) => {
                    // The http room stops asking once it has as many bytes as were announced.
                    if flow.has_all() {
                        let rest = self.end(Ended::Whole);
                        return Some(Ok(if rest.is_empty() { chunk } else { [chunk, rest].concat().into() }));
                    }
                    if chunk.is_empty() {
                        continue;
                    }
                    return Some(Ok(chunk));
                }
                Ok(Step::Last(chunk, broken)) => {
                    self.end(Ended::Cut);
                    self.farewell = Some(broken);
                    return Some(Ok(chunk));
                }
                Ok(Step::End) => {
                    let rest = self.end(Ended::Whole);
                    return (!rest.is_empty()).then_some(Ok(rest));
                }
                Err(broken) => {
                    // That it takes too long in all may be its client's doing.
                    let is_its =
                        matches!(broken.why, Error::Failed | Error::TimedOut) && Instant::now() < flow.deadline;
                    self.end(if is_its { Ended::Broken } else { Ended::Cut });
                    return Some(Err(broken));
                }
            }
        }
    }

    /// Ends it, and gives what is still to go on.
    fn end(&mut self, ended: Ended) -> Bytes {
        self.flow.take().map(|flow| flow.end(ended)).unwrap_or_default()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let Some(mut flow) = self.flow.take() else { return };
        if flow.tap.seen().done {
            flow.end(Ended::Whole);
            return;
        }
        let Some(drains) = &self.drains else {
            flow.end(Ended::ClientGone);
            return;
        };
        let overdue = self.overdue.clone();
        let drained = async move {
            let to_the_end = async { while let Ok(Step::Chunk(_)) = flow.step().await {} };
            tokio::select! {
                () = to_the_end => {}
                () = overdue.cancelled() => {}
            }
            flow.end(Ended::ClientGone);
        };
        drains.spawn_on(drained, &self.runtime);
    }
}

impl Flow {
    /// What goes on next.
    async fn step(&mut self) -> Result<Step, Broken> {
        let chunk = match self.begun.first.take() {
            Some(first) => first,
            None => match self.receive().await.map_err(|why| self.broken(why))? {
                Some(chunk) => chunk,
                None => return Ok(Step::End),
            },
        };
        let is_within_event = self.tap.is_stream() && !self.tap.is_between_events();
        let passed = self.tap.take(chunk);
        if let (None, Some(due)) = (&self.overtime, &mut self.due)
            && let Err(why) = due.cover(self.tap.seen()).await
        {
            if !is_within_event {
                return Err(Broken { why: why.into(), between_events: self.tap.is_stream() });
            }
            self.overtime = Some((why, 0));
        }
        match self.overtime.take() {
            None => Ok(Step::Chunk(passed)),
            Some((why, bytes)) => self.last(passed, why, bytes),
        }
    }

    /// The budget has ended: what of these bytes belongs to the event that the caller has the beginning of.
    fn last(&mut self, mut passed: Bytes, why: MeterError, bytes: usize) -> Result<Step, Broken> {
        if let Some(end) = self.tap.first_end() {
            passed.truncate(end);
            return Ok(Step::Last(passed, Broken { why: why.into(), between_events: true }));
        }
        let bytes = bytes + passed.len();
        if bytes > LONGEST_OVERTIME {
            return Err(Broken { why: why.into(), between_events: false });
        }
        self.overtime = Some((why, bytes));
        Ok(Step::Chunk(passed))
    }

    /// It ends here, for this reason.
    fn broken(&self, why: Error) -> Broken {
        Broken { why, between_events: self.tap.is_between_events() }
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Error> {
        let idle = Instant::now() + self.seat.backend.terms.timeouts.idle;
        match timeout_at(idle.min(self.deadline), self.begun.rest.next()).await {
            Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
            Ok(None) => Ok(None),
            Ok(Some(Err(_))) => Err(Error::Failed),
            Err(_) => Err(Error::TimedOut),
        }
    }

    /// Whether all the bytes that were announced are there.
    fn has_all(&self) -> bool {
        self.begun.length.is_some_and(|length| self.tap.seen().bytes >= length)
    }

    /// It is over; gives what of its last event has waited, and is still to go on.
    fn end(mut self, ended: Ended) -> Bytes {
        let rest = self.tap.finish();
        let seen = *self.tap.seen();
        let ended = match (ended, seen.blame) {
            _ if self.due.is_none() => Ended::Refused,
            // Whoever is told of an error may leave at once.
            (Ended::Whole | Ended::ClientGone, Some(Blame::Backend)) => Ended::Broken,
            (Ended::Whole | Ended::ClientGone, Some(Blame::Caller)) => Ended::Refused,
            (ended, _) => ended,
        };
        match ended {
            Ended::Whole | Ended::Refused => self.seat.note(Verdict::Good),
            Ended::Broken => self.seat.note(Verdict::Bad),
            _ => {}
        }
        let is_short = matches!(ended, Ended::Broken | Ended::Cut | Ended::Refused);
        let worthless = |due: &Due| is_short && (seen.is_silent() || !self.tap.is_stream() || due.is_for_the_whole());
        // What is dropped here is given back.
        let due = self.due.take().filter(|due| !worthless(due));
        let usage = due.map(|due| due.settle(&seen));
        self.outcome.record(ended, usage.as_ref());
        rest
    }
}
