//! One charge, as its rows add up.

use crate::billing::{Amounts, Charge, Entry, Kind, Line, Service, State};
use crate::domain::{AccountId, ChargeId, Currency, KeyId, RequestId, Timestamp};

/// A charge with all that its next row needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    pub charge: ChargeId,
    pub account: AccountId,
    pub request: RequestId,
    pub key: Option<KeyId>,
    pub service: Service,
    pub model: String,
    pub currency: Currency,
    pub admitted_at: Timestamp,
    /// When it is voided, while it is held.
    pub expires_at: Timestamp,
    pub held: Amounts,
    pub used: Amounts,
    pub lines: Vec<Line>,
    /// The last extension.
    pub step: u32,
    pub state: State,
    /// The time of the row that ended it.
    pub ended_at: Option<Timestamp>,
}

impl Tab {
    /// What its rows, in order, come to; `None` without rows. `expires_at` has a meaning while it is held.
    pub fn of<'a>(entries: impl Iterator<Item = &'a Entry>, expires_at: Option<Timestamp>) -> Option<Self> {
        let mut entries = entries.peekable();
        let first = *entries.peek()?;
        let mut tab = Self {
            charge: first.charge.clone(),
            account: first.account.clone(),
            request: first.request.clone(),
            key: first.key.clone(),
            service: first.service,
            model: first.model.clone(),
            currency: first.currency,
            admitted_at: first.admitted_at,
            expires_at: expires_at.unwrap_or(first.admitted_at),
            held: Amounts::default(),
            used: Amounts::default(),
            lines: Vec::new(),
            step: 0,
            state: State::Held,
            ended_at: None,
        };
        entries.for_each(|entry| tab.add(entry));
        Some(tab)
    }

    /// Takes a further row into account.
    pub fn add(&mut self, entry: &Entry) {
        self.held = self.held.plus(entry.held);
        self.used = self.used.plus(entry.used);
        self.step = self.step.max(entry.step);
        if matches!(entry.kind, Kind::Settle | Kind::Void) {
            self.ended_at = Some(entry.at);
        }
        match entry.kind {
            Kind::Hold | Kind::Extend => {}
            Kind::Settle => {
                self.state = State::Settled;
                self.lines.clone_from(&entry.lines);
            }
            Kind::Void => self.state = State::Voided,
        }
    }

    /// As others may see it.
    pub fn charge(&self) -> Charge {
        Charge {
            id: self.charge.clone(),
            request: self.request.clone(),
            account: self.account.clone(),
            state: self.state,
            currency: self.currency,
            held: self.held,
            used: self.used,
            lines: self.lines.clone(),
            admitted_at: self.admitted_at,
        }
    }
}
