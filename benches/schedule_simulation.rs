//! Waiting times of a recorded day under three schedules: ours, first come first served, and recordings in turn.
//!
//! `cargo bench --bench schedule_simulation [speed]`. The arrivals are in `arrivals.tsv`; our schedule is the engine's
//! own [`Waiting`], driven on a clock of its own. A window takes its length over `speed` (5 times real time unless
//! told otherwise); recordings look as far ahead as the engine lets them.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::time::Duration;

use minuted::domain::{Millis, SampleCount};
use minuted::speech::schedule::{LaneId, Turn, Waiting};
use minuted::speech::{Claim, Class};

const ARRIVALS: &str = include_str!("arrivals.tsv");
const WORKERS: usize = 2;
/// Windows of a recording at the engine: one for each worker, and one that waits.
const AHEAD: usize = WORKERS + 1;
/// Milliseconds of audio in a full window.
const WINDOW: u64 = 29_000;

/// A recording of the file.
struct Recording {
    /// Milliseconds from the start.
    at: u64,
    claim: Claim,
    /// Milliseconds of audio in each of its windows.
    windows: Vec<u64>,
}

fn recordings() -> Vec<Recording> {
    let rows = ARRIVALS.lines().filter(|line| !line.starts_with('#'));
    let millis = |text: &str| Duration::from_secs_f64(text.parse().expect("seconds")).as_millis();
    rows.map(|row| {
        let columns: Vec<&str> = row.split('\t').collect();
        let class = if columns[2] == "batch" { Class::Batch } else { Class::Interactive };
        let audio = u64::try_from(millis(columns[3])).expect("short");
        let full = usize::try_from(audio / WINDOW).expect("short");
        let mut windows = vec![WINDOW; full];
        windows.extend(Some(audio % WINDOW).filter(|&rest| rest > 0));
        let at = u64::try_from(millis(columns[0])).expect("short");
        Recording { at, claim: Claim { party: columns[1].into(), class }, windows }
    })
    .collect()
}

/// A row of the table: its name, and which recordings it counts.
type Kind = (&'static str, fn(&Recording) -> bool);

/// What chooses the next window; windows are named by the recording's number.
trait Schedule {
    fn push(&mut self, recording: usize, claim: &Claim, audio: u64);
    fn take(&mut self) -> Option<(usize, Option<Turn>)>;
    fn finish(&mut self, _: Option<Turn>, _took: u64) {}
    fn close(&mut self, _recording: usize) {}
}

#[derive(Default)]
struct Ours {
    waiting: Waiting<usize>,
    lanes: BTreeMap<usize, LaneId>,
}

impl Schedule for Ours {
    fn push(&mut self, recording: usize, claim: &Claim, audio: u64) {
        let lane = *self.lanes.entry(recording).or_insert_with(|| self.waiting.open(claim.clone()));
        let audio: SampleCount = Millis(audio).to_samples();
        self.waiting.push(lane, audio, recording).expect("no lane is closed");
    }

    fn take(&mut self) -> Option<(usize, Option<Turn>)> {
        self.waiting.take().map(|(turn, recording)| (recording, Some(turn)))
    }

    fn finish(&mut self, turn: Option<Turn>, took: u64) {
        let turn = turn.expect("it came from here");
        self.waiting.finish(&turn, Duration::from_millis(took), true);
    }

    fn close(&mut self, recording: usize) {
        if let Some(lane) = self.lanes.remove(&recording) {
            self.waiting.close(lane);
        }
    }
}

#[derive(Default)]
struct FirstCome(BTreeMap<usize, usize>);

impl Schedule for FirstCome {
    fn push(&mut self, recording: usize, _: &Claim, _: u64) {
        *self.0.entry(recording).or_default() += 1;
    }

    fn take(&mut self) -> Option<(usize, Option<Turn>)> {
        let mut first = self.0.first_entry()?;
        *first.get_mut() -= 1;
        let recording = *first.key();
        if *first.get() == 0 {
            first.remove();
        }
        Some((recording, None))
    }
}

#[derive(Default)]
struct InTurn(VecDeque<(usize, usize)>);

impl Schedule for InTurn {
    fn push(&mut self, recording: usize, _: &Claim, _: u64) {
        match self.0.iter_mut().find(|(other, _)| *other == recording) {
            Some((_, count)) => *count += 1,
            None => self.0.push_back((recording, 1)),
        }
    }

    fn take(&mut self) -> Option<(usize, Option<Turn>)> {
        let (recording, count) = self.0.pop_front()?;
        if count > 1 {
            self.0.push_back((recording, count - 1));
        }
        Some((recording, None))
    }
}

/// How long each recording waited for its first window, and took in all, in milliseconds.
fn simulate(recordings: &[Recording], schedule: &mut dyn Schedule, speed: u64) -> Vec<(u64, u64)> {
    let mut waits = vec![(0, 0); recordings.len()];
    let mut pushed = vec![0; recordings.len()];
    let mut ended = vec![0; recordings.len()];
    let mut under_way: Vec<(u64, u64, usize, Option<Turn>)> = Vec::new();
    let mut arrivals = recordings.iter().enumerate().peekable();
    let mut begun = vec![0; recordings.len()];
    loop {
        let ends = under_way.iter().map(|window| window.0).min();
        let Some(now) = arrivals.peek().map(|(_, next)| next.at).into_iter().chain(ends).min() else { break };
        while let Some(done) = under_way.iter().position(|window| window.0 == now) {
            let (_, took, index, turn) = under_way.swap_remove(done);
            schedule.finish(turn, took);
            ended[index] += 1;
            let windows = &recordings[index].windows;
            if let Some(&audio) = windows.get(pushed[index]) {
                schedule.push(index, &recordings[index].claim, audio);
                pushed[index] += 1;
            } else if ended[index] == windows.len() {
                waits[index].1 = now - recordings[index].at;
                schedule.close(index);
            }
        }
        while let Some((index, recording)) = arrivals.next_if(|(_, recording)| recording.at <= now) {
            for &audio in recording.windows.iter().take(AHEAD) {
                schedule.push(index, &recording.claim, audio);
                pushed[index] += 1;
            }
        }
        while under_way.len() < WORKERS
            && let Some((index, turn)) = schedule.take()
        {
            if begun[index] == 0 {
                waits[index].0 = now - recordings[index].at;
            }
            let took = (recordings[index].windows[begun[index]] / speed).max(1);
            begun[index] += 1;
            under_way.push((now + took, took, index, turn));
        }
    }
    waits
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a day")]
fn figures(mut times: Vec<u64>) -> String {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100] as f64 / 1000.0;
    format!("{:>9.1} {:>9.1} {:>9.1}", at(50), at(95), at(100))
}

fn main() -> io::Result<()> {
    let speed = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5).max(1);
    let recordings = recordings();
    let mut schedules: [(&str, Box<dyn Schedule>); 3] = [
        ("ours", Box::new(Ours::default())),
        ("first come", Box::new(FirstCome::default())),
        ("in turn", Box::new(InTurn::default())),
    ];
    let mut out = io::stdout().lock();
    writeln!(out, "{} recordings, {WORKERS} workers at {speed} times real time; seconds", recordings.len())?;
    writeln!(out, "{:32}{:>30} {:>30}", "", "wait for the first window", "until the whole is done")?;
    writeln!(out, "{:32}{:>10} {:>9} {:>9} {:>10} {:>9} {:>9}", "", "p50", "p95", "max", "p50", "p95", "max")?;
    for (name, schedule) in &mut schedules {
        let waits = simulate(&recordings, schedule.as_mut(), speed);
        let kinds: [Kind; 3] = [
            ("interactive, one window", |r| r.claim.class == Class::Interactive && r.windows.len() == 1),
            ("interactive, longer", |r| r.claim.class == Class::Interactive && r.windows.len() > 1),
            ("batch", |r| r.claim.class == Class::Batch),
        ];
        for (kind, is) in kinds {
            let of = |what: fn(&(u64, u64)) -> u64| {
                recordings
                    .iter()
                    .zip(&waits)
                    .filter(|(recording, _)| is(recording))
                    .map(|(_, wait)| what(wait))
                    .collect()
            };
            writeln!(out, "{name:11}{kind:23} {} {}", figures(of(|w| w.0)), figures(of(|w| w.1)))?;
        }
    }
    Ok(())
}
