//! The machine, or what a container leaves of it: instructions, cores, memory.

use std::fs;
use std::thread;

use super::Finding;
use crate::catalog::{Catalog, Model};
use crate::cli::quantity::{count, size};
use crate::config::Config;
use crate::speech::{self, whisper};

pub(super) fn processor() -> Finding {
    match whisper::check_cpu() {
        Ok(()) => Finding::ok("processor", format!("has what this build needs ({})", whisper::build_info())),
        Err(error) => Finding::fail("processor", error.to_string()),
    }
}

/// Threads beyond the cores that the control group grants do not compute faster, they wait for each other.
pub(super) fn workers(configured: usize) -> Finding {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    match configured {
        0 => Finding::ok("workers", format!("{cores}, one for each core that this process may use")),
        more if more > cores => {
            let cores = count(cores, "core");
            let detail = format!("{more} are configured for {cores}; on the CPU there will be no more than cores");
            Finding::warn("workers", detail)
        }
        workers => Finding::ok("workers", format!("{workers} for {}", count(cores, "core"))),
    }
}

pub(super) fn memory(config: &Config) -> Finding {
    let Some(available) = available_memory() else {
        return Finding::warn("memory", "how much is free could not be read");
    };
    let workers = speech::worker_count(config.speech.workers, false) + usize::from(config.speech.express);
    let bytes = match Catalog::builtin().resolve(&config.model) {
        Some(Model { bytes, .. }) => *bytes,
        None => fs::metadata(&config.model).map_or(0, |found| found.len()),
    };
    let needed = needed_memory(bytes, workers as u64);
    let detail = format!("about {} needed, {} free", size(needed), size(available));
    if needed > available {
        Finding::warn("memory", format!("{detail}: take a smaller model, fewer speech.workers, or none for express"))
    } else {
        Finding::ok("memory", detail)
    }
}

/// The weights once, and for each worker some 100 MB and two fifths of the weights: what whisper.cpp was measured to
/// take with Whisper's tiny, base and small models.
fn needed_memory(weights: u64, workers: u64) -> u64 {
    weights + workers * (100_000_000 + weights * 2 / 5)
}

/// What the system and the control group leave, in bytes.
fn available_memory() -> Option<u64> {
    let system = fs::read_to_string("/proc/meminfo").ok().and_then(|text| mem_available(&text))?;
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    // Control groups version 2; without a limit the file says `max`.
    let limit = number("/sys/fs/cgroup/memory.max");
    let used = number("/sys/fs/cgroup/memory.current").unwrap_or(0);
    Some(limit.map_or(system, |limit| system.min(limit.saturating_sub(used))))
}

fn mem_available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn free_memory_is_read_as_linux_writes_it() {
        let text = "MemTotal:       24000000 kB\nMemFree:         100 kB\nMemAvailable:   17000 kB\n";
        assert_eq!(mem_available(text), Some(17_000 * 1024));
        assert_eq!(mem_available("MemTotal: 1 kB\n"), None);
    }

    #[test]
    fn the_estimate_is_near_what_was_measured() {
        // base in f16 with two workers: 148 MB of weights, and 170 MB for each worker.
        let estimate = needed_memory(147_951_465, 2);
        assert!((440_000_000..520_000_000).contains(&estimate), "{estimate}");
    }

    #[test]
    fn more_workers_than_cores_are_warned_of() {
        assert_eq!(workers(256).verdict, Verdict::Warn);
        assert_eq!(workers(1).verdict, Verdict::Ok);
    }
}
