//! The machine, and nothing that names it.

use std::{fs, thread};

/// Its processor and the cores that this process may use.
pub fn describe() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, name)| name);
    format!("{model}, {} cores", cores())
}

pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
