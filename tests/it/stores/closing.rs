//! What is read of the book: usage, settled rows, events; tariffs that stay, and months that are closed.

use minuted::billing::verify::Verifier;
use minuted::billing::{Hold, Ledger, LedgerError, Scope, Settlement, Tariff, UsageQuery};
use minuted::domain::{ChargeId, Timestamp};

use super::{CENT, Database, account, at, by_the_minute, hold_of, key, used};

super::for_each_database!(
    usage_is_rolled_up_by_the_minute_and_the_hour,
    settled_rows_come_in_pages,
    a_closed_month_takes_no_more,
    a_published_tariff_stays_as_it_is,
    a_tariff_is_ended_once_and_not_before_what_it_priced,
    a_period_is_summed_over_its_requests,
    events_wait_until_they_are_delivered,
);

/// A charge of so many seconds, admitted at this time.
async fn settled(ledger: &dyn Ledger, moment: &str, seconds: i64, tariff: &Tariff) -> ChargeId {
    let hold = Hold { at: at(moment), ..hold_of(100) };
    ledger.hold(&hold).await.expect("there is no budget");
    let settlement = Settlement { tariffs: vec![tariff.clone()], at: at(moment), ..used(seconds) };
    ledger.settle(&hold.charge, &settlement).await.expect("it is held");
    hold.charge
}

async fn usage_is_rolled_up_by_the_minute_and_the_hour(db: Database) {
    let ledger = &*db.stores.ledger;
    for (moment, seconds) in [
        ("2026-10-14T11:59:59.999999Z", 10),
        ("2026-10-14T12:00:00Z", 61),
        ("2026-10-14T12:00:59Z", 20),
        ("2026-10-14T12:01:00Z", 30),
        ("2026-10-15T00:00:00Z", 40),
    ] {
        settled(ledger, moment, seconds, &by_the_minute()).await;
    }
    let bobs = Hold { account: account("bob"), key: None, ..hold_of(1) };
    ledger.hold(&bobs).await.expect("there is no budget");
    ledger.settle(&bobs.charge, &used(5)).await.expect("it is held");
    let sums = async |who: Option<&str>, from: &str, to: &str, bucket_seconds: i64| {
        let query = UsageQuery { account: who.map(account), from: at(from), to: at(to), bucket_seconds };
        let rows = ledger.usage(&query).await.expect("it answers");
        rows.iter()
            .map(|row| (row.start.to_string(), row.requests, row.audio_ms / 1_000, row.nanos / CENT))
            .collect::<Vec<_>>()
    };
    let row = |start: &str, requests, seconds, cents| (start.to_owned(), requests, seconds, cents);
    assert_eq!(
        sums(Some("alice"), "2026-10-14T12:00:00Z", "2026-10-14T12:02:00Z", 60).await,
        [row("2026-10-14T12:00:00Z", 2, 81, 3), row("2026-10-14T12:01:00Z", 1, 30, 1)]
    );
    assert_eq!(
        sums(Some("alice"), "2026-10-14T00:00:00Z", "2026-10-16T00:00:00Z", 86_400).await,
        [row("2026-10-14T00:00:00Z", 4, 121, 5), row("2026-10-15T00:00:00Z", 1, 40, 1)]
    );
    assert_eq!(
        sums(None, "2026-10-14T12:00:00Z", "2026-10-14T13:00:00Z", 3_600).await,
        [row("2026-10-14T12:00:00Z", 3, 111, 4), row("2026-10-14T12:00:00Z", 1, 5, 1)],
        "alice, then bob"
    );
    assert_eq!(sums(Some("carol"), "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", 3_600).await, []);
    let query = UsageQuery {
        account: None,
        from: at("2026-10-14T12:00:00Z"),
        to: at("2026-10-14T12:01:00Z"),
        bucket_seconds: 60,
    };
    let rows = ledger.usage(&query).await.expect("it answers");
    assert_eq!((&rows[0].key, &rows[1].key), (&Some(key("alice")), &None));
}

async fn settled_rows_come_in_pages(db: Database) {
    let ledger = &*db.stores.ledger;
    let mut charges = Vec::new();
    for moment in ["2026-10-14T12:00:01Z", "2026-10-14T12:00:00Z", "2026-10-14T12:00:01Z", "2026-10-14T12:00:02Z"] {
        charges.push((at(moment), settled(ledger, moment, 1, &by_the_minute()).await));
    }
    ledger.hold(&hold_of(1)).await.expect("there is no budget");
    charges.sort();
    let walk = async |who: Option<&str>, from: &str, to: &str| {
        let (who, mut after, mut found) = (who.map(account), None, Vec::new());
        loop {
            let page = ledger.settled(who.as_ref(), at(from), at(to), after.as_ref(), 2).await.expect("it answers");
            assert!(page.items.len() == 2 || page.next.is_none());
            found.extend(page.items.into_iter().map(|entry| (entry.admitted_at, entry.charge)));
            after = page.next;
            if after.is_none() {
                return found;
            }
        }
    };
    assert_eq!(walk(None, "2026-10-14T12:00:00Z", "2026-10-14T12:00:03Z").await, charges);
    assert_eq!(walk(Some("alice"), "2026-10-14T12:00:01Z", "2026-10-14T12:00:02Z").await, charges[1..3]);
    assert_eq!(walk(Some("bob"), "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z").await, []);
}

async fn a_closed_month_takes_no_more(db: Database) {
    let (ledger, end) = (&db.stores.ledger, at("2026-11-01T00:00:00Z"));
    assert_eq!(ledger.closed_until().await, Ok(Timestamp::MIN));
    let open = hold_of(1);
    ledger.hold(&open).await.expect("there is no budget");
    let november = Hold { at: end, ..hold_of(1) };
    ledger.hold(&november).await.expect("there is no budget");
    assert_eq!(ledger.close_period(end).await, Err(LedgerError::Open(1)));
    ledger.settle(&open.charge, &used(1)).await.expect("it is held");
    assert!(matches!(ledger.close_period(at("2026-10-31T00:00:00Z")).await, Err(LedgerError::Store(_))));
    for _ in 0..2 {
        ledger.close_period(end).await.expect("nothing is open");
    }
    ledger.close_period(at("2026-10-01T00:00:00Z")).await.expect("it is closed with the month after it");
    assert_eq!(db.again().await.ledger.closed_until().await, Ok(end));
    let late = Hold { at: at("2026-10-31T23:59:59.999999Z"), ..hold_of(1) };
    assert_eq!(ledger.hold(&late).await, Err(LedgerError::Closed));
    assert_eq!(ledger.settle(&november.charge, &used(1)).await.map(|charge| charge.used.nanos), Ok(CENT));
}

async fn a_published_tariff_stays_as_it_is(db: Database) {
    let ledger = &db.stores.ledger;
    let until = Tariff { valid_until: Some(at("2027-01-01T00:00:00Z")), ..by_the_minute() };
    let other = Tariff { id: "night".parse().expect("an id"), ..until.clone() };
    ledger.publish(std::slice::from_ref(&until)).await.expect("it is new");
    ledger.publish(&[until.clone(), other.clone()]).await.expect("one is the same, one is new");
    let dearer = Tariff { price: 2 * CENT, ..until.clone() };
    let newest = Tariff { id: "day".parse().expect("an id"), ..dearer.clone() };
    assert_eq!(ledger.publish(&[newest, dearer]).await, Err(LedgerError::Tariff(until.id.clone())));
    assert_eq!(ledger.tariffs().await, Ok(vec![until, other]), "all are written, or none");
}

async fn a_tariff_is_ended_once_and_not_before_what_it_priced(db: Database) {
    let ledger = &*db.stores.ledger;
    let (day, noon) = (by_the_minute(), "2026-10-14T12:00:00Z");
    let night = Tariff { id: "audi".parse().expect("an id"), models: vec!["night-*".to_owned()], ..day.clone() };
    let ended = |tariff: &Tariff, end| Tariff { valid_until: Some(at(end)), ..tariff.clone() };
    ledger.publish(&[day.clone(), night.clone()]).await.expect("they are new");
    settled(ledger, noon, 25, &day).await;
    let early = Err(LedgerError::Charged(day.id.clone()));
    assert_eq!(ledger.publish(&[ended(&day, noon)]).await, early);
    let open = Hold { at: at("2026-10-14T12:30:00Z"), ..hold_of(1) };
    ledger.hold(&open).await.expect("there is no budget");
    let under_way = Err(LedgerError::Charged(night.id.clone()));
    assert_eq!(ledger.publish(&[ended(&night, noon)]).await, under_way, "it may be priced by any of them");
    ledger.void(&open.charge, open.at).await.expect("it is held");
    let night = ended(&night, noon);
    ledger.publish(std::slice::from_ref(&night)).await.expect("nothing was charged by it");

    let dearer = Tariff { price: 2 * CENT, ..ended(&day, "2026-11-01T00:00:00Z") };
    let differs = Err(LedgerError::Tariff(day.id.clone()));
    assert_eq!(ledger.publish(std::slice::from_ref(&dearer)).await, differs, "an end is no way to another price");
    let until = ended(&day, "2026-10-14T12:00:00.000001Z");
    let next = Tariff {
        id: "next".parse().expect("an id"),
        valid_from: at("2026-11-01T00:00:00Z"),
        valid_until: None,
        ..dearer
    };
    for _ in 0..2 {
        ledger.publish(&[until.clone(), next.clone()]).await.expect("one has ended, one is new");
    }
    for other in [day.clone(), ended(&day, "2026-12-01T00:00:00Z")] {
        assert_eq!(ledger.publish(&[other]).await, differs, "once is for good");
    }
    settled(ledger, "2026-11-01T00:00:00Z", 25, &next).await;
    let again = db.again().await.ledger;
    let kept = [night, until, next];
    assert_eq!(again.tariffs().await.as_deref(), Ok(&kept[..]));
    let verifier = Verifier::new(&*again, &kept).await.expect("they are those");
    for head in again.chains().await.expect("it answers") {
        verifier.verify(&head, |_| {}).await.expect("what was charged stays right");
    }
}

async fn a_period_is_summed_over_its_requests(db: Database) {
    let ledger = &*db.stores.ledger;
    let together = Tariff { scope: Scope::Period, ..by_the_minute() };
    let mut cents = Vec::new();
    for moment in ["2026-10-01T00:00:00Z", "2026-10-14T12:00:00Z", "2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z"] {
        let charge = settled(ledger, moment, 25, &together).await;
        let charge = ledger.charge(&account("alice"), &charge).await.expect("it answers").expect("it is alice's");
        cents.push(charge.used.nanos / CENT);
    }
    assert_eq!(cents, [1, 0, 1, 1], "75 seconds are two minutes, and November begins anew");
}

async fn events_wait_until_they_are_delivered(db: Database) {
    let (ledger, outbox) = (&*db.stores.ledger, &db.stores.outbox);
    settled(ledger, "2026-10-14T12:00:00Z", 1, &by_the_minute()).await;
    assert_eq!(outbox.waiting(10).await, Ok(0), "nobody wants events");
    outbox.keep_events();
    let mut charges = Vec::new();
    for _ in 0..3 {
        charges.push(settled(ledger, "2026-10-14T12:00:00Z", 1, &by_the_minute()).await);
    }
    assert_eq!((outbox.waiting(2).await, outbox.waiting(10).await), (Ok(2), Ok(3)));
    let voided = hold_of(1);
    ledger.hold(&voided).await.expect("there is no budget");
    ledger.void(&voided.charge, voided.at).await.expect("it is held");
    let waiting = async |limit| {
        let events = outbox.undelivered(limit).await.expect("it answers");
        events.into_iter().map(|entry| entry.charge).collect::<Vec<_>>()
    };
    assert_eq!(waiting(2).await, charges[..2]);
    for _ in 0..2 {
        outbox.delivered(&charges[..1]).await.expect("it answers");
    }
    assert_eq!(waiting(10).await, charges[1..]);
}
