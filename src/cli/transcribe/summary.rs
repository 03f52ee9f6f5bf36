//! What became of all recordings, at the end.

use std::fmt;
use std::time::{Duration, Instant};

use super::inputs::Recording;
use super::job::Transcribed;
use crate::cli::quantity::{clock, count, speed};
use crate::domain::{Millis, NanoMoney};

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Every recording has had its turn.
    Complete,
    /// A signal came.
    Interrupted,
    /// Nothing more can be written.
    NoRoom,
}

/// Counts as recordings finish.
pub(super) struct Summary {
    skipped: usize,
    transcribed: usize,
    audio: Millis,
    /// What the service would charge for them; `None` if it has no price for the model.
    price: Option<NanoMoney>,
    failures: Vec<(String, String)>,
    end: End,
    started: Instant,
    took: Duration,
}

impl Summary {
    /// So many recordings had their transcripts already.
    pub fn new(skipped: usize, started: Instant) -> Self {
        Self {
            skipped,
            transcribed: 0,
            audio: Millis(0),
            price: None,
            failures: Vec::new(),
            end: End::Complete,
            started,
            took: Duration::ZERO,
        }
    }

    /// The model is loaded; from here on time counts.
    pub fn begin(&mut self, now: Instant) {
        self.started = now;
    }

    /// A recording's length and price, or why it has no transcript.
    pub fn add(&mut self, recording: &Recording, result: Result<Transcribed, String>) {
        match result {
            Ok(Transcribed { duration, price }) => {
                self.transcribed += 1;
                self.audio = self.audio + duration;
                let before = self.price.map_or(0, |price| price.nanos);
                self.price = price.map(|price| NanoMoney { nanos: before + price.nanos, ..price });
            }
            Err(why) => self.failures.push((recording.name(), why)),
        }
    }

    /// No more will come.
    pub fn end(&mut self, now: Instant, end: End) {
        self.took = now - self.started;
        self.end = end;
    }

    /// A line for each recording that failed.
    pub fn failures(&self) -> String {
        let lines: Vec<_> = self.failures.iter().map(|(name, why)| format!("minuted: {name}: {why}\n")).collect();
        lines.concat()
    }

    /// Whether no recording failed.
    pub fn is_all_well(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failures())?;
        let early = match self.end {
            End::Complete => None,
            End::Interrupted => Some("interrupted"),
            End::NoRoom => Some("stopped, as nothing more can be written"),
        };
        if let Some(early) = early {
            writeln!(f, "{early}; the same command goes on where this one stopped")?;
        }
        write!(f, "{} transcribed", count(self.transcribed, "recording"))?;
        if self.skipped > 0 {
            write!(f, ", {} skipped (done before; --force does them again)", self.skipped)?;
        }
        if !self.failures.is_empty() {
            write!(f, ", {} failed", self.failures.len())?;
        }
        if self.audio > Millis(0) {
            let audio = clock(Duration::from_millis(self.audio.0));
            write!(f, "; {audio} of audio in {}, {}", clock(self.took), speed(self.audio, self.took))?;
        }
        if let Some(price) = self.price {
            write!(f, "; {price} by the tariff")?;
        }
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    fn recording(name: &str) -> Recording {
        Recording { path: name.into(), relative: name.into() }
    }

    #[test]
    fn it_says_how_many_worked_which_failed_and_why() {
        let start = Instant::now();
        let mut summary = Summary::new(2, start);
        let cents = |cents: i64| Some(NanoMoney { nanos: cents * 10_000_000, currency: Currency::EUR });
        summary.add(&recording("a.wav"), Ok(Transcribed { duration: Millis(45_000), price: cents(1) }));
        summary.add(&recording("c.wav"), Ok(Transcribed { duration: Millis(75_000), price: cents(2) }));
        summary.add(&recording("b.wav"), Err("the file is empty".to_owned()));
        summary.end(start + Duration::from_secs(3), End::Complete);
        assert!(!summary.is_all_well());
        assert_eq!(
            summary.to_string(),
            "minuted: b.wav: the file is empty\n\
             2 recordings transcribed, 2 skipped (done before; --force does them again), 1 failed; \
             2:00 of audio in 0:03, 40× real time; 0.03 EUR by the tariff\n"
        );
    }

    #[test]
    fn it_says_why_it_ended_early() {
        let start = Instant::now();
        for (end, told) in [(End::Interrupted, "interrupted"), (End::NoRoom, "stopped, as nothing more can be written")]
        {
            let mut summary = Summary::new(0, start);
            summary.end(start, end);
            let expected =
                format!("{told}; the same command goes on where this one stopped\n0 recordings transcribed\n");
            assert_eq!(summary.to_string(), expected);
        }
    }

    #[test]
    fn nothing_to_do_is_well() {
        let summary = Summary::new(3, Instant::now());
        assert!(summary.is_all_well());
        assert_eq!(summary.to_string(), "0 recordings transcribed, 3 skipped (done before; --force does them again)\n");
    }
}
