//! Windows that wait for a worker: one lane for each recording, served in turn.
//!
//! A recording of hours has a few windows in its lane at any time; a short one that comes later waits for the windows
//! under way and for one of each other recording, never for the whole of a long one.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Cancel, DecodeOptions, RecognizeError, Recognized};

/// Names a recording while it is being recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneId(pub u64);

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

/// The waiting windows of all recordings. Bounded by its users: each recording looks only a few windows ahead.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Never an empty lane among them; the front one is served next.
    lanes: VecDeque<(LaneId, VecDeque<Task>)>,
    closed: bool,
}

impl Queue {
    /// Adds a window behind those of the same recording; gives it back if the queue is closed.
    pub fn push(&self, lane: LaneId, task: Task) -> Result<(), Task> {
        let mut state = self.lock();
        if state.closed {
            return Err(task);
        }
        match state.lanes.iter_mut().find(|(id, _)| *id == lane) {
            Some((_, tasks)) => tasks.push_back(task),
            None => state.lanes.push_back((lane, VecDeque::from([task]))),
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Takes out the windows that nobody waits for any more.
    pub fn forget_cancelled(&self) {
        let mut state = self.lock();
        for (_, tasks) in &mut state.lanes {
            tasks.retain(|task| !task.cancel.is_cancelled());
        }
        state.lanes.retain(|(_, tasks)| !tasks.is_empty());
    }

    /// Waits for the next window; `None` once the queue is closed.
    pub fn pop(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(task) = state.take_next() {
                return Some(task);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Wakes all who wait, drops what is queued (whoever waits for it is told), and takes no more.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.lanes.clear();
        self.changed.notify_all();
    }

    /// Windows that wait.
    pub fn len(&self) -> usize {
        self.lock().lanes.iter().map(|(_, tasks)| tasks.len()).sum()
    }

    /// How long the oldest of them has waited.
    pub fn oldest_wait(&self) -> Option<Duration> {
        let state = self.lock();
        state.lanes.iter().filter_map(|(_, tasks)| tasks.front()).map(|task| task.queued.elapsed()).max()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The oldest window of the front lane, which then goes to the back.
    fn take_next(&mut self) -> Option<Task> {
        let (id, mut tasks) = self.lanes.pop_front()?;
        let next = tasks.pop_front();
        if !tasks.is_empty() {
            self.lanes.push_back((id, tasks));
        }
        next
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

    fn push(queue: &Queue, lane: u64, mark: usize) {
        assert!(queue.push(LaneId(lane), task(mark)).is_ok());
    }

    fn pop(queue: &Queue) -> Option<usize> {
        queue.pop().map(|task| task.samples.len())
    }

    #[test]
    fn recordings_take_turns_and_each_keeps_its_order() {
        let queue = Queue::default();
        for (lane, mark) in [(1, 11), (1, 12), (1, 13), (2, 21), (3, 31), (2, 22)] {
            push(&queue, lane, mark);
        }
        let order: Vec<_> = (0..6).filter_map(|_| pop(&queue)).collect();
        assert_eq!(order, [11, 21, 31, 12, 22, 13]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_cancelled_window_gives_its_place_to_the_next() {
        let queue = Queue::default();
        let gone = task(1);
        gone.cancel.cancel();
        assert!(queue.push(LaneId(1), gone).is_ok());
        push(&queue, 2, 2);
        queue.forget_cancelled();
        assert_eq!(queue.len(), 1);
        assert_eq!(pop(&queue), Some(2));
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn closing_wakes_those_who_wait_and_refuses_more() {
        let queue = Queue::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.pop().is_none());
            queue.close();
            assert!(waiting.join().expect("the waiting thread"));
        });
        assert!(queue.push(LaneId(1), task(1)).is_err());
    }
}
