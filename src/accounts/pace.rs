//! How often something may happen in a minute: the generic cell rate algorithm (ITU-T I.371), which keeps one time for
//! each name. A whole minute's worth may come at once; from then on one comes back at a time, evenly.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use crate::domain::Timestamp;

const MINUTE_MICROS: i64 = 60_000_000;

/// Names kept at once. A name costs some dozen bytes and is forgotten a minute after its last turn; should there ever be
/// more, all are forgotten, since memory is worth more than a minute's strictness.
const NAMES: usize = 1 << 16;

/// Keeps the pace of many.
#[derive(Debug)]
pub(super) struct Pace<K> {
    /// When, in microseconds since 1970, nothing of what a name has used is left in its minute.
    clear_at: HashMap<K, i64>,
}

/// How much of a minute's worth is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The whole.
    pub limit: u32,
    /// How many can still come at once.
    pub remaining: u32,
    /// When the whole is there again, if nothing more comes.
    pub resets_in: Duration,
}

/// What a turn would come to.
struct Step {
    /// What of the minute is used after it, in microseconds.
    used: i64,
    turn: Turn,
    /// How long until it is possible; zero if it is.
    wait: Duration,
}

impl<K: Hash + Eq + Clone> Pace<K> {
    pub(super) fn new() -> Self {
        Self { clear_at: HashMap::new() }
    }

    /// A turn for each of these, or for none of them. The tightest of what is left; `None` if nobody has a limit.
    ///
    /// # Errors
    /// The first that has to wait: its place in the list, what it has left, and how long until its next turn.
    pub(super) fn take(&mut self, names: &[(K, u32)], now: Timestamp) -> Result<Option<Turn>, (usize, Turn, Duration)> {
        let now = now.as_microsecond();
        let steps: Vec<Step> = names.iter().map(|(name, limit)| self.step(name, *limit, now)).collect();
        if let Some((at, step)) = steps.iter().enumerate().find(|(_, step)| !step.wait.is_zero()) {
            return Err((at, step.turn, step.wait));
        }
        for ((name, _), step) in names.iter().zip(&steps) {
            self.make_room(now);
            self.clear_at.insert(name.clone(), now + step.used);
        }
        Ok(steps.into_iter().map(|step| step.turn).min_by_key(|turn| turn.remaining))
    }

    fn step(&self, name: &K, limit: u32, now: i64) -> Step {
        let limit = limit.max(1);
        // Rounded up, so that never more than the limit fits.
        let each = MINUTE_MICROS.unsigned_abs().div_ceil(limit.into()).cast_signed();
        let whole = each * i64::from(limit);
        // A clock that was set back must not lock anyone out for longer than a minute.
        let used = self.clear_at.get(name).map_or(0, |clear_at| clear_at - now).clamp(0, whole);
        let wait = micros(used + each - whole);
        let used = if wait.is_zero() { used + each } else { used };
        let remaining = u32::try_from((whole - used) / each).unwrap_or(limit);
        Step { used, turn: Turn { limit, remaining, resets_in: micros(used) }, wait }
    }

    fn make_room(&mut self, now: i64) {
        if self.clear_at.len() >= NAMES {
            self.clear_at.retain(|_, clear_at| *clear_at > now);
        }
        if self.clear_at.len() >= NAMES {
            self.clear_at.clear();
        }
    }
}

fn micros(count: i64) -> Duration {
    Duration::from_micros(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(micros).expect("a time")
    }

    fn turns(pace: &mut Pace<u8>, limit: u32, now: i64) -> u32 {
        let mut count = 0;
        while pace.take(&[(7, limit)], at(now)).is_ok() {
            count += 1;
        }
        count
    }

    #[test]
    fn a_minutes_worth_at_once_and_then_one_at_a_time() {
        let mut pace = Pace::new();
        assert_eq!(turns(&mut pace, 7, 0), 7);
        let (_, turn, wait) = pace.take(&[(7, 7)], at(0)).expect_err("nothing is left");
        assert_eq!((turn.remaining, turn.resets_in.as_secs(), wait.as_secs()), (0, 60, 8));
        assert_eq!(turns(&mut pace, 7, 8_600_000), 1);
        assert_eq!(turns(&mut pace, 7, 120_000_000), 7);
    }

    #[test]
    fn whoever_is_refused_for_one_limit_has_used_none_of_the_other() {
        let mut pace = Pace::new();
        let both = [(1, 10), (2, 1)];
        let left = pace.take(&both, at(0)).expect("the first").expect("a limit");
        assert_eq!((left.limit, left.remaining), (1, 0), "the tightest is told");
        for _ in 0..20 {
            assert_eq!(pace.take(&both, at(0)).expect_err("the second is used up").0, 1);
        }
        assert_eq!(pace.take(&[(1, 10)], at(0)).expect("the first has more").expect("a limit").remaining, 8);
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out_for_long() {
        let mut pace = Pace::new();
        turns(&mut pace, 60, 1_000_000_000_000);
        let (_, _, wait) = pace.take(&[(7, 60)], at(0)).expect_err("still used up");
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
    }

    #[test]
    fn those_who_come_no_more_are_forgotten() {
        let mut pace = Pace::new();
        for name in 0..3 * NAMES {
            pace.take(&[(name, 1)], at(0)).expect("its first turn");
        }
        assert!(pace.clear_at.len() <= NAMES);
    }

    proptest! {
        #[test]
        fn no_minute_has_more_than_a_minutes_worth_twice(limit in 1_u32..50, gaps in prop::collection::vec(0_i64..5_000_000, 1..200)) {
            let mut pace = Pace::new();
            let (mut now, mut taken) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                match pace.take(&[(0_u8, limit)], at(now)) {
                    Ok(_) => taken.push(now),
                    Err((_, _, wait)) => prop_assert!(wait <= Duration::from_mins(1)),
                }
            }
            for start in &taken {
                let within = taken.iter().filter(|moment| (*start..start + MINUTE_MICROS).contains(moment)).count();
                prop_assert!(within <= 2 * limit as usize, "what was saved, and what came back meanwhile");
            }
        }
    }
}
