//! arguments → command → exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// glibc's allocator takes a quarter of a routed request's time, and keeps what many threads once freed.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    minuted::cli::run()
}
