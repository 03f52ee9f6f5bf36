//! When a backend is left alone: a state machine with the clock given, so that every way through it can be tested.
//!
//! Closed, requests go there, and failures in a row are counted. Open, nobody goes there for a while. Half open, one
//! request goes there, and what comes of it decides. A backend that is overloaded says itself for how long it wants to
//! be left alone.

use std::time::{Duration, Instant};

/// The longest time that a backend is left alone.
const LONGEST: Duration = Duration::from_mins(1);

/// When it opens and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BreakerRules {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it is open at first; twice as long after each trial that failed, up to a minute.
    pub open: Duration,
}

/// How a request at a backend went, as far as the backend is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It answered, to the end.
    Good,
    /// It began to answer.
    Begun,
    /// It could not be reached, was silent for too long, broke off, or failed.
    Bad,
    /// It has too much to do, and asks for this much time.
    Overloaded(Option<Duration>),
    /// Nobody knows: the client has gone before.
    Unknown,
}

/// The breaker of one backend.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker {
    state: State,
    /// For how long it was open last.
    pause: Duration,
    /// Whether it is open because the backend has asked for it.
    is_limited: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    Trial,
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

impl Breaker {
    /// Whether a request may go there now.
    pub(super) fn admits(&self, now: Instant) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { until } => until <= now,
            State::Trial => false,
        }
    }

    /// Whether the backend is left alone because it said that it has too much to do.
    pub(super) fn is_limited(&self) -> bool {
        self.is_limited
    }

    /// How long until a request may go there.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        match self.state {
            State::Closed { .. } => Duration::ZERO,
            State::Open { until } => until.saturating_duration_since(now),
            State::Trial => Duration::from_secs(1),
        }
    }

    /// A request goes there; once it has been open, that is the trial. `false` if another was faster.
    pub(super) fn enter(&mut self, now: Instant) -> bool {
        if !self.admits(now) {
            return false;
        }
        if let State::Open { .. } = self.state {
            self.state = State::Trial;
        }
        true
    }

    /// What came of it.
    pub(super) fn note(&mut self, verdict: Verdict, rules: &BreakerRules, now: Instant) {
        match (verdict, self.state) {
            (Verdict::Good, State::Open { .. }) => {} // of a request that began before it opened
            (Verdict::Good, _) | (Verdict::Begun, State::Trial) => *self = Self::default(),
            (Verdict::Overloaded(asked), _) => {
                self.state = State::Open { until: now + asked.unwrap_or(rules.open).min(LONGEST) };
                self.is_limited = true;
            }
            (Verdict::Bad, State::Closed { failures }) if failures + 1 < rules.failures => {
                self.state = State::Closed { failures: failures + 1 };
            }
            (Verdict::Bad, State::Closed { .. }) => self.open(rules.open, now),
            // It was left alone because it had asked for it, and has failed for the first time.
            (Verdict::Bad, State::Trial) if self.is_limited && rules.failures > 1 => {
                *self = Self { state: State::Closed { failures: 1 }, ..Self::default() };
            }
            (Verdict::Bad, State::Trial) => self.open((self.pause * 2).clamp(rules.open, LONGEST.max(rules.open)), now),
            (Verdict::Unknown, State::Trial) => self.state = State::Open { until: now },
            (Verdict::Bad, State::Open { .. }) | (Verdict::Unknown | Verdict::Begun, _) => {}
        }
    }

    fn open(&mut self, pause: Duration, now: Instant) {
        *self = Self { state: State::Open { until: now + pause }, pause, is_limited: false };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Bad, Begun, Good, Overloaded, Unknown};

    const RULES: BreakerRules = BreakerRules { failures: 3, open: Duration::from_secs(10) };

    /// What happens at a second, and whether a request may go there right after.
    fn play(steps: &[(u64, Option<Verdict>, bool)]) {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        for (turn, &(second, verdict, admits)) in steps.iter().enumerate() {
            let now = start + Duration::from_secs(second);
            match verdict {
                Some(verdict) => breaker.note(verdict, &RULES, now),
                None => {
                    breaker.enter(now);
                }
            }
            assert_eq!(breaker.admits(now), admits, "step {turn}: {breaker:?}");
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        play(&[(0, Some(Bad), true), (0, Some(Bad), true), (0, Some(Good), true), (0, Some(Bad), true)]);
        play(&[(0, Some(Bad), true), (0, Some(Bad), true), (0, Some(Bad), false)]);
    }

    #[test]
    fn answers_that_begin_and_break_off_are_failures_in_a_row() {
        let broken = [(0, Some(Begun), true), (0, Some(Bad), true)];
        play(
            &[&broken[..], &broken, &[(0, Some(Begun), true), (0, Some(Bad), false), (0, Some(Begun), false)]].concat(),
        );
    }

    #[test]
    fn after_its_pause_one_request_tries_and_decides() {
        let opened = [(0, Some(Bad), true), (0, Some(Bad), true), (0, Some(Bad), false)];
        let trial = [(9, None, false), (10, None, false)];
        play(&[&opened[..], &trial, &[(10, Some(Good), true), (10, Some(Bad), true)]].concat());
        play(&[&opened[..], &trial, &[(10, Some(Bad), false), (29, None, false), (30, None, false)]].concat());
        play(&[&opened[..], &trial, &[(10, Some(Begun), true), (10, Some(Bad), true)]].concat());
        play(&[&opened[..], &trial, &[(11, Some(Unknown), true)]].concat());
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let (start, mut breaker) = (Instant::now(), Breaker::default());
        (0..3).for_each(|_| breaker.note(Bad, &RULES, start));
        let mut now = start;
        for pause in [10, 20, 40, 60, 60] {
            assert_eq!(breaker.wait(now), Duration::from_secs(pause));
            now += Duration::from_secs(pause);
            assert!(breaker.enter(now) && !breaker.enter(now), "one goes, and no second");
            breaker.note(Bad, &RULES, now);
        }
    }

    #[test]
    fn overload_opens_it_for_as_long_as_it_asks_and_a_minute_at_most() {
        play(&[(0, Some(Overloaded(Some(Duration::from_secs(5)))), false), (4, None, false), (5, None, false)]);
        play(&[(0, Some(Overloaded(None)), false), (9, None, false), (10, Some(Good), true)]);
        let limited = [(0, Some(Overloaded(None)), false), (10, None, false)];
        play(&[&limited[..], &[(10, Some(Bad), true), (10, Some(Bad), true), (10, Some(Bad), false)]].concat());
        let (start, mut breaker) = (Instant::now(), Breaker::default());
        breaker.note(Overloaded(Some(Duration::from_hours(1))), &RULES, start);
        assert_eq!(breaker.wait(start), Duration::from_mins(1));
        breaker.note(Good, &RULES, start);
        assert!(!breaker.admits(start), "a request that began before says nothing of now");
    }

    #[test]
    fn it_is_known_whether_the_backend_has_asked_to_be_left_alone() {
        let (start, mut breaker) = (Instant::now(), Breaker::default());
        for (verdict, is_limited) in
            [(Overloaded(None), true), (Unknown, true), (Bad, false), (Overloaded(None), true), (Good, false)]
        {
            // A trial, whenever there is one.
            breaker.enter(start + LONGEST);
            breaker.note(verdict, &RULES, start);
            assert_eq!(breaker.is_limited(), is_limited, "{verdict:?}");
        }
    }
}
