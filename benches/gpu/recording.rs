//! A real recording and a real model through the program itself, on either device: do they agree?
//!
//! Models of random weights show how fast a GPU is, not that it is right.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Where;

/// Beside this program, with the program that is measured.
const RECORDING: &str = "meeting.mp3";
const PROGRAM: &str = "minuted";

/// What the program's own model hears on this device, or why it cannot.
pub fn transcribe(device: Where) -> io::Result<Result<String, String>> {
    let mut program = Command::new(beside(PROGRAM)?);
    // Whatever is configured on this machine is for something else.
    program.args(["transcribe", "--config", "/dev/null"]).env("MINUTED_SPEECH_DEVICE", device.name());
    let answer = program.arg(beside(RECORDING)?).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(if answer.status.success() { Ok(text(&answer.stdout)) } else { Err(text(&answer.stderr)) })
}

/// A line for the results.
pub fn compare(gpu: &str, cpu: &str) -> String {
    if gpu == cpu {
        format!("`minuted transcribe {RECORDING}` says the same on the GPU as on the CPU: {} letters.", gpu.len())
    } else {
        format!("`minuted transcribe {RECORDING}` differs.\n\nOn the GPU: {gpu}\n\nOn the CPU: {cpu}")
    }
}

/// A file that lies beside this program.
pub fn beside(name: &str) -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    let file = program.parent().unwrap_or(Path::new(".")).join(name);
    if file.exists() {
        return Ok(file);
    }
    Err(io::Error::new(
        io::ErrorKind::NotFound,
        format!("there is no {}: `make bench-gpu` makes the folder", file.display()),
    ))
}
