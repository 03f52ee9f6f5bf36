//! The windows that wait, and the books from which it is decided which one is next.
//!
//! It knows no threads and reads no clock, so that a simulation can drive it as the engine does.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use super::share::Shares;
use super::{BATCH_SHARE, Claim, Class, Order, Snapshot, Standing, next, overtakes};
use crate::domain::{Millis, SampleCount};
use crate::speech::MAX_WINDOW;

/// Less audio than this at a recording's end is hardly another window.
const SILENCE: SampleCount = Millis(1000).to_samples();

/// Names a recording while it is being recognised; later ones are higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(u64);

/// Waiting windows of all recordings, each window carrying a `T`. Bounded by its users: each recording looks only a
/// few windows ahead.
pub struct Waiting<T> {
    lanes: BTreeMap<LaneId, Lane<T>>,
    opened: u64,
    parties: Shares<Claim>,
    recordings: HashMap<Claim, Shares<LaneId>>,
    under_way: Vec<Turn>,
    begun: u64,
    batch: Batch,
    pace: Pace,
    order: Order,
}

struct Lane<T> {
    claim: Claim,
    /// Oldest first.
    windows: VecDeque<Window<T>>,
    /// Audio that comes after them; the maximum while nobody knows.
    rest: SampleCount,
}

struct Window<T> {
    audio: SampleCount,
    carried: T,
}

/// A window that has been begun; to be given back with [`Waiting::finish`].
#[derive(Debug, Clone)]
pub struct Turn {
    number: u64,
    /// Its recording.
    pub lane: LaneId,
    claim: Claim,
    audio: SampleCount,
    expected: Duration,
}

impl<T> Waiting<T> {
    /// Nothing waits yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            lanes: BTreeMap::new(),
            opened: 0,
            parties: Shares::new(),
            recordings: HashMap::new(),
            under_way: Vec::new(),
            begun: 0,
            batch: Batch { share: BATCH_SHARE, owed: 0 },
            pace: Pace::default(),
            order: Order::Fair,
        }
    }

    /// Sets the percentage of compute that batch work gets while interactive work waits, 1 to 99.
    pub fn set_batch_share(&mut self, percent: u8) {
        self.batch.share = percent.clamp(1, 99);
    }

    /// Sets what the choice is after.
    pub fn set_order(&mut self, order: Order) {
        self.order = order;
    }

    /// A recording begins.
    pub fn open(&mut self, claim: Claim) -> LaneId {
        self.opened += 1;
        let lane = LaneId(self.opened);
        self.recordings.entry(claim.clone()).or_insert_with(Shares::new);
        self.lanes.insert(lane, Lane { claim, windows: VecDeque::new(), rest: SampleCount(u64::MAX) });
        lane
    }

    /// A recording is at its end or has been given up; what still waits of it is dropped.
    pub fn close(&mut self, lane: LaneId) {
        self.retain(|of, _| of != lane);
        let Some(Lane { claim, .. }) = self.lanes.remove(&lane) else { return };
        if self.lanes.values().any(|other| other.claim == claim) {
            self.recordings.entry(claim).and_modify(|shares| shares.remove(&lane));
        } else {
            self.recordings.remove(&claim);
        }
    }

    /// Says how much audio comes after the windows that have been pushed.
    pub fn set_rest(&mut self, lane: LaneId, rest: SampleCount) {
        if let Some(lane) = self.lanes.get_mut(&lane) {
            lane.rest = rest;
        }
    }

    /// A window waits behind those of the same recording.
    ///
    /// # Errors
    /// The window, if its recording has been closed.
    pub fn push(&mut self, id: LaneId, audio: SampleCount, window: T) -> Result<(), T> {
        let Some(lane) = self.lanes.get_mut(&id) else { return Err(window) };
        lane.windows.push_back(Window { audio, carried: window });
        let head_start = self.pace.expect(MAX_WINDOW);
        self.parties.arrive(&lane.claim, head_start);
        self.recordings.entry(lane.claim.clone()).or_insert_with(Shares::new).arrive(&id, head_start);
        Ok(())
    }

    /// Drops the windows that nobody waits for any more.
    pub fn retain(&mut self, wanted: impl Fn(LaneId, &T) -> bool) {
        for (&id, lane) in &mut self.lanes {
            let before = lane.windows.len();
            lane.windows.retain(|window| wanted(id, &window.carried));
            for _ in lane.windows.len()..before {
                self.parties.withdraw(&lane.claim);
                self.recordings.entry(lane.claim.clone()).and_modify(|shares| shares.withdraw(&id));
            }
        }
    }

    /// Takes the window that is next, if any waits.
    pub fn take(&mut self) -> Option<(Turn, T)> {
        next(&self.snapshot()).and_then(|lane| self.begin(lane))
    }

    /// Takes the window that is next of those that need not wait for a worker, if there is one. Every worker has a window.
    pub fn take_overtaking(&mut self) -> Option<(Turn, T)> {
        if self.order != Order::Fair {
            return None;
        }
        let under_way = self.under_way.iter().filter_map(|turn| self.standing(turn.lane, &turn.claim, turn.audio));
        let (under_way, mut snapshot) = (under_way.collect::<Vec<_>>(), self.snapshot());
        let owed = snapshot.owed_to_batch;
        snapshot.lanes.retain(|waiting| overtakes(waiting, &under_way, owed));
        next(&snapshot).and_then(|lane| self.begin(lane))
    }

    fn begin(&mut self, id: LaneId) -> Option<(Turn, T)> {
        let batch_waits = self.lanes.values().any(|lane| lane.claim.class == Class::Batch && !lane.windows.is_empty());
        let lane = self.lanes.get_mut(&id)?;
        let Window { audio, carried } = lane.windows.pop_front()?;
        self.begun += 1;
        let turn =
            Turn { number: self.begun, lane: id, claim: lane.claim.clone(), audio, expected: self.pace.expect(audio) };
        self.parties.begin(&turn.claim, turn.expected);
        self.recordings.entry(turn.claim.clone()).and_modify(|shares| shares.begin(&id, turn.expected));
        self.batch.begin(turn.claim.class, turn.expected, batch_waits);
        self.under_way.push(turn.clone());
        Some((turn, carried))
    }

    /// A window that was begun has ended after this time; `worked` if it was recognised.
    pub fn finish(&mut self, turn: &Turn, took: Duration, worked: bool) {
        self.under_way.retain(|other| other.number != turn.number);
        if worked {
            self.pace.learn(turn.audio, took);
        }
        self.parties.finish(&turn.claim, turn.expected, took);
        let recordings = self.recordings.entry(turn.claim.clone());
        recordings.and_modify(|shares| shares.finish(&turn.lane, turn.expected, took));
        self.batch.finish(turn.claim.class, turn.expected, took);
    }

    /// All windows that wait.
    pub fn windows(&self) -> impl Iterator<Item = &T> {
        self.lanes.values().flat_map(|lane| &lane.windows).map(|window| &window.carried)
    }

    /// How many windows have been begun and not finished.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Workers that windows need: those that wait, those under way, and those that the same recordings may bring; very many
    /// while nobody knows how long one of these is. Of the recording `alone` no other window is begun before the one under
    /// way has ended.
    #[must_use]
    pub fn needed(&self, alone: Option<LaneId>) -> usize {
        let is_under_way = |id| self.under_way.iter().any(|turn| turn.lane == id);
        let present = self.lanes.iter().filter(|&(&id, lane)| !lane.windows.is_empty() || is_under_way(id));
        let to_come = present.filter(|&(&id, _)| alone != Some(id)).map(|(_, lane)| windows_in(lane.rest));
        to_come.fold(self.windows().count() + self.under_way.len(), usize::saturating_add)
    }

    fn snapshot(&self) -> Snapshot {
        let lanes =
            self.lanes.iter().filter_map(|(&id, lane)| self.standing(id, &lane.claim, lane.windows.front()?.audio));
        Snapshot { lanes: lanes.collect(), owed_to_batch: self.batch.owed(), order: self.order }
    }

    /// How a recording stands with a window of this length.
    fn standing(&self, id: LaneId, claim: &Claim, audio: SampleCount) -> Option<Standing> {
        let waiting = |lane: &Lane<T>| lane.windows.iter().map(|window| window.audio.0).sum::<u64>();
        let left = self.lanes.get(&id).map_or(0, |lane| lane.rest.0.saturating_add(waiting(lane)));
        Some(Standing {
            lane: id,
            class: claim.class,
            party: self.parties.place(claim),
            recording: self.recordings.get(claim)?.place(&id),
            expected: self.pace.expect(audio),
            left: SampleCount(left),
        })
    }
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// As how many windows so much audio is recognised, if somebody speaks throughout.
fn windows_in(audio: SampleCount) -> usize {
    let windows = if audio < SILENCE { 0 } else { audio.0.div_ceil(MAX_WINDOW.0) };
    usize::try_from(windows).unwrap_or(usize::MAX)
}

/// What batch work is behind its share.
struct Batch {
    /// Percent, 1 to 99.
    share: u8,
    /// Nanoseconds; never below 0.
    owed: i128,
}

impl Batch {
    fn owed(&self) -> Duration {
        Duration::from_nanos(u64::try_from(self.owed).unwrap_or(u64::MAX))
    }

    /// Work of this class is begun. Nothing is owed to batch work that does not wait.
    fn begin(&mut self, class: Class, expected: Duration, batch_waits: bool) {
        if batch_waits {
            self.count(class, nanos(expected));
        } else {
            self.owed = 0;
        }
    }

    /// It took longer or shorter than expected.
    fn finish(&mut self, class: Class, expected: Duration, took: Duration) {
        if self.owed > 0 {
            self.count(class, nanos(took) - nanos(expected));
        }
    }

    fn count(&mut self, class: Class, time: i128) {
        let (share, others) = (i128::from(self.share), i128::from(100 - self.share));
        let more = match class {
            Class::Interactive => time * share / others,
            Class::Batch => -time,
        };
        self.owed = (self.owed + more).max(0);
    }
}

fn nanos(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX)
}

/// How fast this machine recognises: compute and audio of the last windows, older ones counting less.
struct Pace {
    compute: Duration,
    audio: SampleCount,
}

impl Default for Pace {
    /// A tenth of real time, until the first window tells.
    fn default() -> Self {
        Self { compute: Duration::from_millis(100), audio: SampleCount(16_000) }
    }
}

impl Pace {
    fn learn(&mut self, audio: SampleCount, took: Duration) {
        self.compute = self.compute * 7 / 8 + took;
        self.audio = SampleCount((self.audio.0 * 7 / 8 + audio.0).max(1));
    }

    fn expect(&self, audio: SampleCount) -> Duration {
        self.compute.mul_f64(audio.as_secs_f64() / self.audio.as_secs_f64())
    }
}
