//! How far the recordings are, on a terminal: a bar for each that is under way, and one for all. Silent anywhere else.
//!
//! The bar for all counts bytes of files: their lengths are known before any is opened, while how long a recording is
//! stands in its container, and not in every one.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

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
    name: String,
    bytes: u64,
    /// Its own bar, in milliseconds; hidden where the bar for all says the same.
    bar: ProgressBar,
}

impl Progress {
    pub fn new(recordings: &[Recording]) -> Self {
        Self::on(ProgressDrawTarget::stderr(), recordings)
    }

    fn on(terminal: ProgressDrawTarget, recordings: &[Recording]) -> Self {
        let bars = MultiProgress::with_draw_target(terminal);
        let all = bars.add(bar(recordings.iter().map(Recording::bytes).sum()));
        all.enable_steady_tick(Duration::from_millis(200));
        let state = State { started: Instant::now(), finished: 0, bytes: 0, audio: Millis(0), open: HashMap::new() };
        Self { bars, all, total: recordings.len(), state: Mutex::new(state) }
    }

    /// A recording was opened, which is said or guessed to be so long.
    pub fn start(&self, recording: &Recording, length: Option<Millis>) {
        let mut bar = bar(length.map_or(0, |Millis(length)| length));
        if self.total > 1 {
            bar = self.bars.insert_before(&self.all, bar);
        }
        let open = Open { name: shortened(&recording.name()), bytes: recording.bytes(), bar };
        open.advance(Millis(0));
        self.update(|state| {
            state.open.insert(recording.path.clone(), open);
        });
    }

    /// So much of it has been recognised.
    pub fn advance(&self, recording: &Recording, position: Millis) {
        self.update(|state| {
            if let Some(open) = state.open.get(&recording.path) {
                open.advance(position);
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

    fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let position = state.position();
        self.all.set_position(position);
        // Before anything is done there is nothing to estimate from.
        let left = if position > 0 { format!("{} left  ", clock(self.all.eta())) } else { String::new() };
        self.all.set_message(state.message(self.total, &left));
    }
}

/// A bar that is not shown yet. Without a length there is nothing to fill: something turns instead. What does not fit into
/// the terminal's line is cut off, so that each bar has one.
fn bar(length: u64) -> ProgressBar {
    let length = Some(length).filter(|length| *length > 0);
    let template =
        if length.is_some() { "{bar:16} {percent:>3} %  {wide_msg}" } else { "{spinner:16}        {wide_msg}" };
    let style = ProgressStyle::with_template(template).expect("the template is a literal");
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
    bar.set_style(style.progress_chars("━━─"));
    bar
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

    /// What matters most comes first.
    fn message(&self, total: usize, left: &str) -> String {
        let audio = self.open.values().fold(self.audio, |sum, open| sum + open.audio());
        let files = if total > 1 { format!("{} of {total} files  ", self.finished) } else { String::new() };
        let audio_clock = clock(Duration::from_millis(audio.0));
        format!("{files}{left}{audio_clock} of audio  {}", speed(audio, self.started.elapsed()))
    }
}

impl Open {
    fn advance(&self, Millis(position): Millis) {
        let at = clock(Duration::from_millis(position));
        let length = self.bar.length().map(|length| format!(" of {}", clock(Duration::from_millis(length))));
        self.bar.set_message(format!("{}  {at}{}", self.name, length.unwrap_or_default()));
        self.bar.set_position(position);
        self.bar.tick();
    }

    fn audio(&self) -> Millis {
        Millis(self.bar.position())
    }

    /// A container may be wrong about its length, or silent.
    fn bytes_done(&self) -> u64 {
        let Some(whole) = self.bar.length() else { return 0 };
        let part = u128::from(self.bytes) * u128::from(self.bar.position().min(whole)) / u128::from(whole);
        u64::try_from(part).unwrap_or(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indicatif::TermLike;

    use super::*;

    /// What a terminal was told to write, whatever is taken away again.
    #[derive(Debug, Clone, Default)]
    struct Written(Arc<Mutex<Vec<String>>>);

    impl Written {
        fn lines(&self) -> Vec<String> {
            self.0.lock().expect("no test panics").clone()
        }

        fn progress(&self, recordings: &[Recording]) -> Progress {
            Progress::on(ProgressDrawTarget::term_like(Box::new(self.clone())), recordings)
        }
    }

    impl TermLike for Written {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, line: &str) -> io::Result<()> {
            self.write_str(line)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().expect("no test panics").push(text.to_owned());
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_has_no_length_is_not_full_from_the_start() {
        let written = Written::default();
        let stdin = Recording::named("-".as_ref());
        let progress = written.progress(std::slice::from_ref(&stdin));
        progress.start(&stdin, None);
        progress.advance(&stdin, Millis(61_000));
        progress.all.force_draw();
        let text = written.lines().concat();
        assert!(text.contains("1:01 of audio"), "{text:?}");
        assert!(!text.contains('%') && !text.contains('━'), "{text:?}");
    }

    #[test]
    fn each_bar_has_a_line() {
        let folder = tempfile::tempdir().expect("a temp folder");
        let recordings = ["a".repeat(99), "b".repeat(99)].map(|name| Recording::named(&folder.path().join(name)));
        recordings.iter().try_for_each(|recording| std::fs::write(&recording.path, "sound")).expect("files");
        let written = Written::default();
        let progress = written.progress(&recordings);
        progress.start(&recordings[0], Some(Millis(7_200_000)));
        progress.start(&recordings[1], None);
        progress.advance(&recordings[0], Millis(3_600_000));
        progress.all.force_draw();
        let lines = written.lines();
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:?}");
        for told in ["aaa  1:00:00 of 2:00:00", "bbb  0:00", "0 of 2 files  "] {
            assert!(lines.iter().any(|line| line.contains(told)), "{told}: {lines:?}");
        }
    }

    #[test]
    fn an_open_recording_counts_as_far_as_it_is_recognised() {
        let done = |length, position| {
            let open = Open { name: String::new(), bytes: 1000, bar: bar(length) };
            open.advance(Millis(position));
            open.bytes_done()
        };
        assert_eq!(done(60_000, 15_000), 250);
        assert_eq!(done(60_000, 90_000), 1000, "longer than its container says");
        assert_eq!(done(0, 15_000), 0);
    }

    #[test]
    fn of_a_long_name_the_end_is_shown() {
        assert_eq!(shortened("a.wav").len(), NAME);
        let short = shortened("2026/11/a very long name of a meeting, part 12.mp3");
        assert_eq!(short.chars().count(), NAME);
        assert!(short.starts_with('…') && short.ends_with("part 12.mp3"));
    }
}
