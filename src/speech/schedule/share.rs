//! Even shares of compute for those who take turns: start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996), on
//! several servers at once.
//!
//! Each flow has a place: the compute that it has had, in nanoseconds, and what its windows under way are expected to
//! take. Whoever has the lowest place is next. A clock says where the flows are that are active: it goes along with
//! every window that is begun, and by an even share of every window's compute, a share being kept for one more than there
//! are. Who comes new, or back after a pause,
//! starts a head start before the clock: a window's worth, so that it is next. A pause earns no more than that, and as
//! the clock goes on, a crowd of newcomers cannot overtake those who wait for ever.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// The flows of one level: the claims on an engine, or the recordings of a claim.
pub(super) struct Shares<K> {
    /// Where the active flows are.
    clock: u64,
    /// Turns given so far.
    turns: u64,
    flows: HashMap<K, Flow>,
}

#[derive(Default)]
struct Flow {
    served: u64,
    /// What its windows under way are expected to take.
    expected: u64,
    /// Windows that wait or are under way; a flow without any is idle.
    windows: usize,
    last_turn: u64,
}

/// Where a flow stands; the lowest is next. Of two that have had the same, the one whose turn is longer ago.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Compute had or under way, in nanoseconds of the level's clock.
    pub had: u64,
    /// The number of its last turn; 0 before the first.
    pub last_turn: u64,
}

impl<K: Clone + Eq + Hash> Shares<K> {
    pub fn new() -> Self {
        Self { clock: 0, turns: 0, flows: HashMap::new() }
    }

    /// A window more waits. A flow that was idle is this far before the clock, unless it has had more.
    pub fn arrive(&mut self, key: &K, head_start: Duration) {
        let start = self.clock.saturating_sub(nanos(head_start));
        // Idle flows that have had less would start there, too.
        self.flows.retain(|_, flow| flow.windows > 0 || flow.served > start);
        let flow = self.flows.entry(key.clone()).or_default();
        if flow.windows == 0 {
            flow.served = flow.served.max(start);
        }
        flow.windows += 1;
    }

    /// A waiting window does not wait any more, and was not begun.
    pub fn withdraw(&mut self, key: &K) {
        if let Some(flow) = self.flows.get_mut(key) {
            flow.windows -= 1;
        }
    }

    /// A waiting window is begun.
    pub fn begin(&mut self, key: &K, expected: Duration) {
        self.turns += 1;
        if let Some(flow) = self.flows.get_mut(key) {
            flow.expected += nanos(expected);
            flow.last_turn = self.turns;
            self.clock = self.clock.max(flow.served);
        }
    }

    /// A window under way has ended, and took this long.
    pub fn finish(&mut self, key: &K, expected: Duration, took: Duration) {
        if let Some(flow) = self.flows.get_mut(key) {
            flow.expected -= nanos(expected);
            flow.served += nanos(took);
            let active = self.flows.values().filter(|flow| flow.windows > 0).count() as u64;
            self.clock += nanos(took) / (active + 1);
        }
        self.withdraw(key);
    }

    /// Where a flow stands.
    pub fn place(&self, key: &K) -> Place {
        self.flows.get(key).map_or(Place { had: self.clock, last_turn: 0 }, |flow| Place {
            had: flow.served + flow.expected,
            last_turn: flow.last_turn,
        })
    }

    /// Forgets a flow that will not come back.
    pub fn remove(&mut self, key: &K) {
        self.flows.remove(key);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn served(shares: &mut Shares<char>, key: char) {
        shares.begin(&key, SECOND);
        shares.finish(&key, SECOND, SECOND);
    }

    #[test]
    fn a_pause_earns_nothing() {
        let mut shares = Shares::new();
        shares.arrive(&'a', SECOND);
        shares.arrive(&'b', SECOND);
        served(&mut shares, 'b');
        for _ in 0..1000 {
            served(&mut shares, 'a');
            shares.arrive(&'a', SECOND);
        }
        shares.arrive(&'b', SECOND);
        let (long, back) = (shares.place(&'a').had, shares.place(&'b').had);
        assert!(back <= long && long - back <= 2_000_000_000, "{back} {long}");
    }

    #[test]
    fn idle_flows_are_forgotten_once_the_clock_has_passed_them() {
        let mut shares = Shares::new();
        for key in 'a'..='z' {
            shares.arrive(&key, SECOND);
            served(&mut shares, key);
        }
        assert!(shares.flows.len() < 5, "{} of 26 flows are kept", shares.flows.len());
    }
}
