//! What NVIDIA's own tool says of the first GPU; nothing where there is none.

use std::process::Command;

/// Its name and its driver.
pub fn name() -> Option<String> {
    ask("name,driver_version").map(|answer| answer.replace(", ", ", driver "))
}

/// MiB of its memory that are taken, by whomever.
pub fn taken_mib() -> Option<u64> {
    ask("memory.used")?.parse().ok()
}

fn ask(about: &str) -> Option<String> {
    let query = format!("--query-gpu={about}");
    let answer = Command::new("nvidia-smi").args(["--id=0", "--format=csv,noheader,nounits", &query]).output().ok()?;
    let text = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    (answer.status.success() && !text.is_empty()).then_some(text)
}
