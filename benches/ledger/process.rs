//! What the kernel says of this process.

use std::fs;
use std::time::Duration;

/// The most memory that it had since it was last asked, in MiB.
pub fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib: u64 = peak.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default();
    // Begins the count anew.
    let _ = fs::write("/proc/self/clear_refs", "5");
    kib / 1024
}

/// The processor time that it has used, to the hundredth of a second.
pub fn busy() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may have spaces; after it, user and system time are the 12th and 13th field.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace()).into_iter().flatten();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
