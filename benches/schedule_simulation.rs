//! Waiting times of a recorded day under three schedules: ours, first come first served, and recordings in turn.
//!
//! `cargo bench --bench schedule_simulation [speed]`. The arrivals are in `arrivals.tsv`; our schedule is the engine's
//! own [`Waiting`], driven on a clock of its own. A window takes its length over `speed` (5 times real time unless
//! told otherwise); recordings look as far ahead as the engine lets them. There is a core for each worker. Ours has an
//! express worker, too; when all are busy, they share the cores evenly.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::time::Duration;

use minuted::domain::{Millis, SampleCount};
use minuted::speech::schedule::{LaneId, Turn, Waiting};
use minuted::speech::{Claim, Class};

const ARRIVALS: &str = include_str!("arrivals.tsv");
const WORKERS: usize = 2;
/// Of a millisecond, so that a core shared with one thread too many does a whole number of them.
const PARTS: u64 = WORKERS as u64 + 1;
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
    /// A window for the express worker, which there is not.
    fn take_overtaking(&mut self) -> Option<(usize, Option<Turn>)> {
        None
    }
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

    fn take_overtaking(&mut self) -> Option<(usize, Option<Turn>)> {
        self.waiting.take_overtaking().map(|(turn, recording)| (recording, Some(turn)))
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

/// A window that a worker has: when it was begun, in milliseconds, and how much of a core it still needs, in parts of a
/// millisecond of which a core does [`PARTS`] in one.
struct UnderWay {
    begun: u64,
    left: u64,
    recording: usize,
    turn: Option<Turn>,
    express: bool,
}

/// The workers, and what they have yet to do.
struct House<'a> {
    recordings: &'a [Recording],
    schedule: &'a mut dyn Schedule,
    speed: u64,
    now: u64,
    under_way: Vec<UnderWay>,
    /// How many windows of each recording have come, have been begun and have ended.
    pushed: Vec<usize>,
    begun: Vec<usize>,
    ended: Vec<usize>,
    /// How long each recording waited for its first window, and took in all, in milliseconds.
    waits: Vec<(Option<u64>, u64)>,
}

impl House<'_> {
    fn push(&mut self, recording: usize) {
        let window = self.pushed[recording];
        self.schedule.push(recording, &self.recordings[recording].claim, self.recordings[recording].windows[window]);
        self.pushed[recording] += 1;
    }

    /// Workers that have a window, and whether the express worker has one.
    fn busy(&self) -> (usize, bool) {
        let express = self.under_way.iter().any(|window| window.express);
        (self.under_way.len() - usize::from(express), express)
    }

    /// What each window gets of a core.
    fn pace(&self) -> u64 {
        if self.under_way.len() > WORKERS { PARTS - 1 } else { PARTS }
    }

    /// When the next window ends.
    fn next_end(&self) -> Option<u64> {
        self.under_way.iter().map(|window| self.now + window.left.div_ceil(self.pace())).min()
    }

    /// Lets the workers work until then.
    fn pass(&mut self, until: u64) {
        let done = self.pace() * (until - self.now);
        self.under_way.iter_mut().for_each(|window| window.left = window.left.saturating_sub(done));
        self.now = until;
    }

    fn begin(&mut self) {
        while self.busy().0 < WORKERS
            && let Some((recording, turn)) = self.schedule.take()
        {
            self.start(recording, turn, false);
        }
        if self.busy() == (WORKERS, false)
            && let Some((recording, turn)) = self.schedule.take_overtaking()
        {
            self.start(recording, turn, true);
        }
    }

    fn start(&mut self, recording: usize, turn: Option<Turn>, express: bool) {
        self.waits[recording].0.get_or_insert(self.now - self.recordings[recording].at);
        let audio = self.recordings[recording].windows[self.begun[recording]];
        self.begun[recording] += 1;
        let left = (audio / self.speed).max(1) * PARTS;
        self.under_way.push(UnderWay { begun: self.now, left, recording, turn, express });
    }

    fn end(&mut self) {
        while let Some(done) = self.under_way.iter().position(|window| window.left == 0) {
            let UnderWay { begun, recording, turn, .. } = self.under_way.swap_remove(done);
            self.schedule.finish(turn, self.now - begun);
            self.ended[recording] += 1;
            let windows = self.recordings[recording].windows.len();
            if self.pushed[recording] < windows {
                self.push(recording);
            } else if self.ended[recording] == windows {
                self.waits[recording].1 = self.now - self.recordings[recording].at;
                self.schedule.close(recording);
            }
        }
    }
}

/// How long each recording waited for its first window, and took in all, in milliseconds.
fn simulate(recordings: &[Recording], schedule: &mut dyn Schedule, speed: u64) -> Vec<(u64, u64)> {
    let count = recordings.len();
    let mut house = House {
        recordings,
        schedule,
        speed,
        now: 0,
        under_way: Vec::new(),
        pushed: vec![0; count],
        begun: vec![0; count],
        ended: vec![0; count],
        waits: vec![(None, 0); count],
    };
    let mut arrivals = recordings.iter().enumerate().peekable();
    loop {
        let arrival = arrivals.peek().map(|(_, next)| next.at);
        let Some(now) = arrival.into_iter().chain(house.next_end()).min() else { break };
        house.pass(now);
        house.end();
        while let Some((index, _)) = arrivals.next_if(|(_, recording)| recording.at <= now) {
            recordings[index].windows.iter().take(AHEAD).for_each(|_| house.push(index));
            house.begin();
        }
        house.begin();
    }
    house.waits.into_iter().map(|(wait, whole)| (wait.unwrap_or_default(), whole)).collect()
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
