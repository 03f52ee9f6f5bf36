//! A charge through its life: what is handed in for each step ([`Hold`], [`Extension`], [`Settlement`]), and how it
//! stands ([`Charge`]). The book that takes the steps is [`Ledger`](super::Ledger).

use super::{Amounts, Budget, Line, Service, Tariff, Usage};
use crate::domain::{AccountId, ChargeId, Currency, KeyId, RequestId, Timestamp};

/// What a request is about to cost at most, to be reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its name, made by the caller of [`Ledger::hold`](super::Ledger::hold).
    pub charge: ChargeId,
    /// The request.
    pub request: RequestId,
    /// Who pays.
    pub account: AccountId,
    /// The key that it came with.
    pub key: Option<KeyId>,
    /// The kind of work.
    pub service: Service,
    /// The model's id.
    pub model: String,
    /// What the amounts are in.
    pub currency: Currency,
    /// What is reserved.
    pub amounts: Amounts,
    /// The ceilings that it must stay under, of the account and of the key.
    pub budgets: Vec<Budget>,
    /// Now. It decides to which hour, day and month the charge belongs.
    pub at: Timestamp,
    /// When it is voided if nobody has extended or ended it.
    pub expires_at: Timestamp,
    /// The caller's `Idempotency-Key`.
    pub claim: Option<IdempotencyClaim>,
}

/// An `Idempotency-Key` and what it was sent with, both as digests: what a caller sends is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyClaim {
    /// SHA-256 of the key.
    pub key: [u8; 32],
    /// SHA-256 of the recording and the parameters.
    pub body: [u8; 32],
}

/// More of a hold: the work turned out longer than was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// 1, 2, 3 and so on; the same one twice counts once.
    pub step: u32,
    /// What is reserved in all from now on; never less than before.
    pub amounts: Amounts,
    /// The ceilings that it must stay under.
    pub budgets: Vec<Budget>,
    /// Now.
    pub at: Timestamp,
    /// The new end of the hold.
    pub expires_at: Timestamp,
}

/// What a request did cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// What it used.
    pub usage: Usage,
    /// How that is priced. For a tariff whose scope is the period the store works out `billed` and `nanos` itself: it
    /// knows what the month's sum was before.
    pub tariffs: Vec<Tariff>,
    /// Now.
    pub at: Timestamp,
}

/// A charge, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Its name.
    pub id: ChargeId,
    /// The request.
    pub request: RequestId,
    /// Who pays.
    pub account: AccountId,
    /// How far it is.
    pub state: State,
    /// What the amounts are in.
    pub currency: Currency,
    /// What is reserved now.
    pub held: Amounts,
    /// What it cost.
    pub used: Amounts,
    /// How that was priced.
    pub lines: Vec<Line>,
    /// When the request was admitted.
    pub admitted_at: Timestamp,
}

/// How far a charge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Reserved; the work goes on.
    Held,
    /// Done and charged.
    Settled,
    /// Ended without a charge.
    Voided,
}
