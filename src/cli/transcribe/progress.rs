//! How far the recordings are, on a terminal: a bar for each that is under way, and one for all. Silent anywhere else.
//!
//! The bar for all counts bytes of files: their lengths are known before any is opened, while how long a recording is
//! stands in its container, and not in every one.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::inputs::Recording;
use crate::cli::quantity::{clock, speed};
use crate::domain::Millis;

/// Characters of a recording's name that stand beside its bar.
const NAME: usize = 32;

/// The bars.
pub(super) struct Progress {
    bars: MultiProgress,
    all: ProgressBar,
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
    /// Its own bar; hidden where the bar for all says the same.
    bar: ProgressBar,
}

impl Progress {
    pub fn new(recordings: &[Recording]) -> Self {
        let bars = MultiProgress::new();
        let all = bars.add(ProgressBar::new(recordings.iter().map(Recording::bytes).sum()));
        all.set_style(style("{bar:30} {percent:>3} %  {msg}"));
        all.enable_steady_tick(Duration::from_millis(200));
        let state = State { started: Instant::now(), finished: 0, bytes: 0, audio: Millis(0), open: HashMap::new() };
        Self { bars, all, total: recordings.len(), state: Mutex::new(state) }
    }

    /// A recording was opened.
    pub fn start(&self, recording: &Recording, declared: Option<Millis>) {
        let bar = if self.total > 1 { self.bar_of(recording, declared) } else { ProgressBar::hidden() };
        let open = Open { bytes: recording.bytes(), declared, position: Millis(0), bar };
        self.update(|state| {
            state.open.insert(recording.path.clone(), open);
        });
    }

    /// So much of it has been recognised.
    pub fn advance(&self, recording: &Recording, position: Millis) {
        self.update(|state| {
            if let Some(open) = state.open.get_mut(&recording.path) {
                open.position = position;
                open.show();
            }
        });
    }

    /// It has its transcript, or has failed.
    pub fn finish(&self, recording: &Recording, result: Result<Millis, &str>) {
        self.update(|state| {
            if let Some(open) = state.open.remove(&recording.path) {
                open.bar.finish_and_clear();
                self.bars.remove(&open.bar);
            }
            state.finished += 1;
            state.bytes += recording.bytes();
            state.audio = state.audio + result.unwrap_or(Millis(0));
        });
        if self.total > 1 {
            let _ = self.bars.println(match result {
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

    /// Takes the bars away while something else is written.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bars.suspend(write)
    }

    /// Takes the bars away for good.
    pub fn clear(&self) {
        self.all.finish_and_clear();
        let _ = self.bars.clear();
    }

    /// A bar of its own, above the one for all. Without a length there is nothing to fill, so only the time is told.
    fn bar_of(&self, recording: &Recording, declared: Option<Millis>) -> ProgressBar {
        let (length, template) = match declared {
            Some(Millis(length)) if length > 0 => (length, "{bar:30} {percent:>3} %  {prefix}  {msg}"),
            _ => (1, "{spinner:30}        {prefix}  {msg}"),
        };
        let bar = self.bars.insert_before(&self.all, ProgressBar::new(length));
        bar.set_style(style(template));
        bar.set_prefix(shortened(&recording.name()));
        bar
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let position = state.position();
        self.all.set_position(position);
        // Before anything is done there is nothing to estimate from.
        let left = if position > 0 { format!("  {} left", clock(self.all.eta())) } else { String::new() };
        self.all.set_message(state.message(self.total) + &left);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is a literal").progress_chars("━━─")
}

/// The end of a long name: it tells recordings of one meeting apart.
fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME {
        return format!("{name:NAME$}");
    }
    let end: String = name.chars().skip(length - NAME + 1).collect();
    format!("…{end}")
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
    fn show(&self) {
        let at = clock(Duration::from_millis(self.position.0));
        match self.declared {
            Some(Millis(length)) if length > 0 => {
                self.bar.set_position(self.position.0.min(length));
                self.bar.set_message(format!("{at} of {}", clock(Duration::from_millis(length))));
            }
            _ => self.bar.set_message(at),
        }
        self.bar.tick();
    }

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
        let open = |declared, position| {
            let bar = ProgressBar::hidden();
            Open { bytes: 1000, declared, position: Millis(position), bar }
        };
        assert_eq!(open(Some(Millis(60_000)), 15_000).bytes_done(), 250);
        assert_eq!(open(Some(Millis(60_000)), 90_000).bytes_done(), 1000, "longer than its container says");
        assert_eq!(open(Some(Millis(0)), 15_000).bytes_done(), 0);
        assert_eq!(open(None, 15_000).bytes_done(), 0);
    }

    #[test]
    fn of_a_long_name_the_end_is_shown() {
        assert_eq!(shortened("a.wav").len(), NAME);
        let short = shortened("2026/11/a very long name of a meeting, part 12.mp3");
        assert_eq!(short.chars().count(), NAME);
        assert!(short.starts_with('…') && short.ends_with("part 12.mp3"));
    }
}
