//! The worked examples of `docs/BILLING.md`, worked out.

use std::fs;
use std::path::Path;

use minuted::billing::{Channels, ChargeOn, Scope, Tariff, Unit, Usage};
use minuted::domain::{decimal, parse_decimal};

use crate::stores::by_the_minute;

fn tariff(name: &str) -> Tariff {
    let minute = by_the_minute();
    match name {
        "minute" => minute,
        "second" => Tariff { unit: Unit::Second, price: 200_000, ..minute },
        "minute-period" => Tariff { scope: Scope::Period, ..minute },
        "minute-spoken" => Tariff { charge_on: ChargeOn::NonEmptySuccess, ..minute },
        "minute-channels" => Tariff { channels: Channels::PerChannel, ..minute },
        other => panic!("the document names no tariff `{other}`"),
    }
}

/// `60 × 10 s`, `1 × 61 s of silence`, and so on: how many, and what each used.
fn recordings(text: &str) -> (u32, Usage) {
    let (count, each) = text.split_once(" × ").expect("a count");
    let (seconds, rest) = each.split_once(" s").expect("a length");
    let audio_ms = parse_decimal(seconds).expect("seconds") / 1_000_000;
    let usage = Usage { audio_ms, channels: 1, ..Usage::default() };
    let usage = match rest {
        "" => usage,
        " of silence" => Usage { empty: true, ..usage },
        " on 2 channels" => Usage { channels: 2, ..usage },
        " in a batch" => Usage { batch: true, ..usage },
        other => panic!("what is `{other}`?"),
    };
    (count.parse().expect("a count"), usage)
}

/// What is billed for so many recordings, and what they cost in nanos.
fn charged(tariff: &Tariff, (count, usage): (u32, Usage)) -> (i64, i64) {
    let (mut before, mut billed, mut nanos) = (0, 0, 0);
    for _ in 0..count {
        let line = tariff.line(&usage, before).expect("a line");
        before += tariff.chargeable(&usage);
        billed += line.billed;
        nanos += line.nanos;
    }
    (billed, nanos)
}

/// The rows of the table under a heading, without its first two.
fn table(heading: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/BILLING.md");
    let document = fs::read_to_string(path).expect("the document");
    let (_, part) = document.split_once(&format!("{heading}\n")).expect("the heading");
    let rows = part.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells =
        |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect();
    rows.skip(2).map(cells).collect()
}

#[test]
fn the_worked_examples_are_right() {
    let rows = table("## Worked examples");
    for row in &rows {
        let (billed, nanos) = charged(&tariff(&row[1]), recordings(&row[0]));
        assert_eq!((billed.to_string(), decimal(nanos)), (row[2].clone(), row[3].clone()), "{row:?}");
    }
    assert_eq!(rows.len(), 13, "no example is passed over");
}

#[test]
fn the_invoice_adds_up() {
    let mut rows = table("### An invoice");
    let last = rows.pop().expect("a sum");
    let mut sum = (0, 0);
    for row in &rows {
        let (billed, nanos) = charged(&tariff("minute"), recordings(&row[0]));
        assert_eq!((billed.to_string(), decimal(nanos)), (row[1].clone(), row[2].clone()), "{row:?}");
        sum = (sum.0 + billed, sum.1 + nanos);
    }
    assert_eq!(last[..3], ["Sum".to_owned(), sum.0.to_string(), decimal(sum.1)]);
    assert_eq!(rows.len(), 5, "no row is passed over");
}
