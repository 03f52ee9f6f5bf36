//! What the book costs: charges a second, by callers and by database, and rows of an export a minute, with its memory.
//!
//! ```text
//! cargo bench --bench ledger                       everything, with an export of 200,000 rows
//! cargo bench --bench ledger -- charges            a part
//! cargo bench --bench ledger -- exports 1000000    a longer export
//! ```
//!
//! Every commit waits for the disk, in both databases. PostgreSQL is a cluster of its own, from Debian's binaries; where
//! they are missing its part says so.
#![expect(clippy::print_stdout, reason = "what a bench is for")]

mod charges;
mod exports;
mod place;
mod process;

use place::Place;

/// Rows of an export, where no other number is given.
const ROWS: u64 = 200_000;

fn main() {
    // `--bench` comes from cargo.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let wants = |part: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == part);
    let rows = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(ROWS);
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        if wants("charges") {
            charges::run(&Place::sqlite(), &[1, 8, 64, 256]).await;
        }
        if wants("exports") {
            exports::run(&Place::sqlite(), rows).await;
        }
        if wants("postgres") {
            match Place::postgres() {
                Some(place) => charges::run(&place, &[1, 8, 64]).await,
                None => println!("PostgreSQL is not installed: its part is skipped"),
            }
        }
    });
}
