//! Windows that wait for a worker: the [`schedule`](super::schedule), shared by the threads of an engine.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::engine::SparePlace;
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
    /// Given back when it is done.
    pub spare: Option<SparePlace>,
}

/// Which windows a worker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// Whichever is next.
    Ordinary,
    /// Only those that overtake, while every other worker is busy.
    Express,
}

/// The waiting windows of all recordings.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    /// Wakes an ordinary worker.
    waiting: Condvar,
    /// Wakes the express worker.
    overtaking: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Waiting<Task>,
    /// Ordinary workers that have nothing to do.
    idle: usize,
    closed: bool,
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
        self.waiting.notify_one();
        self.overtaking.notify_one();
        Ok(())
    }

    /// Takes out the windows that nobody waits for any more.
    pub fn forget_cancelled(&self) {
        self.lock().waiting.retain(|_, task| !task.cancel.is_cancelled());
    }

    /// Waits for the next window for a worker; `None` once the queue is closed.
    pub fn pop(&self, seat: Seat) -> Option<(Turn, Task)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(window) = state.take(seat) {
                // What still waits may overtake this one.
                self.overtaking.notify_one();
                return Some(window);
            }
            state = self.wait(state, seat);
        }
    }

    fn wait<'a>(&self, mut state: MutexGuard<'a, State>, seat: Seat) -> MutexGuard<'a, State> {
        match seat {
            Seat::Ordinary => {
                state.idle += 1;
                let mut state = self.waiting.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
                state
            }
            Seat::Express => self.overtaking.wait(state).unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Counts what a window took that was popped; `worked` if it was recognised.
    pub fn finish(&self, turn: &Turn, took: Duration, worked: bool) {
        self.lock().waiting.finish(turn, took, worked);
    }

    /// Wakes all who wait, drops what is queued (whoever waits for it is told), and takes no more.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.waiting.retain(|_, _| false);
        self.waiting.notify_all();
        self.overtaking.notify_all();
    }

    /// Windows that wait.
    pub fn len(&self) -> usize {
        self.lock().waiting.windows().count()
    }

    /// Windows that were popped and have not ended.
    pub fn under_way(&self) -> usize {
        self.lock().waiting.under_way()
    }

    /// Workers that recordings need, as [`Waiting::needed`] has it.
    pub fn needed(&self, alone: Option<LaneId>) -> usize {
        self.lock().waiting.needed(alone)
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
    fn take(&mut self, seat: Seat) -> Option<(Turn, Task)> {
        match seat {
            Seat::Ordinary => self.waiting.take(),
            // As many as there are idle workers are theirs, who have been woken.
            Seat::Express if self.waiting.windows().count() > self.idle => self.waiting.take_overtaking(),
            Seat::Express => None,
        }
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
            spare: None,
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
        assert_eq!(queue.pop(Seat::Ordinary).map(|(_, task)| task.samples.len()), Some(2));
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn closing_wakes_those_who_wait_and_refuses_more() {
        let queue = Queue::default();
        let lane = queue.open(Claim::default());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.pop(Seat::Ordinary).is_none());
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
