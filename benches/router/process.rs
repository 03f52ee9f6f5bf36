//! What the kernel says of a peer: of all processes in the group that it was started as.

use std::fs;
use std::time::Duration;

/// What sqlx calls the threads that SQLite runs in, as far as the kernel keeps a name.
const SQLITE: &str = "sqlx-sqlite";

/// Processor time, in all and in SQLite's threads, to the hundredth of a second.
#[derive(Clone, Copy, Default)]
pub struct Busy {
    pub all: Duration,
    pub sqlite: Duration,
}

impl Busy {
    /// Of the processes of this group, those that have ended not counted.
    pub fn of(group: u32) -> Self {
        let mut busy = Self::default();
        for process in members(group) {
            busy.all += time(&process);
            for thread in folders(&format!("{process}/task")) {
                let name = fs::read_to_string(format!("{thread}/comm")).unwrap_or_default();
                if name.starts_with(SQLITE) {
                    busy.sqlite += time(&thread);
                }
            }
        }
        busy
    }

    pub fn since(self, before: Self) -> Self {
        Self { all: self.all.saturating_sub(before.all), sqlite: self.sqlite.saturating_sub(before.sqlite) }
    }
}

/// Resident memory in MiB, the sum over the group; what processes share counts for each.
pub fn resident(group: u32) -> u64 {
    let kib = members(group).into_iter().filter_map(|process| {
        let status = fs::read_to_string(format!("{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    kib.sum::<u64>() / 1024
}

/// The folders of the processes in a group.
fn members(group: u32) -> Vec<String> {
    let mut all = folders("/proc");
    all.retain(|process| stat(process).get(2).is_some_and(|of| *of == group.to_string()));
    all
}

/// Those with a number for a name.
fn folders(of: &str) -> Vec<String> {
    let entries = fs::read_dir(of).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.parse::<u32>().is_ok()).map(|name| format!("{of}/{name}")).collect()
}

/// User and system time are the 12th and 13th field after the name; a tick is a hundredth of a second.
fn time(of: &str) -> Duration {
    let ticks: u64 = stat(of).iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// The fields after the name, which may have blanks.
fn stat(of: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("{of}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(')').map(|(_, rest)| rest.split_whitespace());
    fields.into_iter().flatten().map(str::to_owned).collect()
}
