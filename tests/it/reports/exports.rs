//! Exports: the same to the byte once a month is closed, whole in what they say, and harmless to a spreadsheet.

use std::collections::BTreeMap;

use minuted::billing::Period;
use minuted::billing::export::{Export, Format, Selection, Trailer};
use minuted::domain::{AccountId, parse_decimal};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

use super::october;
use crate::app::{Script, TestApp, error};
use crate::stores::{Database, account, at, for_each_database, hold_of, used};

for_each_database!(
    the_file_of_a_closed_month_is_the_same_to_the_byte,
    a_page_of_millions_of_empty_days_is_written_in_pieces,
    what_ends_late_belongs_to_the_month_of_its_hold,
);

/// A file and its trailer.
async fn written(db: &Database, format: Format, period: Period, account: Option<AccountId>) -> (String, Trailer) {
    let ledger = db.again().await.ledger;
    let mut export =
        Export::begin(ledger, Selection { account, period }, format, "=Example, Ltd").await.expect("it answers");
    let mut file = Vec::new();
    while let Some(piece) = export.next().await.expect("it answers") {
        file.extend(piece);
    }
    (String::from_utf8(file).expect("UTF-8"), export.trailer())
}

fn sha256(file: &str) -> String {
    Sha256::digest(file.as_bytes()).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn month() -> Period {
    "2026-10".parse().expect("a month")
}

async fn the_file_of_a_closed_month_is_the_same_to_the_byte(db: Database) {
    october(&*db.stores.ledger, true).await;
    let (_, open) = written(&db, Format::Csv, month(), None).await;
    assert!(!open.closed);
    db.stores.ledger.close_period(month().to).await.expect("nothing of it is under way");
    for format in Format::ALL {
        let (first, trailer) = written(&db, format, month(), None).await;
        let (again, same) = written(&db, format, month(), None).await;
        assert_eq!((&first, &trailer), (&again, &same), "{format}");
        let digest = sha256(&first);
        assert_eq!((trailer.bytes, &trailer.sha256), (first.len() as u64, &digest), "{format}");
        assert!(trailer.closed);
        assert_eq!((trailer.charges, &*trailer.totals[0].amount), (6, "0.06402"), "{format}");
    }
    let (csv, trailer) = written(&db, Format::Csv, month(), None).await;
    insta::assert_snapshot!("csv", csv);
    assert_eq!(trailer.rows, 8);
    let (focus, _) = written(&db, Format::Focus, month(), None).await;
    insta::assert_snapshot!("focus", focus);
    let (jsonl, _) = written(&db, Format::Jsonl, month(), Some(account("bob"))).await;
    let lines: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line["account_id"] == "acc_bob"));
    let (jsonl, _) = written(&db, Format::Jsonl, month(), None).await;
    insta::assert_snapshot!("jsonl", jsonl);
    let (page, trailer) = written(&db, Format::OpenAi, month(), None).await;
    insta::assert_snapshot!("openai", page);
    insta::assert_json_snapshot!("trailer", trailer);
    let page: Value = serde_json::from_str(&page).expect("JSON");
    crate::app::conforms("organization_page", &page);
    assert_eq!((page["data"].as_array().map(Vec::len), trailer.rows), (Some(31), 5));
}

async fn a_page_of_millions_of_empty_days_is_written_in_pieces(db: Database) {
    october(&*db.stores.ledger, false).await;
    let period = Period::between("1900-01", "2200-01").expect("three centuries");
    let selection = Selection { account: None, period };
    let mut export = Export::begin(db.stores.ledger, selection, Format::OpenAi, "Example").await.expect("it answers");
    let (mut file, mut longest) = (Vec::new(), 0);
    while let Some(piece) = export.next().await.expect("it answers") {
        longest = longest.max(piece.len());
        file.extend(piece);
    }
    assert!(longest < 300 << 10, "{longest}");
    let page: Value = serde_json::from_slice(&file).expect("JSON");
    let days = page["data"].as_array().expect("days");
    let results = days.iter().map(|day| day["results"].as_array().map_or(0, Vec::len));
    assert_eq!((days.len(), results.sum::<usize>()), (109_573, 6));
    assert_eq!((export.trailer().charges, export.trailer().rows), (7, 6));
}

async fn what_ends_late_belongs_to_the_month_of_its_hold(db: Database) {
    let ledger = &db.stores.ledger;
    let mut hold = hold_of(1);
    (hold.at, hold.expires_at) = (at("2026-10-31T23:59:59Z"), at("2026-11-01T00:10:00Z"));
    ledger.publish(&super::tariffs()).await.expect("new tariffs");
    ledger.hold(&hold).await.expect("there is no budget");
    assert!(ledger.close_period(month().to).await.is_err(), "a request of it is under way");
    let mut settlement = used(30);
    settlement.at = at("2026-11-01T00:05:00Z");
    ledger.settle(&hold.charge, &settlement).await.expect("enough is held");
    let (_, october) = written(&db, Format::Csv, month(), None).await;
    let (_, november) = written(&db, Format::Csv, "2026-11".parse().expect("a month"), None).await;
    assert_eq!((october.rows, november.rows), (1, 0));
}

/// Fields of a row of CSV, by RFC 4180.
fn fields(row: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = row.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    fields
}

#[tokio::test]
async fn what_a_spreadsheet_would_run_is_a_text() {
    let db = Database::sqlite().await;
    october(&*db.stores.ledger, false).await;
    let (csv, _) = written(&db, Format::Csv, month(), None).await;
    let request = csv.lines().find(|line| line.starts_with("chg_02")).map(|line| fields(line)[2].clone());
    assert_eq!(request.as_deref(), Some("'-1_cmd"));
    let (focus, _) = written(&db, Format::Focus, month(), None).await;
    assert!(focus.contains("\"'=Example, Ltd\"") && !focus.contains(",=") && !focus.contains("\"="), "{focus}");
}

#[tokio::test]
async fn unit_prices_times_quantities_are_costs() {
    let db = Database::sqlite().await;
    october(&*db.stores.ledger, false).await;
    let (focus, _) = written(&db, Format::Focus, month(), None).await;
    let names = fields(focus.lines().next().expect("a head"));
    let place = |name: &str| names.iter().position(|known| known == name).expect("a column");
    let (cost, unit, quantity) = (place("BilledCost"), place("ListUnitPrice"), place("PricingQuantity"));
    for row in focus.lines().skip(1).map(fields) {
        let nanos = parse_decimal(&row[cost]).expect("an amount");
        let unit = parse_decimal(&row[unit]).expect("a price");
        assert_eq!(nanos, unit * row[quantity].parse::<i64>().expect("a quantity"), "{row:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_from_the_csv_adds_up_to_the_trailer(clips in prop::collection::vec(1_i64..600, 0..25)) {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        runtime.block_on(async {
            let db = Database::sqlite().await;
            let ledger = &db.stores.ledger;
            ledger.publish(&super::tariffs()).await.expect("new tariffs");
            for seconds in &clips {
                let hold = hold_of(10);
                ledger.hold(&hold).await.expect("there is no budget");
                ledger.settle(&hold.charge, &used(*seconds)).await.expect("enough is held");
            }
            let (csv, trailer) = written(&db, Format::Csv, month(), None).await;
            let rows: Vec<_> = csv.lines().skip(1).map(fields).collect();
            let sum: i64 = rows.iter().map(|row| parse_decimal(&row[16]).expect("an amount")).sum();
            let expected: i64 = clips.iter().map(|seconds| (seconds + 59) / 60).sum();
            assert_eq!(sum, expected * crate::stores::CENT);
            assert_eq!((rows.len() as u64, rows.len()), (trailer.rows, clips.len()));
            let told = trailer.totals.first().map_or(0, |total| parse_decimal(&total.amount).expect("an amount"));
            assert_eq!(told, sum);
        });
    }
}

/// The largest piece of a file, in bytes, and how many pieces have more in them than a head or an end.
async fn pieces(db: &Database, format: Format) -> (usize, usize) {
    let selection = Selection { account: None, period: month() };
    let mut export = Export::begin(db.stores.ledger.clone(), selection, format, "minuted").await.expect("it begins");
    let mut sizes = Vec::new();
    while let Some(piece) = export.next().await.expect("it goes on") {
        sizes.push(piece.len());
    }
    let largest = sizes.iter().copied().max().unwrap_or_default();
    (largest, sizes.iter().filter(|size| **size > 10_000).count())
}

#[tokio::test]
async fn an_export_comes_in_pieces_of_a_page() {
    let db = Database::sqlite().await;
    db.stores.ledger.publish(&super::tariffs()).await.expect("new tariffs");
    let mut largest = BTreeMap::new();
    for thousands in 1..=3 {
        let mut callers = JoinSet::new();
        for _ in 0..1_000 {
            let (ledger, hold) = (db.stores.ledger.clone(), hold_of(1));
            callers.spawn(async move {
                ledger.hold(&hold).await.expect("there is no budget");
                ledger.settle(&hold.charge, &used(30)).await.expect("it is held");
            });
        }
        callers.join_all().await;
        for format in [Format::Csv, Format::Jsonl, Format::Focus] {
            let (bytes, pieces) = pieces(&db, format).await;
            assert_eq!(pieces, thousands, "{format}");
            assert!(bytes < 1_000_000, "{format}: {bytes}");
            let first = *largest.entry(format.as_str()).or_insert(bytes);
            assert!(bytes <= first + first / 100, "a longer {format} has no longer pieces: {bytes} and {first}");
        }
    }
}

#[tokio::test]
async fn the_route_sends_the_file_and_its_trailer() {
    let app = TestApp::scripted(&Script::default()).await;
    october(&*app.stores.ledger, false).await;
    let query = "format=csv&from=2026-10&to=2026-11";
    let response = app.get(&format!("/admin/v1/exports?{query}")).await;
    assert_eq!(response.status(), 200);
    assert!(response.headers()["content-type"].to_str().expect("ASCII").starts_with("text/csv"));
    let file = response.text().await.expect("a body");
    let trailer: Value = app.get(&format!("/admin/v1/exports?{query}&trailer=true")).await.json().await.expect("JSON");
    let digest = sha256(&file);
    assert_eq!(trailer["sha256"], digest);
    assert_eq!((&trailer["rows"], file.lines().count()), (&8.into(), 9));
    for (query, param) in [
        ("from=2026-10&to=2026-11", "format"),
        ("format=xlsx&from=2026-10&to=2026-11", "format"),
        ("format=csv&to=2026-11", "from"),
        ("format=csv&from=2026-10", "to"),
        ("format=csv&from=2026-11&to=2026-10", "from"),
        ("format=csv&from=2026-10&to=2026-11&account=alice", "account"),
        ("format=csv&from=2026-10&to=2026-11&colour=red", "query"),
    ] {
        let (status, told) = error(app.get(&format!("/admin/v1/exports?{query}")).await).await;
        assert_eq!((status, &told["param"]), (400, &param.into()), "{query}: {told}");
    }
}
