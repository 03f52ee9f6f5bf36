//! How far all recordings together are, on a terminal; silent anywhere else.
//!
//! The bar counts bytes of files: their lengths are known before any is opened, while how long a recording is stands
//! in its container, and not in every one.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::inputs::Recording;
use crate::cli::quantity::{clock, speed};
use crate::domain::Millis;

/// A bar for all recordings.
pub(super) struct Progress {
    bar: ProgressBar,
    total: usize,
    state: Mutex<State>,
}

struct State {
    started: Instant,
    finished: usize,
    /// Bytes of the recordings that are finished, failed ones included.
    bytes: u64,
    /// Audio of the recordings that are finished.
    audio: Millis,
    open: HashMap<PathBuf, Open>,
}

/// A recording under way.
struct Open {
    bytes: u64,
    declared: Option<Millis>,
    position: Millis,
}

impl Progress {
    pub fn new(recordings: &[Recording]) -> Self {
        let bar = ProgressBar::new(recordings.iter().map(Recording::bytes).sum());
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}");
        bar.set_style(style.expect("the template is a literal").progress_chars("━━─"));
        bar.enable_steady_tick(Duration::from_millis(200));
        let state = State { started: Instant::now(), finished: 0, bytes: 0, audio: Millis(0), open: HashMap::new() };
        Self { bar, total: recordings.len(), state: Mutex::new(state) }
    }

    /// A recording was opened.
    pub fn start(&self, recording: &Recording, declared: Option<Millis>) {
        let open = Open { bytes: recording.bytes(), declared, position: Millis(0) };
        self.update(|state| {
            state.open.insert(recording.path.clone(), open);
        });
    }

    /// So much of it has been recognised.
    pub fn advance(&self, recording: &Recording, position: Millis) {
        self.update(|state| {
            if let Some(open) = state.open.get_mut(&recording.path) {
                open.position = position;
            }
        });
    }

    /// It has its transcript, or has failed.
    pub fn finish(&self, recording: &Recording, result: Result<&Millis, &str>) {
        self.update(|state| {
            state.open.remove(&recording.path);
            state.finished += 1;
            state.bytes += recording.bytes();
            state.audio = state.audio + *result.unwrap_or(&Millis(0));
        });
        if self.total > 1 {
            self.bar.println(match result {
                Ok(duration) => format!("✓ {}  {}", recording.name(), clock(Duration::from_millis(duration.0))),
                Err(why) => format!("✗ {}: {why}", recording.name()),
            });
        }
    }

    /// A line that is wanted off a terminal too.
    pub fn note(&self, line: &str) {
        self.suspend(|| {
            let _ = writeln!(io::stderr(), "minuted: {line}");
        });
    }

    /// Takes the bar away while something else is written.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Takes the bar away for good.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let position = state.position();
        self.bar.set_position(position);
        // Before anything is done there is nothing to estimate from.
        let left = if position > 0 { format!("  {} left", clock(self.bar.eta())) } else { String::new() };
        self.bar.set_message(state.message(self.total) + &left);
    }
}

impl State {
    fn position(&self) -> u64 {
        self.bytes + self.open.values().map(Open::bytes_done).sum::<u64>()
    }

    fn message(&self, total: usize) -> String {
        let audio = self.open.values().fold(self.audio, |sum, open| sum + open.position);
        let files = if total > 1 { format!("{} of {total} files  ", self.finished) } else { String::new() };
        let audio_clock = clock(Duration::from_millis(audio.0));
        format!("{files}{audio_clock} of audio  {}", speed(audio, self.started.elapsed()))
    }
}

impl Open {
    /// A container may be wrong about its length, or silent.
    fn bytes_done(&self) -> u64 {
        match self.declared {
            Some(Millis(whole)) if whole > 0 => {
                let part = u128::from(self.bytes) * u128::from(self.position.0.min(whole)) / u128::from(whole);
                u64::try_from(part).unwrap_or(self.bytes)
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_recording_counts_as_far_as_it_is_recognised() {
        let open = |declared, position| Open { bytes: 1000, declared, position: Millis(position) };
        assert_eq!(open(Some(Millis(60_000)), 15_000).bytes_done(), 250);
        assert_eq!(open(Some(Millis(60_000)), 90_000).bytes_done(), 1000, "longer than its container says");
        assert_eq!(open(Some(Millis(0)), 15_000).bytes_done(), 0);
        assert_eq!(open(None, 15_000).bytes_done(), 0);
    }
}
