//! A book that holds, and rows that were changed and sealed anew, which only working them out again finds.

use std::collections::BTreeMap;
use std::sync::Arc;

use minuted::billing::verify::{Chain, Fault, Verifier, VerifyError};
use minuted::billing::{Entry, Kind, Line, Scope, Settlement, Tariff};
use minuted::domain::Currency;

use super::{october, tariffs};
use crate::stores::{CENT, Database, account, at, by_the_minute, for_each_database, hold_of, used};

for_each_database!(
    a_book_that_was_written_here_holds,
    a_tariff_that_is_published_meanwhile_is_known,
    a_tariff_that_is_configured_otherwise_is_named,
);

async fn a_book_that_was_written_here_holds(db: Database) {
    let ledger = &db.stores.ledger;
    october(&**ledger, true).await;
    let verifier = Verifier::new(&**ledger, &tariffs()).await.expect("they are those");
    let heads = ledger.chains().await.expect("it answers");
    assert_eq!(heads.len(), 2);
    for head in heads {
        let chain = verifier.verify(&head, |_| {}).await.expect("it holds");
        assert_eq!((&chain.head, chain.compared), (&head, true));
        assert_eq!(chain.open, usize::from(head.account == account("alice")));
    }
}

async fn a_tariff_that_is_published_meanwhile_is_known(db: Database) {
    let ledger = &db.stores.ledger;
    october(&**ledger, false).await;
    let verifier = Verifier::new(&**ledger, &tariffs()).await.expect("they are those");
    let further = Tariff { id: "further".parse().expect("an id"), ..by_the_minute() };
    ledger.publish(std::slice::from_ref(&further)).await.expect("it is new");
    let hold = hold_of(1);
    ledger.hold(&hold).await.expect("there is no budget");
    let settlement = Settlement { tariffs: vec![further], ..used(30) };
    ledger.settle(&hold.charge, &settlement).await.expect("it is held");
    for head in ledger.chains().await.expect("it answers") {
        verifier.verify(&head, |_| {}).await.expect("it holds");
    }
}

async fn a_tariff_that_is_configured_otherwise_is_named(db: Database) {
    let ledger = &db.stores.ledger;
    october(&**ledger, false).await;
    let mut configured = tariffs();
    configured[1].price = 1;
    let Err(VerifyError::Finding(finding)) = Verifier::new(&**ledger, &configured).await else { panic!("it differs") };
    assert_eq!(finding.fault, Fault::Tariff("summed".parse().expect("an id")));
}

/// Alice's rows, changed, each sealed anew; the place of the first that does not hold, and why.
async fn found(change: impl Fn(&mut Vec<Entry>)) -> Option<(i64, Fault)> {
    let db = Database::sqlite().await;
    october(&*db.stores.ledger, false).await;
    let mut rows = db.stores.ledger.chain(&account("alice"), 0, 1_000).await.expect("it answers");
    change(&mut rows);
    let mut previous = [0; 32];
    for (seq, row) in (1..).zip(&mut rows) {
        (row.seq, row.previous) = (seq, previous);
        row.hash = row.seal();
        previous = row.hash;
    }
    let tariffs: BTreeMap<_, _> = tariffs().into_iter().map(|tariff: Tariff| (tariff.id.clone(), tariff)).collect();
    assert_eq!(tariffs.values().filter(|tariff| tariff.scope == Scope::Period).count(), 1);
    let mut chain = Chain::new(Arc::new(tariffs));
    rows.iter().find_map(|row| chain.take(row).err().map(|fault| (row.seq, fault)))
}

/// The place of a charge's row of this kind.
fn row<'a>(rows: &'a mut [Entry], charge: &str, kind: Kind) -> &'a mut Entry {
    rows.iter_mut().find(|row| row.charge.as_str() == charge && row.kind == kind).expect("it is there")
}

/// A line made cheaper, and the sum with it.
fn cheaper(entry: &mut Entry) {
    entry.lines[0].nanos -= CENT;
    entry.used.nanos -= CENT;
}

#[tokio::test]
async fn rows_that_are_sealed_anew_are_worked_out_again() {
    assert_eq!(found(|_| {}).await, None);
    let kind = |fault: Option<(i64, Fault)>| fault.map(|(seq, fault)| (seq, std::mem::discriminant(&fault)));
    let fault = |fault: Fault| std::mem::discriminant(&fault);
    let price = fault(Fault::Price {
        tariff: "audio".parse().expect("an id"),
        unit: minuted::billing::Unit::Second,
        expected: String::new(),
        found: String::new(),
    });
    let held = fault(Fault::Held { expected: 0, found: 0 });

    let cheap = found(|rows| cheaper(row(rows, "chg_02", Kind::Settle))).await;
    assert_eq!(kind(cheap.clone()), Some((6, price)));
    let words = cheap.expect("it was found").1.to_string();
    assert!(words.contains("0.02 (2 billed)") && words.contains("0.01 (2 billed)"), "{words}");
    // The first ten seconds of a month pay its first minute, and the rest of that minute nothing.
    let summed = found(|rows| {
        let later = row(rows, "chg_05", Kind::Settle);
        later.lines[0].nanos += CENT;
        later.used.nanos += CENT;
    });
    assert_eq!(kind(summed.await), Some((15, price)));
    let short = found(|rows| {
        let entry = row(rows, "chg_01", Kind::Settle);
        entry.usage = entry.usage.map(|usage| minuted::billing::Usage { audio_ms: 1, ..usage });
    });
    assert_eq!(kind(short.await), Some((3, fault(Fault::Used))));
    let free = found(|rows| {
        let entry = row(rows, "chg_01", Kind::Settle);
        entry.lines.clear();
        entry.used.nanos = 0;
    });
    assert_eq!(kind(free.await), Some((3, fault(Fault::Unpriced))));
    let unknown = found(|rows| {
        let line: &mut Line = &mut row(rows, "chg_01", Kind::Settle).lines[0];
        line.tariff = "gift".parse().expect("an id");
    });
    assert_eq!(unknown.await, Some((3, Fault::UnknownTariff("gift".parse().expect("an id")))));
    let other = found(|rows| row(rows, "chg_01", Kind::Settle).lines[0].tariff = "input".parse().expect("an id"));
    assert_eq!(other.await, Some((3, Fault::WrongTariff("input".parse().expect("an id")))));

    for (change, expected) in [
        (
            Box::new(|rows: &mut Vec<Entry>| drop(rows.remove(0))) as Box<dyn Fn(&mut Vec<Entry>)>,
            (1, fault(Fault::NotHeld)),
        ),
        (Box::new(|rows| rows.insert(3, rows[0].clone())), (4, fault(Fault::HeldTwice))),
        (Box::new(|rows| rows.insert(3, rows[2].clone())), (4, fault(Fault::NotHeld))),
        (Box::new(|rows| rows.insert(2, rows[1].clone())), (3, fault(Fault::Step))),
        (Box::new(|rows| rows[2].held.nanos += 1), (3, held)),
        (Box::new(|rows| rows[0].held.nanos = -1), (1, held)),
        (Box::new(|rows| rows[1].held.nanos = -1), (2, held)),
        (Box::new(|rows| rows[0].used.nanos = 1), (1, fault(Fault::Misplaced))),
        (Box::new(|rows| rows[2].key = None), (3, fault(Fault::Changed))),
        (Box::new(|rows| rows[2].model = "other".to_owned()), (3, fault(Fault::Changed))),
        (Box::new(|rows| rows[2].admitted_at = at("2026-09-30T23:59:59Z")), (3, fault(Fault::Changed))),
        (Box::new(|rows| rows[0].admitted_at = at("2026-09-30T23:59:59Z")), (1, fault(Fault::Changed))),
        (
            Box::new(|rows| rows[2].currency = "USD".parse::<Currency>().expect("a currency")),
            (3, fault(Fault::Changed)),
        ),
        (Box::new(|rows| drop(rows.remove(1))), (2, held)),
    ] {
        assert_eq!(kind(found(change).await), Some(expected));
    }
}
