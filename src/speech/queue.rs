//! Windows that wait for a worker: the [`schedule`](super::schedule), shared by the threads of an engine.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::schedule::{Claim, LaneId, Order, Turn, Waiting};
use super::{Cancel, DecodeOptions, RecognizeError, Recognized};
use crate::domain::SampleCount;

/// A window for a worker, and where its answer goes.
pub struct Task {
    /// 16 kHz, mono.
    pub samples: Vec<f32>,
    /// How to decode them.
    pub options: DecodeOptions,
    /// Set when nobody waits for the answer any more.
    pub cancel: Cancel,
    /// Takes the answer.
    pub reply: oneshot::Sender<Result<Recognized, RecognizeError>>,
    /// When it was queued.
    pub queued: Instant,
}

/// The waiting windows of all recordings.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Waiting<Task>,
    /// Workers that have nothing to do.
    idle: usize,
    under_way: Vec<UnderWay>,
    closed: bool,
}

/// A window that a worker has.
struct UnderWay {
    turn: Turn,
    begun: Instant,
    cancel: Cancel,
}

impl Queue {
    /// Sets the percentage of compute that batch work gets while interactive work waits.
    pub fn set_batch_share(&self, percent: u8) {
        self.lock().waiting.set_batch_share(percent);
    }

    /// Sets what the choice of the next window is after.
    pub fn set_order(&self, order: Order) {
        self.lock().waiting.set_order(order);
    }

    /// A recording begins.
    pub fn open(&self, claim: Claim) -> LaneId {
        self.lock().waiting.open(claim)
    }

    /// A recording ends; what waits of it is dropped.
    pub fn close_lane(&self, lane: LaneId) {
        self.lock().waiting.close(lane);
    }

    /// Says how much audio of a recording comes after the windows that have been pushed.
    pub fn set_rest(&self, lane: LaneId, rest: SampleCount) {
        self.lock().waiting.set_rest(lane, rest);
    }

    /// Adds a window behind those of the same recording; gives it back if the queue or the recording is closed.
    pub fn push(&self, lane: LaneId, task: Task) -> Result<(), Task> {
        let mut state = self.lock();
        if state.closed {
            return Err(task);
        }
        state.waiting.push(lane, SampleCount::of(&task.samples), task)?;
        state.make_way(lane);
        self.changed.notify_one();
        Ok(())
    }

    /// Takes out the windows that nobody waits for any more.
    pub fn forget_cancelled(&self) {
        self.lock().waiting.retain(|_, task| !task.cancel.is_for_good());
    }

    /// Waits for the next window; `None` once the queue is closed.
    pub fn pop(&self) -> Option<(Turn, Task)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some((turn, task)) = state.waiting.take() {
                let window = UnderWay { turn: turn.clone(), begun: Instant::now(), cancel: task.cancel.clone() };
                state.under_way.push(window);
                return Some((turn, task));
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Counts what a window took that was popped; `worked` if it was recognised.
    pub fn finish(&self, turn: &Turn, task: &Task, took: Duration, worked: bool) {
        let mut state = self.lock();
        state.ended(task);
        state.waiting.finish(turn, took, worked);
    }

    /// Takes a window back that was popped and gave way to a newcomer; it is dropped if nobody waits for it any more.
    pub fn put_back(&self, turn: &Turn, task: Task) {
        let mut state = self.lock();
        state.ended(&task);
        task.cancel.resume();
        if state.closed || task.cancel.is_for_good() {
            state.waiting.finish(turn, Duration::ZERO, false);
        } else {
            let _ = state.waiting.put_back(turn, task);
        }
    }

    /// Wakes all who wait, drops what is queued (whoever waits for it is told), and takes no more.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.retain(|_, _| false);
        self.changed.notify_all();
    }

    /// Windows that wait.
    pub fn len(&self) -> usize {
        self.lock().waiting.windows().count()
    }

    /// How long the oldest of them has waited.
    pub fn oldest_wait(&self) -> Option<Duration> {
        self.lock().waiting.windows().map(|task| task.queued.elapsed()).max()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// If every worker is busy and this recording's first window, just pushed, should not wait for any of them: stops
    /// the one that gives way.
    fn make_way(&self, newcomer: LaneId) {
        if self.waiting.windows().count() <= self.idle {
            return;
        }
        let under_way: Vec<_> = self.under_way.iter().map(|window| (&window.turn, window.begun.elapsed())).collect();
        if let Some(index) = self.waiting.gives_way(newcomer, &under_way) {
            self.under_way[index].cancel.interrupt();
        }
    }

    fn ended(&mut self, task: &Task) {
        self.under_way.retain(|window| !window.cancel.is_of(&task.cancel));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A window that is recognised by its number of samples.
    fn task(mark: usize) -> Task {
        Task {
            samples: vec![0.0; mark],
            options: DecodeOptions::default(),
            cancel: Cancel::default(),
            reply: oneshot::channel().0,
            queued: Instant::now(),
        }
    }

    #[test]
    fn a_cancelled_window_gives_its_place_to_the_next() {
        let queue = Queue::default();
        let (one, two) = (queue.open(Claim::default()), queue.open(Claim::default()));
        let gone = task(1);
        gone.cancel.cancel();
        assert!(queue.push(one, gone).is_ok());
        assert!(queue.push(two, task(2)).is_ok());
        queue.forget_cancelled();
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.pop().map(|(_, task)| task.samples.len()), Some(2));
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn closing_wakes_those_who_wait_and_refuses_more() {
        let queue = Queue::default();
        let lane = queue.open(Claim::default());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.pop().is_none());
            queue.close();
            assert!(waiting.join().expect("the waiting thread"));
        });
        assert!(queue.push(lane, task(1)).is_err());
    }

    #[test]
    fn what_waits_of_a_recording_goes_with_it() {
        let queue = Queue::default();
        let lane = queue.open(Claim::default());
        assert!(queue.push(lane, task(1)).is_ok());
        queue.close_lane(lane);
        assert_eq!(queue.len(), 0);
        assert!(queue.push(lane, task(2)).is_err());
    }
}
