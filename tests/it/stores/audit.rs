//! Does a book hold together? Asked of it after whatever was done to it, and from its rows alone.

use std::collections::BTreeMap;

use minuted::billing::{Amounts, Budget, Entry, Kind, Ledger, Measure, Owner, State, UsageQuery, Window};
use minuted::domain::{AccountId, ChargeId, Timestamp};

/// All rows of an account.
pub async fn rows(ledger: &dyn Ledger, account: &AccountId) -> Vec<Entry> {
    let mut rows: Vec<Entry> = Vec::new();
    loop {
        let after = rows.last().map_or(0, |row| row.seq);
        let part = ledger.chain(account, after, 1_000).await.expect("it answers");
        if part.is_empty() {
            return rows;
        }
        rows.extend(part);
    }
}

/// Checks seals, order, one end for each charge, and that charges, counters, roll-up and pages of settled rows say what
/// the rows say.
pub async fn audit(ledger: &dyn Ledger, account: &AccountId) {
    let rows = rows(ledger, account).await;
    let mut previous = [0; 32];
    for (seq, row) in (1..).zip(&rows) {
        assert_eq!((row.seq, row.previous), (seq, previous), "the chain has no gap");
        assert_eq!(row.seal(), row.hash, "row {seq} is as it was sealed");
        previous = row.hash;
    }
    let mut charges = BTreeMap::<ChargeId, Vec<&Entry>>::new();
    for row in &rows {
        charges.entry(row.charge.clone()).or_default().push(row);
    }
    let mut listed = ledger.kept(account).await.expect("it answers").holds;
    for (charge, rows) in &charges {
        let kinds: Vec<_> = rows.iter().map(|row| row.kind).collect();
        let (end, before) = kinds.split_last().expect("a charge has rows");
        assert!(kinds[0] == Kind::Hold && before.iter().skip(1).all(|kind| *kind == Kind::Extend), "{kinds:?}");
        let sum = |part: fn(&Entry) -> Amounts| rows.iter().fold(Amounts::default(), |sum, row| sum.plus(part(row)));
        let state = match end {
            Kind::Hold | Kind::Extend => State::Held,
            Kind::Settle => State::Settled,
            Kind::Void => State::Voided,
        };
        let told = ledger.charge(account, charge).await.expect("it answers").expect("it is there");
        assert_eq!((told.state, told.held, told.used), (state, sum(|row| row.held), sum(|row| row.used)));
        assert!(state == State::Held || told.held == Amounts::default(), "what has ended holds nothing");
        let admitted_at = (state == State::Held).then_some(rows[0].admitted_at);
        assert_eq!(listed.remove(charge), admitted_at, "what is under way is in the list of holds");
    }
    assert_eq!(listed.len(), 0, "and nothing else is: {listed:?}");
    counters_are_sums(ledger, account, &rows).await;
    reports_are_sums(ledger, account, &rows).await;
}

async fn counters_are_sums(ledger: &dyn Ledger, account: &AccountId, rows: &[Entry]) {
    for window in [Window::Hour, Window::Day, Window::Month] {
        let mut sums = BTreeMap::<Timestamp, (Amounts, Amounts)>::new();
        for row in rows {
            let (used, held) = sums.entry(window.around(row.admitted_at).0).or_default();
            (*used, *held) = (used.plus(row.used), held.plus(row.held));
        }
        for (start, (used, held)) in sums {
            for measure in [Measure::Spend, Measure::Audio, Measure::OutputTokens] {
                let owner = Owner::Account(account.clone());
                let budget = Budget { owner, kin: Vec::new(), measure, window, ceiling: 0 };
                let told = ledger.standing(&[budget], start).await.expect("it answers");
                assert_eq!((told[0].used, told[0].held), (used.of(measure), held.of(measure)), "{window:?} {start}");
            }
        }
    }
}

async fn reports_are_sums(ledger: &dyn Ledger, account: &AccountId, rows: &[Entry]) {
    let settled = || rows.iter().filter(|row| row.kind == Kind::Settle);
    let (from, to) = ("1970-01-01T00:00:00Z".parse().expect("a time"), "2100-01-01T00:00:00Z".parse().expect("a time"));
    let expected = settled()
        .fold((0, 0, 0), |(requests, nanos, ms), row| (requests + 1, nanos + row.used.nanos, ms + row.used.audio_ms));
    for bucket_seconds in [60, 3_600] {
        let query = UsageQuery { account: Some(account.clone()), from, to, bucket_seconds };
        let told = ledger.usage(&query).await.expect("it answers");
        let sum = told.iter().fold((0, 0, 0), |(requests, nanos, ms), row| {
            (requests + row.requests, nanos + row.nanos, ms + row.audio_ms)
        });
        assert_eq!(sum, expected, "the roll-up says what the rows say");
    }
    let page = ledger.settled(Some(account), from, to, None, 1_000_000).await.expect("it answers");
    let mut charges: Vec<_> = settled().map(|row| (row.admitted_at, row.charge.clone())).collect();
    charges.sort();
    let found: Vec<_> = page.items.into_iter().map(|row| (row.admitted_at, row.charge)).collect();
    assert_eq!(found, charges);
}
