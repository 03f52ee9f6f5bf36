//! What became of all recordings, at the end.

use std::fmt;
use std::time::{Duration, Instant};

use super::inputs::Recording;
use crate::cli::quantity::{clock, count, speed};
use crate::domain::Millis;

/// Counts as recordings finish.
pub(super) struct Summary {
    skipped: usize,
    transcribed: usize,
    audio: Millis,
    failures: Vec<(String, String)>,
    interrupted: bool,
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
            failures: Vec::new(),
            interrupted: false,
            started,
            took: Duration::ZERO,
        }
    }

    /// The model is loaded; from here on time counts.
    pub fn begin(&mut self, now: Instant) {
        self.started = now;
    }

    /// A recording's length, or why it has no transcript.
    pub fn add(&mut self, recording: &Recording, result: Result<Millis, String>) {
        match result {
            Ok(duration) => {
                self.transcribed += 1;
                self.audio = self.audio + duration;
            }
            Err(why) => self.failures.push((recording.name(), why)),
        }
    }

    /// No more will come.
    pub fn end(&mut self, now: Instant, interrupted: bool) {
        self.took = now - self.started;
        self.interrupted = interrupted;
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
        if self.interrupted {
            writeln!(f, "interrupted; the same command goes on where this one stopped")?;
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
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(name: &str) -> Recording {
        Recording { path: name.into(), relative: name.into() }
    }

    #[test]
    fn it_says_how_many_worked_which_failed_and_why() {
        let start = Instant::now();
        let mut summary = Summary::new(2, start);
        summary.add(&recording("a.wav"), Ok(Millis(60_000)));
        summary.add(&recording("b.wav"), Err("the file is empty".to_owned()));
        summary.end(start + Duration::from_secs(3), false);
        assert!(!summary.is_all_well());
        assert_eq!(
            summary.to_string(),
            "minuted: b.wav: the file is empty\n\
             1 recording transcribed, 2 skipped (done before; --force does them again), 1 failed; \
             1:00 of audio in 0:03, 20× real time\n"
        );
    }

    #[test]
    fn nothing_to_do_is_well() {
        let summary = Summary::new(3, Instant::now());
        assert!(summary.is_all_well());
        assert_eq!(summary.to_string(), "0 recordings transcribed, 3 skipped (done before; --force does them again)\n");
    }
}
