//! What follows from the decision over many windows, by property.

use proptest::prelude::*;

use super::*;
use crate::speech::MAX_WINDOW;

const SECOND: u64 = 16_000;

/// An engine without threads: its workers hold windows until the one that ends first is asked for.
struct Model {
    waiting: Waiting<u64>,
    /// When it ends, and how long it takes, in milliseconds; and whether it overtakes.
    under_way: Vec<(u64, u64, Turn, bool)>,
    workers: usize,
    express: bool,
    now: u64,
}

impl Model {
    fn new(workers: usize) -> Self {
        Self { waiting: Waiting::new(), under_way: Vec::new(), workers, express: false, now: 0 }
    }

    fn open(&mut self, party: &str, class: Class) -> LaneId {
        self.waiting.open(Claim { party: party.into(), class })
    }

    /// A window of this many seconds, 1 to 29, that takes a tenth of its length and this percentage of it.
    fn push(&mut self, lane: LaneId, seconds: u64, percent: u64) {
        self.waiting.push(lane, SampleCount(seconds * SECOND), seconds * percent).expect("the lane is open");
    }

    /// Gives idle workers their windows; says whose they were.
    fn begin(&mut self) -> Vec<LaneId> {
        let overtaking = self.under_way.iter().filter(|window| window.3).count();
        let before = self.under_way.len() - overtaking;
        let mut begun: Vec<_> = (before..self.workers).map_while(|_| self.waiting.take()).map(|w| (w, false)).collect();
        if self.express && overtaking == 0 && before + begun.len() == self.workers {
            begun.extend(self.waiting.take_overtaking().map(|window| (window, true)));
        }
        let lanes = begun.iter().map(|((turn, _), _)| turn.lane).collect();
        let now = self.now;
        self.under_way.extend(begun.into_iter().map(|((turn, millis), express)| (now + millis, millis, turn, express)));
        lanes
    }

    /// Lets the next window end; says whose it was and what it took, in milliseconds.
    fn end(&mut self) -> (LaneId, u64) {
        let next = (0..self.under_way.len()).min_by_key(|&i| self.under_way[i].0).expect("a window is under way");
        let (now, millis, turn, _) = self.under_way.swap_remove(next);
        self.now = now;
        self.waiting.finish(&turn, Duration::from_millis(millis), true);
        (turn.lane, millis)
    }
}

/// Windows: their seconds of audio, and what percentage of a tenth of that they take.
fn windows() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((1_u64..30, 60_u64..160), 100..200)
}

/// The longest that a window of [`windows`] takes, in milliseconds.
const LONGEST: u64 = 29 * 160;

/// The longest that a newcomer's head start is: the longest window that there can be, at the slowest pace of [`windows`].
const HEAD_START: u64 = MAX_WINDOW.0 * 160 / SECOND + 1;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Two parties with long jobs, one of them with several: each has had the same, but for windows under way.
    #[test]
    fn parties_share_evenly(windows in windows(), workers in 1_usize..5, crowd in 1_usize..5) {
        let mut model = Model::new(workers);
        let alice = model.open("alice", Class::Interactive);
        let bobs: Vec<_> = (0..crowd).map(|_| model.open("bob", Class::Interactive)).collect();
        for &(seconds, percent) in &windows {
            model.push(alice, seconds, percent);
            for &bob in &bobs {
                model.push(bob, percent % 29 + 1, seconds + 60);
            }
        }
        let mut had = (0, 0);
        for _ in 0..windows.len() {
            model.begin();
            let (lane, millis) = model.end();
            if lane == alice { had.0 += millis } else { had.1 += millis }
            prop_assert!(had.0.abs_diff(had.1) <= (workers as u64 + 1) * LONGEST, "{had:?}");
        }
    }

    /// While both wait, batch has its percentage of the compute.
    #[test]
    fn batch_has_its_share(windows in windows(), workers in 1_usize..5, share in 1_u8..100) {
        let mut model = Model::new(workers);
        model.waiting.set_batch_share(share);
        let (urgent, batch) = (model.open("alice", Class::Interactive), model.open("alice", Class::Batch));
        for &(seconds, percent) in &windows {
            model.push(urgent, seconds, percent);
            model.push(batch, percent % 29 + 1, seconds + 60);
        }
        let (mut all, mut of_batch) = (0, 0);
        for _ in 0..windows.len() {
            model.begin();
            let (lane, millis) = model.end();
            all += millis;
            of_batch += if lane == batch { millis } else { 0 };
            let due = all * u64::from(share) / 100;
            prop_assert!(of_batch.abs_diff(due) <= (workers as u64 + 1) * LONGEST, "{of_batch} of {due} due");
        }
    }

    /// Whoever comes with a short recording is next, however many long ones are under way.
    #[test]
    fn a_newcomer_is_next(windows in windows(), workers in 1_usize..5, crowd in 1_usize..6, same in any::<bool>()) {
        let mut model = Model::new(workers);
        let name = |index: usize| if same { "alice".to_owned() } else { format!("party {index}") };
        let long: Vec<_> = (0..crowd).map(|index| model.open(&name(index), Class::Interactive)).collect();
        for &(seconds, percent) in &windows {
            for &lane in &long {
                model.push(lane, seconds.max(20), percent.clamp(80, 130));
            }
        }
        for index in 0..windows.len() {
            model.begin();
            let (lane, _) = model.end();
            if !long.contains(&lane) {
                model.waiting.close(lane);
            }
            if index > 2 * crowd && index % 3 == 0 {
                let short = model.open(&name(index + crowd), Class::Interactive);
                model.push(short, 5, 100);
                prop_assert_eq!(model.begin(), [short]);
            }
        }
    }

    /// Newcomers without end do not keep a long recording from its share, be they another party's or its own. Where
    /// nobody else waited it may have had a window on every worker at once, and newcomers start a head start before the
    /// clock: so much goes first to each who waits with it and to the one for whom a share is kept, and the windows under
    /// way end.
    #[test]
    fn nobody_starves(
        windows in windows(),
        workers in 1_usize..5,
        crowd in 1_usize..6,
        same in any::<bool>(),
        express in any::<bool>(),
    ) {
        let mut model = Model { express, ..Model::new(workers) };
        let long = model.open("alice", Class::Interactive);
        let (mut passed, mut waiting) = (0, 0);
        let at_once = (workers as u64 + u64::from(express)) * LONGEST;
        let most = (crowd as u64 + 2) * (at_once + HEAD_START) + at_once;
        for &(seconds, percent) in windows.iter().cycle().take(1000) {
            model.push(long, seconds, percent);
            for _ in waiting..crowd {
                let short = model.open(if same { "alice" } else { "" }, Class::Interactive);
                model.push(short, 5, percent);
            }
            waiting = crowd;
            for lane in model.begin() {
                waiting -= usize::from(lane != long);
            }
            let (lane, millis) = model.end();
            passed = if lane == long { 0 } else { passed + millis };
            prop_assert!(passed <= most, "it waits while {} ms go to others", passed);
            if lane != long {
                model.waiting.close(lane);
            }
        }
    }
}
