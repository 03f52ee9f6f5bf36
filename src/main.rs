//! arguments → command → exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A routed request takes a fifth less time with it than with glibc's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    minuted::cli::run()
}
