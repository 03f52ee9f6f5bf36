//! What an account's rows add up to, to be compared with the sums that the store keeps beside them.

use std::collections::BTreeMap;

use super::Fault;
use crate::billing::rollup::{Place, Rollup};
use crate::billing::{Amounts, Counted, Entry, Kind, Ledger, LedgerError, Owner, UsageQuery, UsageRow, Window};
use crate::domain::{AccountId, KeyId, Timestamp};

/// The width of a bucket: a day.
const DAY: i64 = 86_400;

/// Counters that are read at once.
const PAGE: u32 = 1_000;

/// Usage by day, and what counts against budgets by hour, day and month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    usage: Rollup,
    counters: BTreeMap<(Owner, Window), BTreeMap<Timestamp, Counted>>,
}

impl Default for Sums {
    /// Of nothing.
    fn default() -> Self {
        Self { usage: Rollup::new(DAY), counters: BTreeMap::new() }
    }
}

impl Sums {
    /// Adds a row.
    pub(super) fn add(&mut self, row: &Entry) {
        let owners = [Some(Owner::Account(row.account.clone())), row.key.clone().map(Owner::Key)];
        for owner in owners.into_iter().flatten() {
            for window in Window::ALL {
                let start = window.around(row.admitted_at).0;
                let nothing = Counted { start, used: Amounts::default(), held: Amounts::default() };
                let counters = self.counters.entry((owner.clone(), window)).or_default();
                let counter = counters.entry(start).or_insert(nothing);
                counter.used = counter.used.plus(row.used);
                counter.held = counter.held.plus(row.held);
            }
        }
        if row.kind == Kind::Settle {
            self.usage.add(row);
        }
    }

    /// Compares with what the store says of the account: its roll-up, and what it counts against budgets. The first
    /// difference; `None` where all is the same.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    pub(super) async fn compare(&self, ledger: &dyn Ledger, account: &AccountId) -> Result<Option<Fault>, LedgerError> {
        // A store may keep sums of different widths, and choose by the ends of the question: both are asked for.
        for end in ["9999-01-01T00:00:00Z", "9999-01-01T00:01:00Z"] {
            let to = end.parse().unwrap_or(Timestamp::MAX);
            let query =
                UsageQuery { account: Some(account.clone()), from: Timestamp::UNIX_EPOCH, to, bucket_seconds: DAY };
            let told: BTreeMap<_, _> = ledger.usage(&query).await?.into_iter().map(|row| (row.place(), row)).collect();
            if let Some(row) = difference(self.usage.rows(), &told) {
                return Ok(Some(Fault::RollUp(words(row))));
            }
        }
        for ((owner, window), counters) in &self.counters {
            if let Some(start) = miscounted(ledger, (owner, *window), counters).await? {
                return Ok(Some(Fault::Counter(counter_words(owner, *window, start))));
            }
        }
        Ok(None)
    }
}

/// The first window whose counter is not the sum of the rows, or which only one side has.
async fn miscounted(
    ledger: &dyn Ledger,
    (owner, window): (&Owner, Window),
    counters: &BTreeMap<Timestamp, Counted>,
) -> Result<Option<Timestamp>, LedgerError> {
    let (mut expected, mut after) = (counters.values(), Timestamp::MIN);
    loop {
        let page = ledger.counted(owner, window, after, PAGE).await?;
        for told in &page {
            match expected.next() {
                Some(counter) if counter == told => {}
                Some(counter) => return Ok(Some(counter.start.min(told.start))),
                None => return Ok(Some(told.start)),
            }
        }
        match page.last() {
            Some(last) => after = last.start,
            None => return Ok(expected.next().map(|counter| counter.start)),
        }
    }
}

/// The first row that only one side has, or that is not the same on both.
fn difference<'a>(rows: &'a BTreeMap<Place, UsageRow>, told: &'a BTreeMap<Place, UsageRow>) -> Option<&'a UsageRow> {
    let other = rows.iter().find(|(place, row)| told.get(place) != Some(row));
    let more = told.iter().find(|(place, _)| !rows.contains_key(place));
    [other, more].into_iter().flatten().min_by_key(|(place, _)| *place).map(|(_, row)| row)
}

fn words(row: &UsageRow) -> String {
    let key = row.key.as_ref().map_or("no key", KeyId::as_str);
    format!("{} ({key}, {})", row.start.strftime("%Y-%m-%d"), row.model)
}

fn counter_words(owner: &Owner, window: Window, start: Timestamp) -> String {
    let when = match window {
        Window::Hour => start.strftime("the hour of %Y-%m-%dT%H:%MZ"),
        Window::Day => start.strftime("%Y-%m-%d"),
        Window::Month => start.strftime("%Y-%m"),
    };
    format!("{} in {when}", owner.as_str())
}
