//! Many callers at once, in one process and in two: no budget is passed, no step is lost, nothing waits for ever.

use std::sync::Arc;

use minuted::billing::{Hold, IdempotencyClaim, Ledger, LedgerError};
use tokio::task::JoinSet;

use super::audit::{audit, rows};
use super::{CENT, Database, a_month, account, at, hold_of, key, used};

super::for_each_database!(
    of_many_at_once_exactly_the_affordable_ones_are_held,
    the_same_step_from_many_sides_is_made_once,
    the_same_idempotency_key_from_many_sides_is_claimed_once,
    two_processes_share_a_book,
    many_accounts_from_two_processes_never_wait_in_a_ring,
    one_that_closes_the_month_waits_for_holds_or_stops_them,
);

/// The database, as two processes have it open.
async fn both(db: &Database) -> [Arc<dyn Ledger>; 2] {
    [db.stores.ledger.clone(), db.again().await.ledger]
}

async fn of_many_at_once_exactly_the_affordable_ones_are_held(db: Database) {
    let ledgers = both(&db).await;
    let mut callers = JoinSet::new();
    for number in 0..64_usize {
        let ledger = ledgers[number % 2].clone();
        let hold = Hold { budgets: vec![a_month(10)], ..hold_of(1) };
        callers.spawn(async move {
            match ledger.hold(&hold).await {
                Ok(()) => ledger.settle(&hold.charge, &used(60)).await.map(|charge| charge.used.nanos),
                Err(LedgerError::Exhausted(_)) => Ok(0),
                Err(error) => Err(error),
            }
        });
    }
    let paid: Vec<i64> = callers.join_all().await.into_iter().map(|paid| paid.expect("it answers")).collect();
    assert_eq!((paid.iter().filter(|paid| **paid == CENT).count(), paid.iter().sum()), (10, 10 * CENT));
    audit(&*ledgers[0], &account("alice")).await;
}

async fn the_same_step_from_many_sides_is_made_once(db: Database) {
    let (ledgers, hold) = (both(&db).await, hold_of(2));
    let mut callers = JoinSet::new();
    for number in 0..32_usize {
        let (ledger, hold) = (ledgers[number % 2].clone(), hold.clone());
        callers.spawn(async move {
            ledger.hold(&hold).await.expect("the same hold");
            ledger.settle(&hold.charge, &used(61)).await.expect("the same settlement")
        });
    }
    let charges = callers.join_all().await;
    assert!(charges.iter().all(|charge| *charge == charges[0]));
    assert_eq!(rows(&*ledgers[0], &account("alice")).await.len(), 2);
    audit(&*ledgers[0], &account("alice")).await;
}

async fn the_same_idempotency_key_from_many_sides_is_claimed_once(db: Database) {
    let ledgers = both(&db).await;
    let mut callers = JoinSet::new();
    for number in 0..32_usize {
        let ledger = ledgers[number % 2].clone();
        let hold = Hold { claim: Some(IdempotencyClaim { key: [1; 32], body: [2; 32] }), ..hold_of(1) };
        callers.spawn(async move {
            match ledger.hold(&hold).await {
                Ok(()) => hold.charge,
                Err(LedgerError::Claimed { first, same_body: true }) => first.id,
                Err(error) => panic!("{error}"),
            }
        });
    }
    let charges = callers.join_all().await;
    assert!(charges.iter().all(|charge| *charge == charges[0]), "all are led to one charge");
    assert_eq!(rows(&*ledgers[0], &account("alice")).await.len(), 1);
}

async fn two_processes_share_a_book(db: Database) {
    let ledgers = both(&db).await;
    let names = ["alice", "bob", "carol"];
    let mut callers = JoinSet::new();
    for number in 0..60_usize {
        let (hold_at, settle_at) = (ledgers[number % 2].clone(), ledgers[(number + 1) % 2].clone());
        let name = names[number % 3];
        let hold = Hold { account: account(name), key: Some(key(name)), ..hold_of(1) };
        callers.spawn(async move {
            hold_at.hold(&hold).await.expect("there is no budget");
            if number % 5 == 0 {
                settle_at.void(&hold.charge, hold.at).await.expect("it is held");
            } else {
                settle_at.settle(&hold.charge, &used(30)).await.expect("it is held");
            }
        });
    }
    callers.join_all().await;
    for name in names {
        assert_eq!(rows(&*ledgers[0], &account(name)).await.len(), 40);
        audit(&*ledgers[1], &account(name)).await;
    }
}

async fn many_accounts_from_two_processes_never_wait_in_a_ring(db: Database) {
    let ledgers = both(&db).await;
    let mut callers = JoinSet::new();
    // Up one way in one process and down in the other, so that they would meet in the middle.
    for (number, ledger) in ledgers.iter().enumerate() {
        for step in 0..48_usize {
            let (ledger, place) = (ledger.clone(), if number == 0 { step % 12 } else { 11 - step % 12 });
            let name = format!("n{place}");
            let hold = Hold { account: account(&name), key: Some(key(&name)), ..hold_of(1) };
            callers.spawn(async move {
                ledger.hold(&hold).await.expect("there is no budget");
                ledger.settle(&hold.charge, &used(30)).await.expect("it is held");
            });
        }
    }
    callers.join_all().await;
    for place in 0..12 {
        let name = format!("n{place}");
        assert_eq!(rows(&*ledgers[0], &account(&name)).await.len(), 16);
        audit(&*ledgers[1], &account(&name)).await;
    }
}

async fn one_that_closes_the_month_waits_for_holds_or_stops_them(db: Database) {
    let ledgers = both(&db).await;
    let end = at("2026-11-01T00:00:00Z");
    let mut callers = JoinSet::new();
    for number in 0..32_usize {
        let ledger = ledgers[number % 2].clone();
        callers.spawn(async move {
            let hold = hold_of(1);
            match ledger.hold(&hold).await {
                Ok(()) => ledger.settle(&hold.charge, &used(1)).await.map(|_| 1),
                Err(LedgerError::Closed) => Ok(0),
                Err(error) => Err(error),
            }
        });
    }
    let other = ledgers[1].clone();
    let closing = tokio::spawn(async move {
        loop {
            match other.close_period(end).await {
                Err(LedgerError::Open(_)) => tokio::task::yield_now().await,
                closed => return closed,
            }
        }
    });
    closing.await.expect("no panic").expect("it closes between two holds, or after them");
    let settled: usize = callers.join_all().await.into_iter().map(|one| one.expect("held is settled")).sum();
    assert_eq!(rows(&*ledgers[0], &account("alice")).await.len(), 2 * settled);
    audit(&*ledgers[0], &account("alice")).await;
}
