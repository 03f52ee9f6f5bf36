//! arguments → command → exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    minuted::cli::run()
}
