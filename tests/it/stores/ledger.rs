//! The life of a charge: held, extended, settled or voided, each once.

use minuted::billing::{Amounts, Charge, Extension, Hold, IdempotencyClaim, Kind, LedgerError, State};
use minuted::domain::ChargeId;

use super::{Database, a_month, account, at, hold_of, key, minutes, used};

super::for_each_database!(
    a_hold_is_settled_for_what_was_used,
    every_step_may_be_repeated,
    what_has_ended_stays_ended,
    a_budget_is_never_passed,
    an_extension_reserves_the_difference,
    a_settlement_stays_within_its_hold,
    expired_holds_are_swept_and_others_are_not,
    a_claim_leads_to_the_first_charge,
    the_chain_is_sealed_row_by_row,
    rows_of_several_accounts_do_not_meet,
    nonsense_is_refused,
);

fn extension(step: u32, count: i64) -> Extension {
    Extension {
        step,
        amounts: minutes(count),
        budgets: Vec::new(),
        at: at("2026-10-14T12:00:10Z"),
        expires_at: at("2026-10-14T12:02:00Z"),
    }
}

/// The charge, as alice sees it.
async fn charge(db: &Database, id: &ChargeId) -> Charge {
    db.stores.ledger.charge(&account("alice"), id).await.expect("it answers").expect("it is alice's")
}

/// What alice uses and holds this month, in cents.
async fn month(db: &Database) -> (i64, i64) {
    let standing = db.stores.ledger.standing(&[a_month(0)], at("2026-10-31T23:59:59Z")).await.expect("it answers");
    (standing[0].used / super::CENT, standing[0].held / super::CENT)
}

async fn kinds(db: &Database) -> Vec<Kind> {
    let chain = db.stores.ledger.chain(&account("alice"), 0, 100).await.expect("it answers");
    chain.iter().map(|entry| entry.kind).collect()
}

async fn a_hold_is_settled_for_what_was_used(db: Database) {
    let (ledger, hold) = (&db.stores.ledger, hold_of(3));
    ledger.hold(&hold).await.expect("there is no budget");
    assert_eq!(month(&db).await, (0, 3));
    let settled = ledger.settle(&hold.charge, &used(61)).await.expect("it is held");
    assert_eq!((settled.state, settled.held, settled.used.nanos), (State::Settled, Amounts::default(), 20_000_000));
    assert_eq!((settled.lines[0].quantity, settled.lines[0].billed), (61_000, 2));
    assert_eq!(charge(&db, &hold.charge).await, settled);
    assert_eq!(month(&db).await, (2, 0));
    assert_eq!(ledger.charge(&account("bob"), &hold.charge).await, Ok(None), "it is alice's alone");
}

async fn every_step_may_be_repeated(db: Database) {
    let (ledger, hold) = (&db.stores.ledger, hold_of(1));
    for _ in 0..2 {
        ledger.hold(&hold).await.expect("the same hold");
    }
    for _ in 0..2 {
        ledger.extend(&hold.charge, &extension(1, 2)).await.expect("the same extension");
    }
    let first = ledger.settle(&hold.charge, &used(90)).await.expect("it is held");
    let second = ledger.settle(&hold.charge, &used(30)).await.expect("it is settled already");
    assert_eq!(first, second, "the first settlement stands");
    ledger.hold(&hold).await.expect("it was made before");
    let other = hold_of(1);
    ledger.hold(&other).await.expect("there is no budget");
    for _ in 0..2 {
        ledger.void(&other.charge, other.at).await.expect("the same void");
    }
    assert_eq!(kinds(&db).await, [Kind::Hold, Kind::Extend, Kind::Settle, Kind::Hold, Kind::Void]);
    assert_eq!(month(&db).await, (2, 0));
}

async fn what_has_ended_stays_ended(db: Database) {
    let (ledger, settled, voided) = (&db.stores.ledger, hold_of(1), hold_of(1));
    for hold in [&settled, &voided] {
        ledger.hold(hold).await.expect("there is no budget");
    }
    ledger.settle(&settled.charge, &used(1)).await.expect("it is held");
    ledger.void(&voided.charge, voided.at).await.expect("it is held");
    assert_eq!(ledger.void(&settled.charge, settled.at).await, Err(LedgerError::Ended));
    assert_eq!(ledger.settle(&voided.charge, &used(1)).await, Err(LedgerError::Ended));
    for hold in [&settled, &voided] {
        assert_eq!(ledger.extend(&hold.charge, &extension(1, 2)).await, Err(LedgerError::Ended));
    }
    let nobody = ChargeId::new();
    assert_eq!(ledger.void(&nobody, settled.at).await, Err(LedgerError::Unknown));
    assert_eq!(ledger.settle(&nobody, &used(1)).await, Err(LedgerError::Unknown));
    assert_eq!(ledger.extend(&nobody, &extension(1, 2)).await, Err(LedgerError::Unknown));
    assert_eq!(kinds(&db).await, [Kind::Hold, Kind::Hold, Kind::Settle, Kind::Void]);
}

async fn a_budget_is_never_passed(db: Database) {
    let ledger = &db.stores.ledger;
    let within = |count, ceiling| Hold { budgets: vec![a_month(ceiling)], ..hold_of(count) };
    let first = within(6, 10);
    ledger.hold(&first).await.expect("6 of 10");
    let Err(LedgerError::Exhausted(standing)) = ledger.hold(&within(5, 10)).await else { panic!("6 and 5 of 10") };
    assert_eq!((standing.left(), standing.resets_at), (4 * super::CENT, at("2026-11-01T00:00:00Z")));
    ledger.hold(&within(4, 10)).await.expect("6 and 4 of 10");
    let more = Extension { budgets: vec![a_month(10)], ..extension(1, 7) };
    assert!(matches!(ledger.extend(&first.charge, &more).await, Err(LedgerError::Exhausted(_))));
    assert_eq!(charge(&db, &first.charge).await.held, minutes(6), "its first hold stands");
    ledger.settle(&first.charge, &used(60)).await.expect("it is held");
    ledger.hold(&within(5, 10)).await.expect("five minutes came back");
    let free = Hold { amounts: Amounts { audio_ms: 1, ..Amounts::default() }, ..within(0, 3) };
    ledger.hold(&free).await.expect("what costs nothing passes no ceiling of money, even a lowered one");
    let november = Hold { at: at("2026-11-01T00:00:00Z"), ..within(10, 10) };
    ledger.hold(&november).await.expect("another month");
    assert_eq!(month(&db).await, (1, 9));
}

async fn an_extension_reserves_the_difference(db: Database) {
    let (ledger, hold) = (&db.stores.ledger, hold_of(1));
    ledger.hold(&hold).await.expect("there is no budget");
    ledger.extend(&hold.charge, &extension(1, 3)).await.expect("it is held");
    ledger.extend(&hold.charge, &extension(2, 2)).await.expect("less is not taken back");
    assert_eq!(charge(&db, &hold.charge).await.held, minutes(3));
    let chain = ledger.chain(&hold.account, 0, 10).await.expect("it answers");
    assert_eq!(chain.len(), 2, "what reserves nothing more writes no row");
    assert_eq!((chain[1].step, chain[1].held), (1, minutes(2)));
    assert_eq!(ledger.sweep(at("2026-10-14T12:01:30Z")).await, Ok(0), "its end was put off");
    assert_eq!(month(&db).await, (0, 3));
}

async fn a_settlement_stays_within_its_hold(db: Database) {
    let (ledger, hold) = (&db.stores.ledger, hold_of(1));
    ledger.hold(&hold).await.expect("there is no budget");
    assert_eq!(ledger.settle(&hold.charge, &used(61)).await, Err(LedgerError::Underheld));
    ledger.extend(&hold.charge, &extension(1, 2)).await.expect("it is held");
    assert!(ledger.settle(&hold.charge, &used(61)).await.is_ok());
}

async fn expired_holds_are_swept_and_others_are_not(db: Database) {
    let ledger = &db.stores.ledger;
    let (short, long, done) = (hold_of(1), Hold { expires_at: at("2026-10-14T13:00:00Z"), ..hold_of(2) }, hold_of(4));
    for hold in [&short, &long, &done] {
        ledger.hold(hold).await.expect("there is no budget");
    }
    ledger.settle(&done.charge, &used(240)).await.expect("it is held");
    assert_eq!(ledger.sweep(at("2026-10-14T12:00:59.999999Z")).await, Ok(0));
    assert_eq!(ledger.sweep(at("2026-10-14T12:01:00Z")).await, Ok(1));
    assert_eq!(ledger.sweep(at("2026-10-14T12:01:00Z")).await, Ok(0));
    assert_eq!(charge(&db, &short.charge).await.state, State::Voided);
    assert_eq!(ledger.settle(&short.charge, &used(1)).await, Err(LedgerError::Ended));
    assert_eq!(month(&db).await, (4, 2));
}

async fn a_claim_leads_to_the_first_charge(db: Database) {
    let ledger = &db.stores.ledger;
    let claim = |body: u8| Some(IdempotencyClaim { key: [1; 32], body: [body; 32] });
    let first = Hold { claim: claim(1), ..hold_of(1) };
    ledger.hold(&first).await.expect("the key is new");
    ledger.hold(&first).await.expect("the same hold");
    for (body, same) in [(1, true), (2, false)] {
        match ledger.hold(&Hold { claim: claim(body), ..hold_of(1) }).await {
            Err(LedgerError::Claimed { first: found, same_body }) => {
                assert_eq!((found.id, found.state, same_body), (first.charge.clone(), State::Held, same));
            }
            other => panic!("{other:?}"),
        }
    }
    let bobs = Hold { account: account("bob"), key: Some(key("bob")), claim: claim(1), ..hold_of(1) };
    ledger.hold(&bobs).await.expect("keys are an account's own");
    ledger.void(&first.charge, first.at).await.expect("it is held");
    let second = Hold { claim: claim(3), ..hold_of(1) };
    ledger.hold(&second).await.expect("what came to nothing frees its key");
    ledger.settle(&second.charge, &used(1)).await.expect("it is held");
    // A day after it has ended, not after it began.
    let late = Hold { claim: claim(3), at: at("2026-10-15T12:00:29Z"), ..hold_of(1) };
    ledger.sweep(late.at).await.expect("it answers");
    assert!(matches!(ledger.hold(&late).await, Err(LedgerError::Claimed { same_body: true, .. })));
    let later = Hold { claim: claim(3), at: at("2026-10-15T12:00:30Z"), ..hold_of(1) };
    ledger.hold(&later).await.expect("a day is over");
}

async fn the_chain_is_sealed_row_by_row(db: Database) {
    let ledger = &db.stores.ledger;
    for _ in 0..3 {
        let hold = hold_of(2);
        ledger.hold(&hold).await.expect("there is no budget");
        ledger.extend(&hold.charge, &extension(1, 3)).await.expect("it is held");
        ledger.settle(&hold.charge, &used(100)).await.expect("it is held");
    }
    let again = db.again().await;
    let (mut after, mut previous, mut rows) = (0, [0; 32], 0);
    loop {
        let part = again.ledger.chain(&account("alice"), after, 2).await.expect("it answers");
        for entry in &part {
            assert_eq!((entry.seq, entry.previous), (after + 1, previous));
            assert_eq!(entry.seal(), entry.hash, "as read, it is what was sealed");
            (after, previous, rows) = (entry.seq, entry.hash, rows + 1);
        }
        if part.is_empty() {
            break;
        }
    }
    assert_eq!(rows, 9);
}

async fn rows_of_several_accounts_do_not_meet(db: Database) {
    let ledger = &db.stores.ledger;
    assert_eq!(ledger.chains().await, Ok(vec![]));
    for name in ["carol", "alice", "bob"] {
        let hold = Hold { account: account(name), key: None, ..hold_of(1) };
        ledger.hold(&hold).await.expect("there is no budget");
    }
    let heads = ledger.chains().await.expect("it answers");
    let accounts: Vec<_> = heads.iter().map(|head| head.account.clone()).collect();
    assert_eq!(accounts, [account("alice"), account("bob"), account("carol")]);
    for head in heads {
        let chain = ledger.chain(&head.account, 0, 10).await.expect("it answers");
        assert_eq!((chain.len(), chain[0].seq, chain[0].previous), (1, 1, [0; 32]));
        assert_eq!((head.seq, head.hash), (1, chain[0].hash));
    }
}

async fn nonsense_is_refused(db: Database) {
    let ledger = &db.stores.ledger;
    let negative = Hold { amounts: minutes(-1), ..hold_of(1) };
    let enormous = Hold { amounts: Amounts { nanos: i64::MAX, ..Amounts::default() }, ..hold_of(1) };
    for hold in [negative, enormous] {
        assert!(matches!(ledger.hold(&hold).await, Err(LedgerError::Refused(_))));
    }
    let hold = hold_of(1);
    ledger.hold(&hold).await.expect("there is no budget");
    let bobs = Hold { account: account("bob"), ..hold.clone() };
    assert!(matches!(ledger.hold(&bobs).await, Err(LedgerError::Refused(_))), "an id is one request's");
    let mut foreign = used(1);
    foreign.tariffs[0].currency = "USD".parse().expect("a currency");
    assert!(matches!(ledger.settle(&hold.charge, &foreign).await, Err(LedgerError::Refused(_))));
    let mut negative = used(1);
    negative.usage.audio_ms = -1;
    assert!(matches!(ledger.settle(&hold.charge, &negative).await, Err(LedgerError::Refused(_))));
    assert_eq!(kinds(&db).await, [Kind::Hold]);
}
