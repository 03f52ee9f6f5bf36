//! What is kept beside the rows, changed by somebody who has the database; and an export of a month that was opened again.

use std::sync::Arc;

use minuted::billing::export::{Export, Format, Selection, Trailer};
use minuted::billing::verify::{Fault, Finding, Verifier, VerifyError, exports};
use minuted::billing::{Hold, Ledger, Period, Settlement};

use super::{october, tariffs};
use crate::stores::{Database, at, for_each_database, hold_of, used};

for_each_database!(
    what_is_kept_is_compared_with_the_rows,
    an_account_whose_rows_are_all_gone_is_named,
    an_export_tells_of_a_month_that_was_opened_again,
    a_book_holds_while_it_is_written,
);

/// Everything that does not hold.
async fn found(db: &Database) -> Vec<Finding> {
    let ledger = &*db.stores.ledger;
    let verifier = Verifier::new(ledger, &[]).await.expect("nothing is configured");
    let mut found = Vec::new();
    for head in ledger.chains().await.expect("it answers") {
        match verifier.verify(&head, |_| {}).await {
            Ok(chain) => assert!(chain.compared),
            Err(VerifyError::Finding(finding)) => found.push(*finding),
            Err(VerifyError::Ledger(error)) => panic!("{error}"),
        }
    }
    found.extend(verifier.strangers().await.expect("it answers"));
    found
}

/// A change, and what is said of it.
const CHANGES: [(&str, &str); 14] = [
    ("DELETE FROM holds", "acc_alice: the charge chg_09 has not ended, and the list of holds does not have it"),
    (
        "INSERT INTO holds SELECT 'chg_01', account, admitted_at, expires_at FROM holds",
        "acc_alice: the list of holds has the charge chg_01, which was never held, or has ended",
    ),
    (
        "INSERT INTO holds SELECT 'chg_99', account, admitted_at, expires_at FROM holds",
        "acc_alice: the list of holds has the charge chg_99, which was never held, or has ended",
    ),
    (
        "UPDATE holds SET admitted_at = admitted_at + 1",
        "acc_alice: the list of holds has the charge chg_09 with another time of admission than its row",
    ),
    ("UPDATE holds SET charge = 'no id'", "acc_alice: what is stored cannot be read: charge of a stored row"),
    (
        "UPDATE sums SET quantity = quantity - 1",
        "acc_alice: at the tariff `summed` the sum of 2026-10 is 64999, and the rows come to 65000",
    ),
    ("DELETE FROM sums", "acc_alice: at the tariff `summed` the sum of 2026-10 is 0, and the rows come to 65000"),
    (
        "INSERT INTO sums SELECT account, 'audio', month, 1 FROM sums",
        "acc_alice: at the tariff `audio` the sum of 2026-10 is 1, and the rows come to 0",
    ),
    (
        "UPDATE counters SET start = 9223372036854775807 WHERE owner = 'acc_bob' AND span = 'month'",
        "acc_bob: what is stored cannot be read: start of a stored row",
    ),
    (
        "INSERT INTO counters SELECT 'key_x', span, start, 0, 0, 0, 0, 0, 0 FROM counters WHERE owner = 'key_c'",
        "`key_x` stands in what is counted against budgets, and there is no row of it",
    ),
    (
        "INSERT INTO counters SELECT 'nobody', span, start, 0, 0, 0, 0, 0, 0 FROM counters WHERE owner = 'key_c'",
        "`nobody` stands in what is counted against budgets, and there is no row of it",
    ),
    ("UPDATE rollup SET account = 'acc_x' WHERE account = 'acc_bob' AND width = 60", "acc_bob: the roll-up of"),
    (
        "INSERT INTO holds SELECT 'chg_99', 'acc_x', admitted_at, expires_at FROM holds",
        "`acc_x` stands in the list of holds, and there is no row of it",
    ),
    (
        "INSERT INTO sums SELECT 'acc_x', tariff, month, quantity FROM sums",
        "`acc_x` stands in the sums of months, and there is no row of it",
    ),
];

const TABLES: [&str; 4] = ["holds", "sums", "counters", "rollup"];

async fn what_is_kept_is_compared_with_the_rows(db: Database) {
    october(&*db.stores.ledger, true).await;
    for table in TABLES {
        db.tamper(&format!("CREATE TABLE {table}_before AS SELECT * FROM {table}")).await.expect("a copy");
    }
    assert_eq!(found(&db).await, []);
    for (change, told) in CHANGES {
        db.tamper(change).await.expect(change);
        let first = found(&db).await.into_iter().next().unwrap_or_else(|| panic!("not found: {change}"));
        assert!(first.to_string().starts_with(told), "{change}: {first}");
        for table in TABLES {
            let back = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {table}_before");
            db.tamper(&back).await.expect("as it was");
        }
    }
    assert_eq!(found(&db).await, [], "it is as it was");
}

async fn an_account_whose_rows_are_all_gone_is_named(db: Database) {
    october(&*db.stores.ledger, true).await;
    db.unlock().await;
    let all = "DELETE FROM entries WHERE account = 'acc_bob'; DELETE FROM chains WHERE account = 'acc_bob'";
    db.tamper(all).await.expect("nothing forbids it");
    let told: Vec<_> = found(&db).await.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "`acc_bob` stands in what is counted against budgets, and there is no row of it",
            "`acc_bob` stands in the roll-up, and there is no row of it",
            "`key_c` stands in what is counted against budgets, and there is no row of it",
        ]
    );
}

async fn trailer(ledger: &Arc<dyn Ledger>) -> Trailer {
    let period: Period = "2026-10".parse().expect("a month");
    let selection = Selection { account: None, period };
    let mut export = Export::begin(ledger.clone(), selection, Format::Csv, "minuted").await.expect("it answers");
    while export.next().await.expect("it answers").is_some() {}
    export.trailer()
}

async fn an_export_tells_of_a_month_that_was_opened_again(db: Database) {
    let (ledger, end) = (&db.stores.ledger, at("2026-11-01T00:00:00Z"));
    october(&**ledger, false).await;
    ledger.close_period(end).await.expect("nothing is open");
    let trailer = trailer(ledger).await;
    assert!(trailer.closed && trailer.rows == 8);
    let repeated = async || match exports::repeat(ledger.clone(), &trailer, "minuted").await {
        Ok(()) => None,
        Err(VerifyError::Finding(finding)) => Some(finding.fault),
        Err(VerifyError::Ledger(error)) => panic!("{error}"),
    };
    assert_eq!(repeated().await, None);

    db.unlock().await;
    db.tamper("DELETE FROM periods").await.expect("nothing forbids it");
    assert_eq!(repeated().await, Some(Fault::Reopened(end)));
    let late = Hold { at: at("2026-10-31T00:00:00Z"), ..hold_of(1) };
    db.again().await.ledger.hold(&late).await.expect("the month is open");
    db.again().await.ledger.settle(&late.charge, &used(1)).await.expect("it is held");
    ledger.close_period(end).await.expect("nothing is open");
    let told = repeated().await.expect("there is a row more").to_string();
    assert!(told.starts_with("the export comes to 9 rows, 0.07402 EUR, SHA-256 "), "{told}");
    assert!(told.contains("… and no longer to 8 rows, 0.06402 EUR, SHA-256 "), "{told}");
}

async fn a_book_holds_while_it_is_written(db: Database) {
    let ledger = db.stores.ledger.clone();
    october(&*ledger, true).await;
    let summed: Vec<_> = tariffs().into_iter().filter(|tariff| tariff.id.as_str() == "summed").collect();
    let writing = tokio::spawn({
        let ledger = ledger.clone();
        async move {
            for _ in 0..100 {
                let hold = Hold { model: "summed-1".to_owned(), ..hold_of(1) };
                ledger.hold(&hold).await.expect("there is no budget");
                let settlement = Settlement { tariffs: summed.clone(), ..used(7) };
                ledger.settle(&hold.charge, &settlement).await.expect("it is held");
            }
        }
    });
    let verifier = Verifier::new(&*ledger, &[]).await.expect("nothing is configured");
    while !writing.is_finished() {
        for head in ledger.chains().await.expect("it answers") {
            verifier.verify(&head, |_| {}).await.unwrap_or_else(|error| panic!("{error}"));
        }
        assert_eq!(verifier.strangers().await, Ok(vec![]));
    }
    writing.await.expect("it was written");
    assert_eq!(found(&db).await, []);
}
