//! The table, in Markdown, and what follows from it.

use std::fmt::Write;

use minuted::speech::MAX_WINDOW;

use super::line::{Line, Memory};
use super::model::chain;

/// Of the fastest: what is beyond costs more than it brings, since each worker keeps a core busy, takes memory of the GPU's,
/// and makes every window take longer.
const ENOUGH: f64 = 0.8;

/// A table of all lines, in their order.
pub fn table(lines: &[Line]) -> String {
    let mut text = "| computes on | CUDA graphs | workers | × real time | a window takes s | tokens/s | busy cores | GPU MiB: model | \
                    all workers | each worker |\n|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for line in lines {
        let Figures { real_time, window, tokens } = figures(line);
        let graphs = if is_on_gpu(line) { on_or_off(line.graphs) } else { "" };
        let [model, workers, each] = line.memory.map(|memory| mib(memory, line.workers)).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {graphs} | {} | {real_time:.1} | {window:.3} | {tokens:.0} | {:.1} | {model} | {workers} | {each} |",
            line.computes_on, line.workers, line.cores
        );
    }
    text
}

/// How many workers are worth having on a GPU: the fewest that have four fifths of what any number of them have, and whether
/// with CUDA graphs.
pub fn worth_having(lines: &[Line]) -> Option<(usize, bool)> {
    let on_gpu = || lines.iter().filter(|line| is_on_gpu(line));
    let best = on_gpu().map(|line| line.windows_a_second).max_by(f64::total_cmp)?;
    let enough = on_gpu().filter(|line| line.windows_a_second >= ENOUGH * best);
    enough.min_by_key(|line| (line.workers, !line.graphs)).map(|line| (line.workers, line.graphs))
}

struct Figures {
    /// Seconds of audio a second.
    real_time: f64,
    /// Seconds that one window is under way.
    window: f64,
    /// Decoded a second.
    tokens: f64,
}

#[expect(clippy::cast_precision_loss, reason = "a hundred")]
fn figures(line: &Line) -> Figures {
    Figures {
        real_time: line.windows_a_second * MAX_WINDOW.as_secs_f64(),
        window: line.workers as f64 / line.windows_a_second,
        tokens: line.windows_a_second * chain::tokens().len() as f64,
    }
}

fn mib(Memory { model, workers }: Memory, of: usize) -> [String; 3] {
    [model.to_string(), workers.to_string(), (workers / of.max(1) as u64).to_string()]
}

fn is_on_gpu(line: &Line) -> bool {
    line.computes_on != "CPU"
}

/// As the table says it.
pub fn on_or_off(graphs: bool) -> &'static str {
    if graphs { "on" } else { "off" }
}
