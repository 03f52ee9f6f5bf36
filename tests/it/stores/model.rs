//! The book as simply as it can be said: a list of charges, and sums made anew whenever they are wanted.
//!
//! The stores keep counters, seals and indexes; this keeps nothing of the kind, so that the two agree only if both are
//! right.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use minuted::billing::{
    Amounts, Budget, Extension, Hold, IdempotencyClaim, LedgerError, Owner, Scope, Settlement, State,
};
use minuted::domain::{AccountId, ChargeId, Timestamp};

/// A charge.
pub struct Item {
    pub hold: Hold,
    pub state: State,
    pub held: Amounts,
    pub used: Amounts,
    step: u32,
    expires_at: Timestamp,
    /// Whether its `Idempotency-Key` has been forgotten.
    forgotten: bool,
}

/// A day: so long is an `Idempotency-Key` remembered.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// All charges, in the order in which they were made.
#[derive(Default)]
pub struct Model {
    pub items: Vec<Item>,
    /// Audio at a tariff that sums over the month, in milliseconds.
    months: BTreeMap<(AccountId, Timestamp), i64>,
}

/// How a step ends, without the details of an error.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Made,
    Exhausted,
    Claimed { first: ChargeId, same_body: bool },
    Ended,
    Unknown,
    Underheld,
}

impl Outcome {
    /// What a store answered.
    pub fn of<T>(answer: Result<T, LedgerError>) -> Self {
        match answer {
            Ok(_) => Self::Made,
            Err(LedgerError::Exhausted(_)) => Self::Exhausted,
            Err(LedgerError::Claimed { first, same_body }) => Self::Claimed { first: first.id, same_body },
            Err(LedgerError::Ended) => Self::Ended,
            Err(LedgerError::Unknown) => Self::Unknown,
            Err(LedgerError::Underheld) => Self::Underheld,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Model {
    fn find(&mut self, charge: &ChargeId) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.hold.charge == *charge)
    }

    /// Used, and held, in the budget's window around a moment.
    pub fn standing(&self, budget: &Budget, at: Timestamp) -> (i64, i64) {
        let counted = self.items.iter().filter(|item| {
            let owned = match &budget.owner {
                Owner::Account(account) => item.hold.account == *account,
                Owner::Key(key) => item.hold.key.as_ref() == Some(key),
            };
            owned && budget.window.around(item.hold.at) == budget.window.around(at)
        });
        counted.fold((0, 0), |(used, held), item| {
            (used + item.used.of(budget.measure), held + item.held.of(budget.measure))
        })
    }

    fn affordable(&self, budgets: &[Budget], more: Amounts, at: Timestamp) -> bool {
        budgets.iter().all(|budget| {
            let (used, held) = self.standing(budget, at);
            let more = more.of(budget.measure);
            more == 0 || used + held + more <= budget.ceiling
        })
    }

    pub fn hold(&mut self, hold: &Hold) -> Outcome {
        if self.find(&hold.charge).is_some() {
            return Outcome::Made;
        }
        if let Some(IdempotencyClaim { key, body }) = &hold.claim {
            let first = self.items.iter().rev().find(|item| {
                item.hold.account == hold.account && item.hold.claim.as_ref().is_some_and(|claim| claim.key == *key)
            });
            let counts = |item: &&Item| match item.state {
                _ if item.forgotten => false,
                State::Held => true,
                State::Settled => hold.at < item.hold.at + DAY,
                State::Voided => false,
            };
            if let Some(first) = first.filter(counts) {
                let same_body = first.hold.claim.as_ref().is_some_and(|claim| claim.body == *body);
                return Outcome::Claimed { first: first.hold.charge.clone(), same_body };
            }
        }
        if !self.affordable(&hold.budgets, hold.amounts, hold.at) {
            return Outcome::Exhausted;
        }
        self.items.push(Item {
            hold: hold.clone(),
            state: State::Held,
            held: hold.amounts,
            used: Amounts::default(),
            step: 0,
            expires_at: hold.expires_at,
            forgotten: false,
        });
        Outcome::Made
    }

    pub fn extend(&mut self, charge: &ChargeId, extension: &Extension) -> Outcome {
        let Some(item) = self.find(charge) else { return Outcome::Unknown };
        if item.state != State::Held {
            return Outcome::Ended;
        }
        if extension.step <= item.step {
            return Outcome::Made;
        }
        let (held, admitted_at) = (item.held, item.hold.at);
        let wanted = Amounts {
            nanos: extension.amounts.nanos.max(held.nanos),
            audio_ms: extension.amounts.audio_ms.max(held.audio_ms),
            output_tokens: extension.amounts.output_tokens.max(held.output_tokens),
        };
        if !self.affordable(&extension.budgets, wanted.minus(held), admitted_at) {
            return Outcome::Exhausted;
        }
        let Some(item) = self.find(charge) else { return Outcome::Unknown };
        item.expires_at = item.expires_at.max(extension.expires_at);
        if wanted != held {
            (item.held, item.step) = (wanted, extension.step);
        }
        Outcome::Made
    }

    pub fn settle(&mut self, charge: &ChargeId, settlement: &Settlement, cent: i64) -> Outcome {
        let Some(item) = self.find(charge) else { return Outcome::Unknown };
        match item.state {
            State::Settled => return Outcome::Made,
            State::Voided => return Outcome::Ended,
            State::Held => {}
        }
        let audio_ms = settlement.usage.audio_ms;
        let started = |ms: i64| (ms + 59_999) / 60_000;
        let (held, month) = (item.held, minuted::billing::Window::Month.around(item.hold.at).0);
        let id = (item.hold.account.clone(), month);
        let before = self.months.get(&id).copied().unwrap_or_default();
        let summed = settlement.tariffs[0].scope == Scope::Period;
        let minutes = if summed { started(before + audio_ms) - started(before) } else { started(audio_ms) };
        let used = Amounts { nanos: minutes * cent, audio_ms, output_tokens: 0 };
        if used.nanos > held.nanos || used.audio_ms > held.audio_ms {
            return Outcome::Underheld;
        }
        if summed {
            self.months.insert(id, before + audio_ms);
        }
        let Some(item) = self.find(charge) else { return Outcome::Unknown };
        (item.state, item.held, item.used) = (State::Settled, Amounts::default(), used);
        Outcome::Made
    }

    pub fn void(&mut self, charge: &ChargeId) -> Outcome {
        let Some(item) = self.find(charge) else { return Outcome::Unknown };
        if item.state == State::Settled {
            return Outcome::Ended;
        }
        (item.state, item.held) = (State::Voided, Amounts::default());
        Outcome::Made
    }

    pub fn sweep(&mut self, now: Timestamp) -> u64 {
        let mut swept = 0;
        for item in &mut self.items {
            if item.state == State::Held && item.expires_at <= now {
                (item.state, item.held) = (State::Voided, Amounts::default());
                swept += 1;
            }
            item.forgotten |= item.state != State::Held && item.hold.at < now - DAY;
        }
        swept
    }
}
