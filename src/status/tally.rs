//! What happened to a model in a span of time, as counts that add up: over seconds, over servers, over widths.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Span;
use super::histogram::{bin_of, middle_of};
use super::sample::{Fault, Outcome, Sample, Work};
use crate::domain::Timestamp;

/// What is counted. Some are counted by a number: the place of a fault in [`Fault::ALL`], or the bin of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Requests that were answered.
    Served,
    /// Requests that failed and that count, by fault.
    Failed,
    /// Requests that failed while a maintenance had been announced, by fault. They do not count.
    Excused,
    /// How many of all these were probes.
    Probes,
    /// Tokens that were written.
    Tokens,
    /// Requests by the time to their first byte, in milliseconds.
    FirstByte,
    /// Requests for audio by their real-time factor, in thousandths: time taken over length of audio.
    RealTime,
    /// Requests for text by their tokens a second, in tenths, from the first token on.
    TokenRate,
}

/// Counts of one model in one span.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<(Measure, u16), u64>);

/// Tallies by the first moment of their span, and by model.
pub type Tallies = BTreeMap<(Timestamp, String), Tally>;

impl Tally {
    /// Counts a request. One that failed is excused during an announced maintenance.
    pub fn count(&mut self, sample: &Sample, excused: bool) {
        if sample.probe {
            self.add(Measure::Probes, 0, 1);
        }
        match &sample.outcome {
            Outcome::Failed(fault) => {
                let measure = if excused { Measure::Excused } else { Measure::Failed };
                let number = Fault::ALL.iter().position(|known| known == fault).unwrap_or_default();
                self.add(measure, u16::try_from(number).unwrap_or_default(), 1);
            }
            // How fast it would have been, nobody knows.
            Outcome::Reached => self.add(Measure::Served, 0, 1),
            Outcome::Served { first_byte, took, work } => {
                self.add(Measure::Served, 0, 1);
                self.add(Measure::FirstByte, bin_of(millis(*first_byte)), 1);
                match work {
                    Work::Audio(length) if length.0 > 0 => {
                        self.add(Measure::RealTime, bin_of(millis(*took) * 1000 / length.0), 1);
                    }
                    Work::Tokens(tokens) => {
                        self.add(Measure::Tokens, 0, *tokens);
                        let writing = millis(took.saturating_sub(*first_byte)).max(1);
                        if *tokens > 1 {
                            self.add(Measure::TokenRate, bin_of((tokens - 1) * 10_000 / writing), 1);
                        }
                    }
                    Work::WholeTokens(tokens) => self.add(Measure::Tokens, 0, *tokens),
                    Work::Audio(_) => {}
                }
            }
        }
    }

    /// Adds to one count.
    pub fn add(&mut self, measure: Measure, number: u16, count: u64) {
        if count > 0 {
            *self.0.entry((measure, number)).or_default() += count;
        }
    }

    /// Adds all of another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (&(measure, number), &count) in &other.0 {
            self.add(measure, number, count);
        }
    }

    /// Each count that is not zero.
    pub fn counts(&self) -> impl Iterator<Item = (Measure, u16, u64)> + '_ {
        self.0.iter().map(|(&(measure, number), &count)| (measure, number, count))
    }

    /// The sum of a measure's counts.
    #[must_use]
    pub fn total(&self, measure: Measure) -> u64 {
        self.of(measure).map(|(_, count)| count).sum()
    }

    /// Requests that count: those that were answered, and those that failed without excuse.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.total(Measure::Served) + self.total(Measure::Failed)
    }

    /// The value that this share of requests (0 to 1000 thousandths) does not pass, as far as its bin tells.
    #[must_use]
    pub fn quantile(&self, measure: Measure, thousandths: u64) -> Option<u64> {
        let total = self.total(measure);
        let rank = (total * thousandths).div_ceil(1000).max(1);
        let mut seen = 0;
        self.of(measure).find_map(|(bin, count)| {
            seen += count;
            (seen >= rank).then(|| middle_of(bin))
        })
    }

    /// The fault behind at least four fifths of the failures, if one is.
    #[must_use]
    pub fn main_fault(&self) -> Option<Fault> {
        let (number, count) = self.of(Measure::Failed).max_by_key(|(_, count)| *count)?;
        let is_most = count * 5 >= self.total(Measure::Failed) * 4;
        Fault::ALL.get(usize::from(number)).copied().filter(|_| is_most)
    }

    fn of(&self, wanted: Measure) -> impl Iterator<Item = (u16, u64)> + '_ {
        self.0.range((wanted, 0)..=(wanted, u16::MAX)).map(|(&(_, number), &count)| (number, count))
    }
}

/// Tallies of minutes, in bounded space however long they wait to be written: what is older than an hour in the first
/// minute of its hour, and what is older than a day in that of its day. Nobody asks for their minutes any more.
pub(super) fn condensed(minutes: Tallies, now: Timestamp) -> Tallies {
    let mut condensed = Tallies::new();
    for ((start, model), tally) in minutes {
        let start = match now.duration_since(start).as_hours() {
            ..1 => start,
            1..24 => Span::Hour.start(start),
            _ => Span::Day.start(start),
        };
        condensed.entry((start, model)).or_default().merge(&tally);
    }
    condensed
}

fn millis(duration: Duration) -> u64 {
    // A year in milliseconds is far from the end of the type, and no request lasts as long.
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).min(31_536_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Millis;

    fn served(first_byte_ms: u64, took_ms: u64, work: Work) -> Sample {
        let (first_byte, took) = (Duration::from_millis(first_byte_ms), Duration::from_millis(took_ms));
        Sample { model: "m".to_owned(), outcome: Outcome::Served { first_byte, took, work }, probe: false }
    }

    #[test]
    fn speed_is_told_in_the_terms_of_the_work() {
        let mut tally = Tally::default();
        tally.count(&served(400, 1_000, Work::Audio(Millis(10_000))), false);
        let about = |told: Option<u64>, value: u64| told.is_some_and(|told| told.abs_diff(value) * 10 <= value);
        assert!(about(tally.quantile(Measure::RealTime, 500), 100), "a tenth: {tally:?}");
        let mut text = Tally::default();
        text.count(&served(200, 1_200, Work::Tokens(51)), false);
        // What came at once says nothing of how fast it was written.
        for _ in 0..9 {
            text.count(&served(2_000, 2_000, Work::WholeTokens(60)), false);
        }
        assert!(about(text.quantile(Measure::TokenRate, 500), 500), "fifty a second: {text:?}");
        assert_eq!((text.total(Measure::Tokens), text.quantile(Measure::RealTime, 500)), (591, None));
    }

    #[test]
    fn what_waits_for_days_takes_no_more_space_than_days() {
        let at = |minute: i64| Timestamp::from_second(minute * 60).expect("a time");
        let mut waiting = Tallies::new();
        for minute in 0..3 * 1440 {
            waiting.entry((at(minute), "m".to_owned())).or_default().add(Measure::Failed, 0, 1);
            waiting = condensed(waiting, at(minute));
        }
        let failed = |day: i64| {
            let of_day = waiting.range((at(day * 1440), String::new())..(at((day + 1) * 1440), String::new()));
            of_day.map(|(_, tally)| tally.total(Measure::Failed)).sum::<u64>()
        };
        assert_eq!([0, 1, 2].map(failed), [1440; 3], "nothing is lost, and all stays in its day");
        assert!(waiting.len() <= 2 + 24 + 61, "{}", waiting.len());
    }

    #[test]
    fn quantiles_are_ranks() {
        let mut tally = Tally::default();
        for ms in 1..=9 {
            tally.count(&served(ms, ms, Work::Tokens(0)), false);
        }
        for (thousandths, value) in [(0, 1), (500, 5), (900, 9), (1000, 9)] {
            assert_eq!(tally.quantile(Measure::FirstByte, thousandths), Some(value), "{thousandths}");
        }
    }

    #[test]
    fn excused_failures_do_not_count_and_probes_are_marked() {
        let failed = |fault| Sample { model: "m".to_owned(), outcome: Outcome::Failed(fault), probe: true };
        let mut tally = Tally::default();
        tally.count(&failed(Fault::Model), true);
        assert_eq!((tally.counted(), tally.main_fault()), (0, None));
        for _ in 0..4 {
            tally.count(&failed(Fault::Backend), false);
        }
        tally.count(&failed(Fault::Overloaded), false);
        assert_eq!((tally.counted(), tally.main_fault()), (5, Some(Fault::Backend)));
        assert_eq!((tally.total(Measure::Probes), tally.total(Measure::Excused)), (6, 1));
        tally.count(&failed(Fault::Overloaded), false);
        assert_eq!(tally.main_fault(), None, "four of six are too few");
    }
}
