//! What an account's rows add up to, to be compared with the sums that the store keeps beside them.

use std::collections::BTreeMap;

use super::Fault;
use crate::billing::rollup::{Place, Rollup};
use crate::billing::{
    Amounts, Budget, Entry, Kind, Ledger, LedgerError, Measure, Owner, Standing, UsageQuery, UsageRow, Window,
};
use crate::domain::{AccountId, KeyId, Timestamp};

/// The width of a bucket: a day.
const DAY: i64 = 86_400;

/// Sums by day and by month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    usage: Rollup,
    counters: BTreeMap<(Owner, Timestamp), Counter>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counter {
    used: Amounts,
    held: Amounts,
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
        let month = Window::Month.around(row.admitted_at).0;
        let owners = [Some(Owner::Account(row.account.clone())), row.key.clone().map(Owner::Key)];
        for owner in owners.into_iter().flatten() {
            let counter = self.counters.entry((owner, month)).or_default();
            counter.used = counter.used.plus(row.used);
            counter.held = counter.held.plus(row.held);
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
        for ((owner, month), counter) in &self.counters {
            let budget = |measure| Budget { owner: owner.clone(), measure, window: Window::Month, ceiling: 0 };
            let budgets = [Measure::Spend, Measure::Audio, Measure::OutputTokens].map(budget);
            let told = ledger.standing(&budgets, *month).await?;
            let right = |standing: &Standing| {
                let measure = standing.budget.measure;
                (standing.used, standing.held) == (counter.used.of(measure), counter.held.of(measure))
            };
            if !told.iter().all(right) {
                let whose = match owner {
                    Owner::Account(account) => account.as_str(),
                    Owner::Key(key) => key.as_str(),
                };
                return Ok(Some(Fault::Counter(format!("{whose} in {}", month.strftime("%Y-%m")))));
            }
        }
        Ok(None)
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
