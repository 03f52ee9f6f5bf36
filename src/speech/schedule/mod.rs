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
//! 5. **A short window overtakes** ([`overtakes`]): where every worker has a window, and one of these is much longer and
//!    would have come after it, it is begun at once, by the one worker more that an engine may have for that. Nobody
//!    leaves off; the others go on more slowly meanwhile.

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

/// How much longer than a window one under way is that it overtakes.
const MUCH_LONGER: u32 = 2;

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

/// Whether a window need not wait for a worker: one under way is much longer and would have come after it. No window
/// overtakes one of its own recording.
#[must_use]
pub fn overtakes(waiting: &Standing, under_way: &[Standing], owed_to_batch: Duration) -> bool {
    let comes_after = |other: &Standing| {
        let pair = Snapshot { lanes: vec![waiting.clone(), other.clone()], owed_to_batch, order: Order::Fair };
        other.expected >= waiting.expected * MUCH_LONGER && next(&pair) == Some(waiting.lane)
    };
    under_way.iter().all(|other| other.lane != waiting.lane) && under_way.iter().any(comes_after)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
