//! When to try again: after a second, then after twice as long each time, up to five minutes, for as long as it takes.
//!
//! What is told is money, so that no event is ever given up. Each wait is shortened by chance, to a half of it at most:
//! many senders whom one fault has stopped do not come back at the same moment.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(5);

/// The longest wait that a receiver can ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// How often in a row it has failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Schedule {
    failures: u32,
}

impl Schedule {
    /// It went well.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// It failed; says how long to wait. `asked` is what the receiver wants to be left alone for, and `chance` any number.
    pub fn failed(&mut self, asked: Option<Duration>, chance: u32) -> Duration {
        let whole = FIRST.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let wait = whole.mul_f64(0.5 + 0.5 * f64::from(chance) / f64::from(u32::MAX));
        wait.max(asked.unwrap_or_default().min(LONGEST_ASKED))
    }

    /// How often it has failed since it went well.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes_and_begin_anew_after_a_success() {
        let mut schedule = Schedule::default();
        let waits: Vec<_> = (0..11).map(|_| schedule.failed(None, u32::MAX).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        for _ in 0..100 {
            assert_eq!(schedule.failed(None, 0), Duration::from_secs(150), "chance takes a half at most");
        }
        schedule.succeeded();
        assert_eq!((schedule.failures(), schedule.failed(None, 0)), (0, Duration::from_millis(500)));
    }

    #[test]
    fn a_receiver_can_ask_for_more_time_but_not_for_ever() {
        let ask = |seconds| Schedule::default().failed(Some(Duration::from_secs(seconds)), u32::MAX).as_secs();
        assert_eq!((ask(0), ask(120), ask(1_000_000)), (1, 120, 3_600));
    }
}
