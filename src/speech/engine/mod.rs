//! The speech engine: worker threads behind a fair queue.

mod lane;
mod places;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use metrics::gauge;
use tokio::sync::oneshot;

use super::queue::{Queue, Seat, Task};
use super::schedule::{Claim, LaneId, Order};
use super::worker::{self, Factory, Workers};
use super::{Cancel, DecodeOptions, RecognizeError, Recognized, Recognizer};
use places::Places;

pub use lane::Lane;
pub use places::SparePlace;

/// With windows waiting, a worker should begin one or finish one in less than this. Only a large model on a slow core may take
/// longer, for the hardest of windows.
const STUCK: Duration = Duration::from_mins(5);

/// Recognises windows on threads of its own; cheap to clone. The threads end when [`Engine::stop`] is called or the
/// last clone is dropped.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    workers: usize,
    look_ahead: usize,
    places: Arc<Places>,
}

/// Spare places for each worker.
const SPARE: usize = 4;

/// Cores that a window may have beside its worker's: four in all, as many as whisper.cpp takes by itself.
const HELPERS: usize = 3;

/// What the engine and its workers both touch.
#[derive(Default)]
pub struct Shared {
    pub(super) queue: Queue,
    /// Cores that the workers may keep busy: one each, if there are as many.
    cores: usize,
    /// Those of them that are lent to windows beside their worker's own.
    lent: Mutex<usize>,
    started: AtomicU64,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    /// When a worker last took or finished a window.
    last: Option<Instant>,
    /// Smoothed duration of a window.
    window: Duration,
}

/// How the engine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineHealth {
    /// Windows that wait for a worker.
    pub queued: usize,
    /// Workers that are recognising.
    pub busy: usize,
    /// Windows that a worker has begun since the start.
    pub started: u64,
    /// False when a window has waited for five minutes and no worker has begun or finished one meanwhile.
    pub moving: bool,
    /// How long a window that is queued now is likely to wait.
    pub expected_wait: Duration,
}

impl Engine {
    /// Starts these workers, each of which makes its recogniser. Of one recording, `look_ahead` windows more than there
    /// are ordinary workers may be queued or under way at a time. If there is no memory for the express worker, it goes
    /// without.
    ///
    /// # Errors
    /// The first recogniser that cannot be made, or a thread that the system refuses.
    pub fn start<R, M>(workers: impl Into<Workers>, look_ahead: usize, make: M) -> Result<Self, RecognizeError>
    where
        R: Recognizer + 'static,
        M: Fn() -> Result<R, RecognizeError> + Send + Sync + 'static,
    {
        let Workers { count, express } = workers.into();
        let workers = count.max(1);
        let places = Arc::new(Places::new(workers * SPARE));
        let shared = Arc::new(Shared { cores: worker::cores().min(workers), ..Shared::default() });
        let make: Arc<Factory> = Arc::new(move || Ok(Box::new(make()?) as Box<dyn Recognizer>));
        let spawn = |seat| worker::spawn(seat, Arc::clone(&shared), Arc::clone(&make));
        for _ in 0..workers {
            spawn(Seat::Ordinary)?;
        }
        if express && let Err(error) = spawn(Seat::Express) {
            tracing::warn!(%error, "there is no express worker: short recordings wait for the long ones before them");
        }
        Ok(Self(Arc::new(Inner { shared, workers, look_ahead, places })))
    }

    /// With another percentage of compute for batch work while interactive work waits, 1 to 99.
    #[must_use]
    pub fn with_batch_share(self, percent: u8) -> Self {
        self.0.shared.queue.set_batch_share(percent);
        self
    }

    /// From now on the recording that is nearest to its end is next, whoever asks.
    pub fn finish_nearest_first(&self) {
        self.0.shared.queue.set_order(Order::NearestEnd);
    }

    /// A way in for a recording whose windows will come.
    #[must_use]
    pub fn open_lane(&self, claim: Claim) -> Lane {
        Lane::open(claim, &self.0.shared, &self.0.places)
    }

    /// Windows of one recording that should be queued or under way at a time.
    #[must_use]
    pub fn windows_ahead(&self) -> usize {
        self.0.workers + self.0.look_ahead
    }

    /// Queues a window at once. Dropping the ticket takes it out again, or stops the worker that has it.
    ///
    /// A recording's only window needs no `spare` place; further ones should have one, which they hold until they are done.
    #[must_use]
    pub fn submit(&self, lane: &Lane, samples: Vec<f32>, options: DecodeOptions, spare: Option<SparePlace>) -> Ticket {
        let (reply, answer) = oneshot::channel();
        let cancel = Cancel::default();
        let task = Task { samples, options, cancel: cancel.clone(), reply, queued: Instant::now(), spare };
        if let Err(task) = self.0.shared.queue.push(lane.id, task) {
            let _ = task.reply.send(Err(RecognizeError::Stopping));
        }
        self.0.shared.report();
        Ticket { answer, cancel, shared: Arc::clone(&self.0.shared) }
    }

    /// How it is doing.
    #[must_use]
    pub fn health(&self) -> EngineHealth {
        let shared = &self.0.shared;
        let (queued, busy) = (shared.queue.len(), shared.queue.under_way());
        let waiting = shared.queue.oldest_wait().unwrap_or(Duration::ZERO);
        let progress = shared.progress();
        let idle = progress.last.map_or(waiting, |last| last.elapsed());
        let turns = u32::try_from((queued + busy).div_ceil(self.0.workers)).unwrap_or(u32::MAX);
        EngineHealth {
            queued,
            busy,
            started: shared.started.load(Ordering::Relaxed),
            moving: waiting < STUCK || idle < STUCK,
            expected_wait: progress.window.saturating_mul(turns),
        }
    }

    /// Stops taking windows, drops those that wait and lets the threads end after the ones under way.
    pub fn stop(&self) {
        self.0.shared.queue.close();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl Shared {
    /// Lends a window that has begun half of the cores that are not [needed](super::schedule::Waiting::needed); the other half is
    /// for who comes new. Says how many: they are to be given back.
    pub(super) fn borrow_cores(&self, alone: Option<LaneId>) -> usize {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        let needed = self.queue.needed(alone).saturating_add(*lent);
        let count = self.cores.saturating_sub(needed).div_ceil(2).min(HELPERS);
        *lent += count;
        count
    }

    pub(super) fn give_back_cores(&self, count: usize) {
        *self.lent.lock().unwrap_or_else(PoisonError::into_inner) -= count;
    }

    pub(super) fn started(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
        self.progress().last = Some(Instant::now());
        self.report();
    }

    pub(super) fn finished(&self, took: Duration, worked: bool) {
        let mut progress = self.progress();
        progress.last = Some(Instant::now());
        if worked {
            progress.window = if progress.window.is_zero() { took } else { (progress.window * 7 + took) / 8 };
        }
        drop(progress);
        self.report();
    }

    /// Keeps the gauges true.
    #[expect(clippy::cast_precision_loss, reason = "a handful of windows")]
    fn report(&self) {
        gauge!("minuted_queue_windows").set(self.queue.len() as f64);
        gauge!("minuted_workers_busy").set(self.queue.under_way() as f64);
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The claim to one window's words. A future; dropping it cancels the window.
pub struct Ticket {
    answer: oneshot::Receiver<Result<Recognized, RecognizeError>>,
    cancel: Cancel,
    shared: Arc<Shared>,
}

impl Future for Ticket {
    type Output = Result<Recognized, RecognizeError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.answer).poll(context));
        // A queue that was closed drops its windows without an answer.
        Poll::Ready(answer.unwrap_or(Err(RecognizeError::Stopping)))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.shared.queue.forget_cancelled();
        self.shared.report();
    }
}

#[cfg(test)]
mod tests;
