//! What an owner has used and holds in one window of time: so that a ceiling is checked without adding up rows.

use crate::billing::{Amounts, Budget, Measure, Owner, Window};
use crate::domain::{AccountId, KeyId, Timestamp};

/// The windows in which every charge is counted, whether or not there is a ceiling yet.
pub const WINDOWS: [Window; 3] = [Window::Hour, Window::Day, Window::Month];

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
        let owners = std::iter::once(owner(&budget.owner)).chain(budget.kin.iter().map(KeyId::as_str));
        owners.map(move |owner| Self { owner: owner.to_owned(), window, start })
    }

    /// The counters in which a charge counts: three windows of its account, three of its key.
    pub fn of(account: &AccountId, key: Option<&KeyId>, moment: Timestamp) -> Vec<Self> {
        let starts = WINDOWS.map(|window| (window, window.around(moment).0));
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

/// A window's name in the store.
pub fn span_of(window: Window) -> &'static str {
    match window {
        Window::Hour => "hour",
        Window::Day => "day",
        Window::Month => "month",
    }
}

/// The id of a budget's owner.
pub fn owner(owner: &Owner) -> &str {
    match owner {
        Owner::Account(account) => account.as_str(),
        Owner::Key(key) => key.as_str(),
    }
}
