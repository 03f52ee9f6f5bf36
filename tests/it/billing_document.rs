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

#[test]
fn the_worked_examples_are_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/BILLING.md");
    let document = fs::read_to_string(path).expect("the document");
    let mut examples = 0;
    for row in document.lines().filter(|line| line.contains(" × ") && line.starts_with("| ")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (tariff, (count, usage)) = (tariff(cells[1]), recordings(cells[0]));
        let (mut before, mut billed, mut nanos) = (0, 0, 0);
        for _ in 0..count {
            let line = tariff.line(&usage, before).expect("a line");
            before += tariff.chargeable(&usage);
            billed += line.billed;
            nanos += line.nanos;
        }
        assert_eq!((billed.to_string().as_str(), decimal(nanos).as_str()), (cells[2], cells[3]), "{row}");
        examples += 1;
    }
    assert_eq!(examples, 13, "no example is passed over");
}
