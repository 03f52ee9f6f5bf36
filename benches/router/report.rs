//! The tables, in Markdown.

use std::fmt::Write;
use std::fs;
use std::io;
use std::thread;

use crate::load::{CLIENTS, Outcome};
use crate::measure::{Bench, Chunks, Half, Memory, Round, Run};
use crate::requests::Kind;

/// The machine, and nothing that names it.
pub fn machine(rounds: usize, seconds: usize) -> io::Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, name)| name);
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split_whitespace().next().unwrap_or("unknown");
    let cores = thread::available_parallelism()?;
    Ok(format!(
        "# The router beside nginx and LiteLLM\n\n{model}, {cores} cores, load {load} at the start. {CLIENTS} clients, medians \
         of {rounds} rounds of {seconds} s each.\n"
    ))
}

/// What each peer can do, in requests a second.
pub fn rates(rounds: &[Round]) -> Vec<f64> {
    let peers = rounds.first().map_or(0, |round| round.peers.len());
    let runs = |number: usize| rounds.iter().map(|round| &round.peers[number]).collect::<Vec<_>>();
    (0..peers).map(|number| median(&runs(number), |run| run.outcome.rate())).collect()
}

/// What each peer can do, what of it a request costs, and what it adds at half of that.
pub fn loads(kind: Kind, bench: &Bench, rounds: &[Round], halves: &[Vec<Half>]) -> String {
    let mut text = format!("\n## {}: at saturation\n\n", kind.name());
    text += "| | requests/s | p50 ms | p99 ms | added p50 | added p99 | processor µs each | of it SQLite's | \
             requests/s per core | failed |\n|---|---|---|---|---|---|---|---|---|---|\n";
    let direct: Vec<&Run> = rounds.iter().map(|round| &round.direct).collect();
    let alone = [50, 99].map(|percent| median(&direct, |run| run.outcome.percentile(percent)));
    row(&mut text, "the backend alone", &direct, alone);
    for (number, peer) in bench.peers.iter().enumerate() {
        let runs: Vec<&Run> = rounds.iter().map(|round| &round.peers[number]).collect();
        row(&mut text, peer.name, &runs, alone);
    }
    let _ = write!(text, "\n## {}: at half of saturation, an open loop\n\n", kind.name());
    text += "| | requests/s | alone p50 ms | alone p99 | added p50 ms | added p99 | added p99, each round | failed |\n\
             |---|---|---|---|---|---|---|---|\n";
    for (number, peer) in bench.peers.iter().enumerate() {
        let turns: Vec<&Half> = halves.iter().map(|round| &round[number]).collect();
        let alone = |percent| median(&turns, |half| half.direct.percentile(percent));
        let added = |half: &Half, percent| half.through.percentile(percent) - half.direct.percentile(percent);
        let each: Vec<String> = turns.iter().map(|half| format!("{:.2}", added(half, 99))).collect();
        let _ = writeln!(
            text,
            "| {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} |",
            peer.name,
            median(&turns, |half| half.rate),
            alone(50),
            alone(99),
            median(&turns, |half| added(half, 50)),
            median(&turns, |half| added(half, 99)),
            each.join(", "),
            turns.iter().map(|half| half.through.failed).sum::<u64>(),
        );
    }
    text
}

fn row(text: &mut String, name: &str, runs: &[&Run], alone: [f64; 2]) {
    let [p50, p99] = [50, 99].map(|percent| median(runs, |run| run.outcome.percentile(percent)));
    let all = median(runs, |run| each(&run.outcome, run.busy.all.as_secs_f64()));
    let sqlite = median(runs, |run| each(&run.outcome, run.busy.sqlite.as_secs_f64()));
    let _ = write!(text, "| {name} | {:.0} | {p50:.1} | {p99:.1} ", median(runs, |run| run.outcome.rate()));
    if all > 0.0 {
        let (more50, more99) = (p50 - alone[0], p99 - alone[1]);
        let _ = write!(text, "| {more50:.1} | {more99:.1} | {all:.0} | {sqlite:.0} | {:.0} ", 1e6 / all);
    } else {
        *text += "| | | | | ";
    }
    let _ = writeln!(text, "| {} |", runs.iter().map(|run| run.outcome.failed).sum::<u64>());
}

/// How much longer a chunk of a stream is on its way than without the peer.
pub fn chunks(bench: &Bench, rounds: &[Vec<[Chunks; 2]>]) -> String {
    let mut text = "\n## stream: milliseconds that a chunk is on its way beyond those from the backend alone; of the first at \
                    most 2 are the goal\n\n\
                    | | meanwhile | first, alone p50 | alone p99 | added p50 | added p99 | later, alone p50 | alone p99 | \
                    added p50 | added p99 | failed |\n|---|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for (number, peer) in bench.peers.iter().enumerate() {
        for (load, meanwhile) in ["nothing", "streams at half of saturation"].into_iter().enumerate() {
            let turns: Vec<&Chunks> = rounds.iter().map(|round| &round[number][load]).collect();
            let _ = write!(text, "| {} | {meanwhile} ", peer.name);
            for which in 0..2 {
                let alone = |percent| median(&turns, |turn| turn.direct[which].percentile(percent));
                let added = |percent| {
                    median(&turns, |turn| {
                        turn.through[which].percentile(percent) - turn.direct[which].percentile(percent)
                    })
                };
                let _ = write!(text, "| {:.2} | {:.2} | {:.2} | {:.2} ", alone(50), alone(99), added(50), added(99));
            }
            let _ = writeln!(text, "| {} |", turns.iter().map(|turn| turn.through[0].failed).sum::<u64>());
        }
    }
    text
}

/// Resident memory over many requests.
pub fn memory(all: &[Memory]) -> String {
    let mut text = "\n## Resident memory, MiB\n\n| | requests for a document | before, and after each quarter of them \
                    |\n|---|---|---|\n"
        .to_owned();
    for memory in all {
        let resident: Vec<String> = memory.resident.iter().map(u64::to_string).collect();
        let _ = writeln!(text, "| {} | {} | {} |", memory.name, memory.requests, resident.join(", "));
    }
    text
}

/// Microseconds of these seconds for each answer.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn each(outcome: &Outcome, seconds: f64) -> f64 {
    seconds * 1e6 / outcome.waits.len().max(1) as f64
}

/// The middle of a figure.
fn median<T>(all: &[&T], figure: impl Fn(&T) -> f64) -> f64 {
    let mut figures: Vec<f64> = all.iter().map(|one| figure(one)).collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
