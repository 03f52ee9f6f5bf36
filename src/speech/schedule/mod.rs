//! Which window is recognised next: the decision, apart from threads and clocks.
//!
//! The decision is [`next`], a pure function of a [`Snapshot`]; [`Waiting`] keeps the books from which a snapshot is
//! taken. In words:
//!
//! 1. **Interactive before batch**, unless batch is owed a window: while both wait, every window of interactive work
//!    adds to what batch is owed, in compute time, so that it gets its share and no more.
//! 2. **Between parties, the one that has had the least compute**; time counts, not windows (`share.rs` tells how, and
//!    whose idea it is). Who comes new stands at the front: it waits for the windows under way, and not for the queue.
//! 3. **Between the recordings of a party** by the same rule, so that a short one is not behind a long one.
//! 4. **Told to finish**, what matters is how much ends: the recording nearest to its end is next, whoever asks.
//!
//! 5. **A window under way gives way once** to a newcomer that would have been next and is much shorter
//!    ([`gives_way`]): it is begun again later, and what it had cost is nobody's.

mod claim;
mod share;
mod waiting;

use std::time::Duration;

use crate::domain::SampleCount;

pub use claim::{Claim, Class, Party};
pub use share::Place;
pub use waiting::{LaneId, Turn, Waiting};

/// Percent of the compute that batch work gets while interactive work waits, unless told otherwise.
pub const BATCH_SHARE: u8 = 10;

/// What the choice between lanes is after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Even shares.
    #[default]
    Fair,
    /// As many recordings as possible come to their end soon.
    NearestEnd,
}

/// All that the decision depends on.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Recordings that have a window waiting.
    pub lanes: Vec<Standing>,
    /// Compute that batch work is behind its share.
    pub owed_to_batch: Duration,
    /// What the choice is after.
    pub order: Order,
}

/// How a recording stands whose next window waits.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The recording; later ones have higher ids.
    pub lane: LaneId,
    /// How urgently it is wanted.
    pub class: Class,
    /// Where its party stands among those of its class.
    pub party: Place,
    /// Where it stands among its party's recordings.
    pub recording: Place,
    /// What its next window is expected to take.
    pub expected: Duration,
    /// Audio up to its end; the maximum if nobody knows.
    pub left: SampleCount,
}

/// The recording whose window is recognised next; `None` if none waits.
#[must_use]
pub fn next(snapshot: &Snapshot) -> Option<LaneId> {
    let first = |class| {
        let lanes = snapshot.lanes.iter().filter(|lane| lane.class == class);
        match snapshot.order {
            Order::Fair => lanes.min_by_key(|lane| (lane.party, lane.recording, lane.lane)),
            Order::NearestEnd => lanes.min_by_key(|lane| (lane.left, lane.lane)),
        }
    };
    let chosen = match (first(Class::Interactive), first(Class::Batch)) {
        (Some(_), Some(batch)) if snapshot.owed_to_batch >= batch.expected => Some(batch),
        (interactive, batch) => interactive.or(batch),
    };
    chosen.map(|standing| standing.lane)
}

/// A window that a worker has.
#[derive(Debug, Clone)]
pub struct UnderWay {
    /// How its recording stands; `expected` is of this window.
    pub standing: Standing,
    /// How long it has been under way.
    pub spent: Duration,
    /// Whether it has given way before.
    pub again: bool,
}

impl UnderWay {
    fn left(&self) -> Duration {
        self.standing.expected.saturating_sub(self.spent)
    }
}

/// Which of the windows under way gives way to a newcomer; every worker has one. `None` if the newcomer had better wait:
/// because a worker will be free before the newcomer itself could be done, or because nobody owes it anything.
///
/// It is the one that was begun last of those that have not given way before, so that little is lost, and every window
/// ends.
#[must_use]
pub fn gives_way(newcomer: &Standing, under_way: &[UnderWay]) -> Option<usize> {
    if under_way.iter().any(|window| window.left() <= newcomer.expected) {
        return None;
    }
    let owes = |window: &UnderWay| {
        let pair = vec![newcomer.clone(), window.standing.clone()];
        let snapshot = Snapshot { lanes: pair, owed_to_batch: Duration::ZERO, order: Order::Fair };
        window.standing.lane != newcomer.lane && next(&snapshot) == Some(newcomer.lane)
    };
    let fit = under_way.iter().enumerate().filter(|(_, window)| !window.again && owes(window));
    fit.min_by_key(|(_, window)| window.spent).map(|(index, _)| index)
}

#[cfg(test)]
mod tests;
