//! Exports of two sizes: how fast they are, and how much memory they need beyond what the process had.

use std::sync::Arc;
use std::time::Instant;

use minuted::billing::export::{Export, Format, Selection};
use minuted::billing::verify::Verifier;
use minuted::billing::{Ledger, Period, UsageQuery};

use crate::charges::{ACCOUNTS, callers, tariff};
use crate::place::Place;
use crate::process;

/// How many write the rows.
const WRITERS: usize = 256;

/// A tenth of so many rows, and then all of them; written as requests write them, and verified at the end.
pub async fn run(place: &Place, rows: u64) {
    let ledger = place.ledger().await;
    ledger.publish(&[tariff()]).await.expect("a new tariff");
    for rows in [rows / 10, rows] {
        let begin = Instant::now();
        let missing = rows.saturating_sub(written(&*ledger).await).div_ceil(WRITERS as u64);
        callers(&ledger, (WRITERS, ACCOUNTS), move |done, _| done < missing).await;
        println!("{:<10} {rows} charges are there after {:.0?}", place.name, begin.elapsed());
        for format in Format::ALL {
            export(place, &ledger, format).await;
        }
    }
    verify(place, &*ledger).await;
}

#[expect(clippy::cast_precision_loss, reason = "told with two digits")]
async fn export(place: &Place, ledger: &Arc<dyn Ledger>, format: Format) {
    process::peak();
    let (before, busy, begin) = (process::peak(), process::busy(), Instant::now());
    let selection = Selection { account: None, period: october() };
    let mut export = Export::begin(ledger.clone(), selection, format, "minuted").await.expect("it begins");
    while export.next().await.expect("it goes on").is_some() {}
    let (seconds, busy, charges) =
        (begin.elapsed().as_secs_f64(), process::busy().saturating_sub(busy), export.trailer().charges);
    println!(
        "{:<10} {charges:>8} charges as {format:<6}: {:>5.2} M a minute, {:>4.0} µs of processor each, {} MiB at most \
         ({before} before)",
        place.name,
        charges as f64 / seconds * 60.0 / 1e6,
        busy.as_secs_f64() * 1e6 / charges as f64,
        process::peak(),
    );
}

async fn verify(place: &Place, ledger: &dyn Ledger) {
    let begin = Instant::now();
    let verifier = Verifier::new(ledger, &[tariff()]).await.expect("the same tariff");
    let mut rows = 0;
    for head in ledger.chains().await.expect("it answers") {
        rows += verifier.verify(&head, |_| {}).await.expect("it holds").head.seq;
    }
    println!("{:<10} {rows} rows of the ledger hold, which took {:.0?}", place.name, begin.elapsed());
}

async fn written(ledger: &dyn Ledger) -> u64 {
    let Period { from, to, .. } = october();
    let query = UsageQuery { account: None, from, to, bucket_seconds: 86_400 };
    let rows = ledger.usage(&query).await.expect("it answers");
    rows.iter().map(|row| row.requests.unsigned_abs()).sum()
}

fn october() -> Period {
    "2026-10".parse().expect("a month")
}
