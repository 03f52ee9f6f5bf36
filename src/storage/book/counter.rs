//! What an owner has used and holds in one window of time: so that a ceiling is checked without adding up rows.

use crate::billing::{Amounts, Budget, Measure, Window};
use crate::domain::{AccountId, KeyId, Timestamp};

/// Names a counter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterId {
    /// The id of an account or of a key; their prefixes tell them apart.
    pub owner: String,
    /// Which kind of window.
    pub window: Window,
    /// The window's first moment.
    pub start: Timestamp,
}

/// How far it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counter {
    /// Used by charges that are settled.
    pub used: Amounts,
    /// Reserved by charges that have not ended.
    pub held: Amounts,
}

impl CounterId {
    /// The counters that a budget heeds in its window around a moment.
    pub fn heeded(budget: &Budget, moment: Timestamp) -> impl Iterator<Item = Self> {
        let (window, start) = (budget.window, budget.window.around(moment).0);
        let owners = std::iter::once(budget.owner.as_str()).chain(budget.kin.iter().map(KeyId::as_str));
        owners.map(move |owner| Self { owner: owner.to_owned(), window, start })
    }

    /// The counters in which a charge counts: three windows of its account, three of its key.
    pub fn of(account: &AccountId, key: Option<&KeyId>, moment: Timestamp) -> Vec<Self> {
        let starts = Window::ALL.map(|window| (window, window.around(moment).0));
        let owners = std::iter::once(account.as_str()).chain(key.map(KeyId::as_str));
        let of = |owner: &str| starts.map(|(window, start)| Self { owner: owner.to_owned(), window, start });
        owners.flat_map(of).collect()
    }
}

impl Counter {
    /// Used and reserved together.
    pub fn taken(&self, measure: Measure) -> i64 {
        self.used.of(measure).saturating_add(self.held.of(measure))
    }
}
