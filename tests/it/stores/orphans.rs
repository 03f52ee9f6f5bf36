//! The list of holds has what is none: somebody has been in the database. The sweeper is not kept from its work by it.

use minuted::billing::{Hold, State};

use super::{Database, account, at, hold_of, used};

super::for_each_database!(what_is_no_hold_is_set_aside_and_hinders_nobody);

async fn what_is_no_hold_is_set_aside_and_hinders_nobody(db: Database) {
    let ledger = &db.stores.ledger;
    let [lost, settled, voided] = [(); 3].map(|()| hold_of(1));
    let long = Hold { expires_at: at("2026-10-14T13:00:00Z"), ..hold_of(1) };
    for hold in [&lost, &settled, &voided, &long] {
        ledger.hold(hold).await.expect("there is no budget");
    }
    ledger.settle(&settled.charge, &used(1)).await.expect("it is held");
    ledger.void(&voided.charge, voided.at).await.expect("it is held");

    // Three kinds of what is no hold, all of it in front of the one that is; and more than are looked at together.
    let listed = (0..150).map(|number| format!("chg_nobody{number}"));
    let listed = listed.chain([settled.charge.to_string(), voided.charge.to_string(), "no id".to_owned()]);
    let (admitted_at, expires_at) = (lost.at.as_microsecond(), at("2026-10-14T12:00:01Z").as_microsecond());
    let values: Vec<_> =
        listed.map(|charge| format!("('{charge}', 'acc_alice', {admitted_at}, {expires_at})")).collect();
    let insert = format!("INSERT INTO holds (charge, account, admitted_at, expires_at) VALUES {}", values.join(", "));
    db.tamper(&insert).await.expect("nothing forbids it");

    let later = at("2026-10-14T12:30:00Z");
    assert_eq!(ledger.sweep(later).await, Ok(1), "the lost one is given back");
    let charge = ledger.charge(&account("alice"), &lost.charge).await.expect("it answers").expect("it is there");
    assert_eq!(charge.state, State::Voided);
    assert_eq!(ledger.sweep(later).await, Ok(0));
    ledger.settle(&long.charge, &used(1)).await.expect("it goes on");
    ledger.close_period(at("2026-11-01T00:00:00Z")).await.expect("what was set aside is no open hold");
    let kept = ledger.kept(&account("alice")).await.expect_err("one is no id").to_string();
    assert!(kept.contains("charge"), "it stays for whoever looks: {kept}");
    db.tamper("DELETE FROM holds WHERE charge = 'no id'").await.expect("nothing forbids it");
    assert_eq!(ledger.kept(&account("alice")).await.expect("it can be read").holds.len(), 152);
    db.tamper("DELETE FROM holds").await.expect("nothing forbids it");
    super::audit::audit(&**ledger, &account("alice")).await;
}
