//! What a transaction knows of the book, and what it is about to write there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Counter, CounterId, Tab};
use crate::billing::{Amounts, State};
use crate::billing::{Entry, Hash, Kind, Line, TariffId, Usage, Window};
use crate::domain::{AccountId, ChargeId, Timestamp};

/// The end of an account's chain: what the next row goes on from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// The last row's place; 0 before the first.
    pub seq: i64,
    /// The last row's seal; zeros before the first.
    pub hash: Hash,
}

/// An account's `Idempotency-Key`, as a digest.
pub type ClaimId = (AccountId, [u8; 32]);

/// What a key was first used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The charge that it led to.
    pub charge: ChargeId,
    /// The digest of what came with it.
    pub body: [u8; 32],
    /// When.
    pub at: Timestamp,
}

/// An account's sum at a tariff whose scope is the period; the month's first moment.
pub type SumId = (AccountId, TariffId, Timestamp);

/// A part of the book. What is absent from a map has not been loaded; a `None` in it is known not to exist.
#[derive(Debug, Default)]
pub struct Page {
    /// The first moment that no closed month holds.
    pub closed_until: Option<Timestamp>,
    pub heads: HashMap<AccountId, Head>,
    pub tabs: HashMap<ChargeId, Option<Tab>>,
    pub counters: HashMap<CounterId, Counter>,
    pub claims: HashMap<ClaimId, Option<Claimed>>,
    pub sums: HashMap<SumId, i64>,
    pub(super) changes: Changes,
}

/// What is to be written. Of maps that the page has, only the names are here.
#[derive(Debug, Default)]
pub struct Changes {
    pub entries: Vec<Entry>,
    pub tabs: BTreeSet<ChargeId>,
    pub counters: BTreeSet<CounterId>,
    pub sums: BTreeSet<SumId>,
    pub claims: BTreeMap<ClaimId, Claimed>,
    /// Charges whose settlement somebody is to be told of.
    pub events: Vec<ChargeId>,
}

/// What one row is to say; the rest of it is on the page.
pub(super) struct Row {
    pub kind: Kind,
    pub step: u32,
    pub at: Timestamp,
    pub held: Amounts,
    pub used: Amounts,
    pub usage: Option<Usage>,
    pub lines: Vec<Line>,
}

impl Row {
    pub(super) fn new(kind: Kind, at: Timestamp) -> Self {
        let none = Amounts::default();
        Self { kind, step: 0, at, held: none, used: none, usage: None, lines: Vec::new() }
    }
}

impl Page {
    /// The charge, if it is on the page.
    pub fn tab(&self, charge: &ChargeId) -> Option<&Tab> {
        self.tabs.get(charge)?.as_ref()
    }

    /// Gives out what is to be written.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// Forgets charges that have ended: nobody asks for them again soon.
    pub fn forget_ended(&mut self) {
        self.tabs.retain(|_, tab| tab.as_ref().is_some_and(|tab| tab.state == State::Held));
        self.claims.clear();
    }

    /// How much is on the page.
    pub fn len(&self) -> usize {
        self.heads.len() + self.tabs.len() + self.counters.len() + self.sums.len()
    }

    /// Adds a row to the chain of the tab's account, and to everything that is summed. The caller has checked it.
    pub(super) fn write(&mut self, mut tab: Tab, row: Row) {
        let head = self.heads.entry(tab.account.clone()).or_default();
        let mut entry = Entry {
            account: tab.account.clone(),
            seq: head.seq + 1,
            charge: tab.charge.clone(),
            kind: row.kind,
            step: row.step,
            request: tab.request.clone(),
            key: tab.key.clone(),
            service: tab.service,
            model: tab.model.clone(),
            at: row.at,
            admitted_at: tab.admitted_at,
            currency: tab.currency,
            held: row.held,
            used: row.used,
            usage: row.usage,
            lines: row.lines,
            previous: head.hash,
            hash: Hash::default(),
        };
        entry.hash = entry.seal();
        *head = Head { seq: entry.seq, hash: entry.hash };
        for id in CounterId::of(&tab.account, tab.key.as_ref(), tab.admitted_at) {
            let counter = self.counters.entry(id.clone()).or_default();
            counter.held = counter.held.plus(row.held);
            counter.used = counter.used.plus(row.used);
            self.changes.counters.insert(id);
        }
        tab.add(&entry);
        self.changes.entries.push(entry);
        self.keep(tab);
    }

    /// Takes down what a charge has come to.
    pub(super) fn keep(&mut self, tab: Tab) {
        self.changes.tabs.insert(tab.charge.clone());
        self.tabs.insert(tab.charge.clone(), Some(tab));
    }

    /// The month in which an account's request of that time is summed.
    pub fn sum_id(account: &AccountId, tariff: &TariffId, admitted_at: Timestamp) -> SumId {
        (account.clone(), tariff.clone(), Window::Month.around(admitted_at).0)
    }
}
