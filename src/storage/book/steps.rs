//! The steps themselves. Each checks everything first and writes after: one that is refused leaves no trace.

use super::page::Row;
use super::{Claimed, CounterId, Page, Step, Tab};
use crate::billing::{
    Amounts, Budget, Charge, Extension, Hold, Kind, LedgerError, Line, Measure, Scope, Settlement, Standing, State,
    Tariff,
};
use crate::domain::{ChargeId, Timestamp};
use jiff::SignedDuration;

/// How long an `Idempotency-Key` is remembered after its request has ended.
pub const CLAIM_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// What any counter may reach at most, so that no sum leaves the range of its type.
const MOST: i64 = i64::MAX / 4;

impl Page {
    /// Makes a step, and gives the charge as it stands after it.
    ///
    /// # Errors
    /// As [`Ledger`](crate::billing::Ledger) says of each.
    pub fn make(&mut self, step: &Step) -> Result<Charge, LedgerError> {
        let tab = self.tab(step.charge()).cloned().ok_or(LedgerError::Unknown);
        match step {
            Step::Hold(hold) => self.hold(hold),
            Step::Extend(_, extension) => self.extend(tab?, extension),
            Step::Settle(_, settlement, told) => self.settle(tab?, settlement, *told),
            Step::Void(_, at) => self.void(tab?, *at),
            Step::Expire(_, now) => self.expire(tab?, *now),
        }
    }

    fn hold(&mut self, hold: &Hold) -> Result<Charge, LedgerError> {
        if let Some(tab) = self.tab(&hold.charge) {
            let same = tab.account == hold.account && tab.request == hold.request && tab.admitted_at == hold.at;
            return if same { Ok(tab.charge()) } else { Err(unfit("a charge of this id is another request's")) };
        }
        if hold.at < self.closed_until.unwrap_or(Timestamp::MIN) {
            return Err(LedgerError::Closed);
        }
        if let Some(claim) = &hold.claim {
            self.unclaimed(hold, claim.key, claim.body)?;
        }
        let tab = Tab {
            charge: hold.charge.clone(),
            account: hold.account.clone(),
            request: hold.request.clone(),
            key: hold.key.clone(),
            service: hold.service,
            model: hold.model.clone(),
            currency: hold.currency,
            admitted_at: hold.at,
            expires_at: hold.expires_at,
            held: Amounts::default(),
            used: Amounts::default(),
            lines: Vec::new(),
            step: 0,
            state: State::Held,
            ended_at: None,
        };
        self.affordable(&tab, hold.amounts, &hold.budgets)?;
        if let Some(claim) = &hold.claim {
            let id = (hold.account.clone(), claim.key);
            let claimed = Claimed { charge: hold.charge.clone(), body: claim.body, at: hold.at };
            self.claims.insert(id.clone(), Some(claimed.clone()));
            self.changes.claims.insert(id, claimed);
        }
        self.write(tab, Row { held: hold.amounts, ..Row::new(Kind::Hold, hold.at) });
        self.told(&hold.charge)
    }

    fn extend(&mut self, mut tab: Tab, extension: &Extension) -> Result<Charge, LedgerError> {
        if tab.state != State::Held {
            return Err(LedgerError::Ended);
        }
        if extension.step <= tab.step {
            return Ok(tab.charge());
        }
        let more = extension.amounts.minus(tab.held).at_least_zero();
        self.affordable(&tab, more, &extension.budgets)?;
        let charge = tab.charge.clone();
        tab.expires_at = tab.expires_at.max(extension.expires_at);
        if more == Amounts::default() {
            // Only time was asked for, and that is no matter of the chain.
            self.keep(tab);
        } else {
            self.write(tab, Row { step: extension.step, held: more, ..Row::new(Kind::Extend, extension.at) });
        }
        self.told(&charge)
    }

    fn settle(&mut self, tab: Tab, settlement: &Settlement, told: bool) -> Result<Charge, LedgerError> {
        match tab.state {
            State::Settled => return Ok(tab.charge()),
            State::Voided => return Err(LedgerError::Ended),
            State::Held if tab.admitted_at < self.closed_until.unwrap_or(Timestamp::MIN) => {
                return Err(LedgerError::Closed);
            }
            State::Held => {}
        }
        if settlement.tariffs.iter().any(|tariff| tariff.currency != tab.currency) {
            return Err(unfit("a tariff is in another currency than the charge"));
        }
        let usage = settlement.usage;
        let lines: Vec<Line> =
            settlement.tariffs.iter().filter_map(|tariff| self.price(&tab, tariff, settlement)).collect();
        let nanos = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.nanos));
        let used = Amounts { nanos, audio_ms: usage.audio_ms, output_tokens: usage.output_tokens };
        if Measure::ALL.iter().any(|measure| used.of(*measure) < 0) {
            return Err(unfit("a usage is negative"));
        }
        if Measure::ALL.iter().any(|measure| used.of(*measure) > tab.held.of(*measure)) {
            return Err(LedgerError::Underheld);
        }
        for tariff in settlement.tariffs.iter().filter(|tariff| tariff.scope == Scope::Period) {
            let id = Self::sum_id(&tab.account, &tariff.id, tab.admitted_at);
            let sum = self.sums.entry(id.clone()).or_default();
            *sum = sum.saturating_add(tariff.chargeable(&usage));
            self.changes.sums.insert(id);
        }
        let (charge, held) = (tab.charge.clone(), Amounts::default().minus(tab.held));
        if told {
            self.changes.events.push(charge.clone());
        }
        let row = Row::new(Kind::Settle, settlement.at);
        self.write(tab, Row { held, used, usage: Some(usage), lines, ..row });
        self.told(&charge)
    }

    fn void(&mut self, tab: Tab, at: Timestamp) -> Result<Charge, LedgerError> {
        match tab.state {
            State::Voided => return Ok(tab.charge()),
            State::Settled => return Err(LedgerError::Ended),
            State::Held => {}
        }
        let (charge, held) = (tab.charge.clone(), Amounts::default().minus(tab.held));
        self.write(tab, Row { held, ..Row::new(Kind::Void, at) });
        self.told(&charge)
    }

    fn expire(&mut self, tab: Tab, now: Timestamp) -> Result<Charge, LedgerError> {
        let is_over = tab.state == State::Held && tab.expires_at <= now;
        if is_over { self.void(tab, now) } else { Ok(tab.charge()) }
    }

    fn price(&self, tab: &Tab, tariff: &Tariff, settlement: &Settlement) -> Option<Line> {
        let before =
            self.sums.get(&Self::sum_id(&tab.account, &tariff.id, tab.admitted_at)).copied().unwrap_or_default();
        tariff.line(&settlement.usage, before)
    }

    /// Whether nobody has used this `Idempotency-Key` for something that still counts.
    fn unclaimed(&self, hold: &Hold, key: [u8; 32], body: [u8; 32]) -> Result<(), LedgerError> {
        let Some(Some(claimed)) = self.claims.get(&(hold.account.clone(), key)) else { return Ok(()) };
        let Some(first) = self.tab(&claimed.charge) else { return Ok(()) };
        let ended_at = first.ended_at.unwrap_or(claimed.at);
        let remembered = ended_at.saturating_add(CLAIM_LIFE).is_ok_and(|until| hold.at < until);
        if first.state == State::Held || (first.state == State::Settled && remembered) {
            return Err(LedgerError::Claimed { first: Box::new(first.charge()), same_body: claimed.body == body });
        }
        Ok(())
    }

    /// Whether a charge may reserve so much more.
    fn affordable(&self, tab: &Tab, more: Amounts, budgets: &[Budget]) -> Result<(), LedgerError> {
        if Measure::ALL.iter().any(|measure| more.of(*measure) < 0) {
            return Err(unfit("a reserved amount is negative"));
        }
        for id in CounterId::of(&tab.account, tab.key.as_ref(), tab.admitted_at) {
            let counter = self.counters.get(&id).copied().unwrap_or_default();
            if Measure::ALL.iter().any(|measure| more.of(*measure) > MOST.saturating_sub(counter.taken(*measure))) {
                return Err(unfit("more is reserved than can be counted"));
            }
        }
        for budget in budgets.iter().filter(|budget| more.of(budget.measure) > 0) {
            let standing = self.standing(budget, tab.admitted_at);
            let taken = standing.used.saturating_add(standing.held);
            if taken.saturating_add(more.of(budget.measure)) > budget.ceiling {
                return Err(LedgerError::Exhausted(Box::new(standing)));
            }
        }
        Ok(())
    }

    /// How far a budget is used in its window around a moment, by the counters on the page.
    pub fn standing(&self, budget: &Budget, at: Timestamp) -> Standing {
        let (mut used, mut held) = (0_i64, 0_i64);
        for counter in CounterId::heeded(budget, at).filter_map(|id| self.counters.get(&id)) {
            used = used.saturating_add(counter.used.of(budget.measure));
            held = held.saturating_add(counter.held.of(budget.measure));
        }
        Standing { budget: budget.clone(), used, held, resets_at: budget.window.around(at).1 }
    }

    fn told(&self, charge: &ChargeId) -> Result<Charge, LedgerError> {
        self.tab(charge).map(Tab::charge).ok_or(LedgerError::Unknown)
    }
}

/// A step that no caller in its right mind asks for.
fn unfit(why: &str) -> LedgerError {
    LedgerError::Refused(why.to_owned())
}
