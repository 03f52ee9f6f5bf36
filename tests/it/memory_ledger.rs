//! A ledger in memory, as simple as can be: for tests of those who use a ledger, not of the stores.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use minuted::billing::{
    Amounts, Budget, Charge, Entry, Extension, Hold, Ledger, LedgerError, PageOf, Settlement, Standing, State, Tariff,
    UsageQuery, UsageRow,
};
use minuted::domain::{AccountId, ChargeId, Timestamp};

#[derive(Default)]
pub struct MemoryLedger(Mutex<Book>);

#[derive(Default)]
struct Book {
    holds: BTreeMap<ChargeId, (Hold, Charge)>,
    /// Steps, in order: what was done, and to which charge.
    steps: Vec<(&'static str, ChargeId)>,
    /// Steps that fail before the store works again.
    failures: u32,
}

impl MemoryLedger {
    /// The store fails so many times.
    pub fn fail(&self, times: u32) {
        self.book().failures = times;
    }

    /// What was done, in order.
    pub fn steps(&self) -> Vec<&'static str> {
        self.book().steps.iter().map(|(step, _)| *step).collect()
    }

    /// Every charge, oldest first.
    pub fn charges(&self) -> Vec<Charge> {
        self.book().holds.values().map(|(_, charge)| charge.clone()).collect()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().expect("no holder panics")
    }

    fn step(&self) -> Result<MutexGuard<'_, Book>, LedgerError> {
        let mut book = self.book();
        if book.failures > 0 {
            book.failures -= 1;
            return Err(LedgerError::Store("it was told to fail".to_owned()));
        }
        Ok(book)
    }
}

impl Book {
    fn standing(&self, budget: &Budget, at: Timestamp) -> Standing {
        let (start, resets_at) = budget.window.around(at);
        let within = |charge: &&Charge| (start..resets_at).contains(&charge.admitted_at);
        let charges: Vec<&Charge> = self.holds.values().map(|(_, charge)| charge).filter(within).collect();
        let used = charges.iter().map(|charge| charge.used.of(budget.measure)).sum();
        let held = charges.iter().map(|charge| charge.held.of(budget.measure)).sum();
        Standing { budget: budget.clone(), used, held, resets_at }
    }

    fn afford(&self, budgets: &[Budget], more: Amounts, at: Timestamp) -> Result<(), LedgerError> {
        for budget in budgets {
            let standing = self.standing(budget, at);
            if more.of(budget.measure) > standing.left() {
                return Err(LedgerError::Exhausted(Box::new(standing)));
            }
        }
        Ok(())
    }

    fn held(&mut self, charge: &ChargeId) -> Result<&mut (Hold, Charge), LedgerError> {
        match self.holds.get_mut(charge) {
            Some(found) if found.1.state == State::Held => Ok(found),
            Some(_) => Err(LedgerError::Ended),
            None => Err(LedgerError::Unknown),
        }
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn hold(&self, hold: &Hold) -> Result<(), LedgerError> {
        let mut book = self.step()?;
        let claimed = |(other, charge): &&(Hold, Charge)| {
            charge.state != State::Voided
                && other.account == hold.account
                && other.claim.as_ref().zip(hold.claim.as_ref()).is_some_and(|(one, two)| one.key == two.key)
        };
        if let Some((other, first)) = book.holds.values().find(claimed) {
            return Err(LedgerError::Claimed { first: Box::new(first.clone()), same_body: other.claim == hold.claim });
        }
        book.afford(&hold.budgets, hold.amounts, hold.at)?;
        let charge = Charge {
            id: hold.charge.clone(),
            request: hold.request.clone(),
            account: hold.account.clone(),
            state: State::Held,
            currency: hold.currency,
            held: hold.amounts,
            used: Amounts::default(),
            lines: Vec::new(),
            admitted_at: hold.at,
        };
        book.steps.push(("hold", hold.charge.clone()));
        book.holds.insert(hold.charge.clone(), (hold.clone(), charge));
        Ok(())
    }

    async fn extend(&self, charge: &ChargeId, extension: &Extension) -> Result<(), LedgerError> {
        let mut book = self.step()?;
        let (_, held) = book.held(charge)?;
        let (before, at) = (held.held, held.admitted_at);
        let more = Amounts {
            nanos: extension.amounts.nanos - before.nanos,
            audio_ms: extension.amounts.audio_ms - before.audio_ms,
            output_tokens: extension.amounts.output_tokens - before.output_tokens,
        };
        book.afford(&extension.budgets, more, at)?;
        let (hold, held) = book.held(charge)?;
        held.held = extension.amounts;
        hold.expires_at = extension.expires_at;
        let step = if more == Amounts::default() { "renew" } else { "extend" };
        book.steps.push((step, charge.clone()));
        Ok(())
    }

    async fn settle(&self, charge: &ChargeId, settlement: &Settlement) -> Result<Charge, LedgerError> {
        let mut book = self.step()?;
        let settled = match book.holds.get_mut(charge) {
            Some((_, done)) if done.state == State::Settled => return Ok(done.clone()),
            _ => book.held(charge).map(|(_, held)| held)?,
        };
        let lines: Vec<_> = settlement.tariffs.iter().map(|tariff: &Tariff| tariff.line(&settlement.usage)).collect();
        let nanos = lines.iter().map(|line| line.nanos).sum();
        let used =
            Amounts { nanos, audio_ms: settlement.usage.audio_ms, output_tokens: settlement.usage.output_tokens };
        if !settled.held.cover(&used) {
            return Err(LedgerError::Underheld);
        }
        settled.state = State::Settled;
        (settled.held, settled.used, settled.lines) = (Amounts::default(), used, lines);
        let settled = settled.clone();
        book.steps.push(("settle", charge.clone()));
        Ok(settled)
    }

    async fn void(&self, charge: &ChargeId, _: Timestamp) -> Result<(), LedgerError> {
        let mut book = self.step()?;
        let (_, held) = book.held(charge)?;
        (held.state, held.held) = (State::Voided, Amounts::default());
        book.steps.push(("void", charge.clone()));
        Ok(())
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, LedgerError> {
        let expired: Vec<ChargeId> = {
            let book = self.step()?;
            let expired =
                book.holds.values().filter(|(hold, held)| held.state == State::Held && hold.expires_at <= now);
            expired.map(|(hold, _)| hold.charge.clone()).collect()
        };
        for charge in &expired {
            self.void(charge, now).await?;
        }
        Ok(expired.len() as u64)
    }

    async fn charge(&self, account: &AccountId, charge: &ChargeId) -> Result<Option<Charge>, LedgerError> {
        let found = self.step()?.holds.get(charge).map(|(_, charge)| charge.clone());
        Ok(found.filter(|charge| charge.account == *account))
    }

    async fn standing(&self, budgets: &[Budget], at: Timestamp) -> Result<Vec<Standing>, LedgerError> {
        let book = self.step()?;
        Ok(budgets.iter().map(|budget| book.standing(budget, at)).collect())
    }

    async fn chain(&self, _: &AccountId, _: i64, _: u32) -> Result<Vec<Entry>, LedgerError> {
        Ok(Vec::new())
    }

    async fn chains(&self) -> Result<Vec<AccountId>, LedgerError> {
        Ok(Vec::new())
    }

    async fn settled(
        &self,
        _: Option<&AccountId>,
        _: Timestamp,
        _: Timestamp,
        _: Option<&(Timestamp, ChargeId)>,
        _: u32,
    ) -> Result<PageOf<Entry, (Timestamp, ChargeId)>, LedgerError> {
        Ok(PageOf { items: Vec::new(), next: None })
    }

    async fn usage(&self, _: &UsageQuery) -> Result<Vec<UsageRow>, LedgerError> {
        Ok(Vec::new())
    }

    async fn close_period(&self, _: Timestamp) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn closed_until(&self) -> Result<Timestamp, LedgerError> {
        Ok(Timestamp::MIN)
    }

    async fn publish(&self, _: &[Tariff]) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn tariffs(&self) -> Result<Vec<Tariff>, LedgerError> {
        Ok(Vec::new())
    }

    async fn undelivered(&self, _: u32) -> Result<Vec<Entry>, LedgerError> {
        Ok(Vec::new())
    }

    async fn delivered(&self, _: &[ChargeId]) -> Result<(), LedgerError> {
        Ok(())
    }
}
