//! One account's rows, taken in order. Pure: it is told the rows and knows the tariffs, and asks nobody.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::fault::price;
use super::{Fault, Sums};
use crate::billing::{Amounts, Entry, Hash, Kind, Line, Measure, Scope, Tariff, TariffId, Usage, Window};
use crate::domain::{ChargeId, Timestamp};

/// How far a chain has been followed. It remembers charges under way, eight bytes of each that has ended, and sums.
pub struct Chain {
    tariffs: Arc<BTreeMap<TariffId, Tariff>>,
    seq: i64,
    last: Hash,
    pub(super) held: HashMap<ChargeId, Held>,
    ended: HashSet<u64>,
    /// What of each month was chargeable so far, by tariffs that sum up the month.
    pub(super) months: BTreeMap<(TariffId, Timestamp), i64>,
    sums: Sums,
}

/// A charge under way.
pub(super) struct Held {
    pub(super) hold: Entry,
    amounts: Amounts,
    step: u32,
}

impl Chain {
    /// At its beginning.
    #[must_use]
    pub fn new(tariffs: Arc<BTreeMap<TariffId, Tariff>>) -> Self {
        Self {
            tariffs,
            seq: 0,
            last: [0; 32],
            held: HashMap::new(),
            ended: HashSet::new(),
            months: BTreeMap::new(),
            sums: Sums::default(),
        }
    }

    /// The place of the last row that was taken; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The seal of that row.
    #[must_use]
    pub fn last(&self) -> Hash {
        self.last
    }

    /// Charges that have not ended.
    #[must_use]
    pub fn open(&self) -> usize {
        self.held.len()
    }

    /// What the rows add up to.
    #[must_use]
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Whether it knows every tariff by which a row is priced.
    pub(super) fn can_price(&self, row: &Entry) -> bool {
        row.lines.iter().all(|line| self.tariffs.contains_key(&line.tariff))
    }

    /// Goes on with these tariffs.
    pub(super) fn price_by(&mut self, tariffs: Arc<BTreeMap<TariffId, Tariff>>) {
        self.tariffs = tariffs;
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// What is wrong with it; the chain is good for nothing then.
    pub fn take(&mut self, row: &Entry) -> Result<(), Fault> {
        if row.seq != self.seq + 1 {
            return Err(Fault::Missing);
        }
        if row.previous != self.last {
            return Err(Fault::Unlinked);
        }
        if row.seal() != row.hash {
            return Err(Fault::Seal);
        }
        match row.kind {
            Kind::Hold => self.hold(row)?,
            Kind::Extend => self.extend(row)?,
            Kind::Settle => self.settle(row)?,
            Kind::Void => self.void(row)?,
        }
        self.sums.add(row);
        (self.seq, self.last) = (row.seq, row.hash);
        Ok(())
    }

    fn hold(&mut self, row: &Entry) -> Result<(), Fault> {
        if self.held.contains_key(&row.charge) || self.ended.contains(&mark(&row.charge)) {
            return Err(Fault::HeldTwice);
        }
        if row.at != row.admitted_at || row.step != 0 {
            return Err(Fault::Changed);
        }
        reserves(row)?;
        self.held.insert(row.charge.clone(), Held { hold: row.clone(), amounts: row.held, step: 0 });
        Ok(())
    }

    fn extend(&mut self, row: &Entry) -> Result<(), Fault> {
        let held = self.held.get_mut(&row.charge).ok_or(Fault::NotHeld)?;
        same(row, &held.hold)?;
        reserves(row)?;
        if row.step <= held.step {
            return Err(Fault::Step);
        }
        held.step = row.step;
        held.amounts = held.amounts.plus(row.held);
        Ok(())
    }

    fn settle(&mut self, row: &Entry) -> Result<(), Fault> {
        let held = self.end(row)?;
        let usage = row.usage.ok_or(Fault::Used)?;
        let nanos = row.lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.nanos));
        if row.used != (Amounts { nanos, audio_ms: usage.audio_ms, output_tokens: usage.output_tokens }) {
            return Err(Fault::Used);
        }
        if !held.cover(&row.used) {
            return Err(Fault::Overcharged);
        }
        let something = usage.audio_ms > 0 || usage.input_tokens > 0 || usage.output_tokens > 0;
        if something && row.lines.is_empty() {
            return Err(Fault::Unpriced);
        }
        row.lines.iter().try_for_each(|line| self.line(row, &usage, line))
    }

    fn void(&mut self, row: &Entry) -> Result<(), Fault> {
        self.end(row)?;
        nothing_used(row)
    }

    /// Ends a charge, and says what was held.
    fn end(&mut self, row: &Entry) -> Result<Amounts, Fault> {
        let Held { hold, amounts, .. } = self.held.remove(&row.charge).ok_or(Fault::NotHeld)?;
        self.ended.insert(mark(&row.charge));
        same(row, &hold)?;
        let given_back = Amounts::default().minus(amounts);
        if row.held == given_back && row.step == 0 {
            Ok(amounts)
        } else {
            Err(Fault::Held { expected: total(&given_back), found: total(&row.held) })
        }
    }

    /// Works a line out again.
    fn line(&mut self, row: &Entry, usage: &Usage, line: &Line) -> Result<(), Fault> {
        let tariffs = Arc::clone(&self.tariffs);
        let tariff = tariffs.get(&line.tariff).ok_or_else(|| Fault::UnknownTariff(line.tariff.clone()))?;
        let prices = tariff.is_valid(row.admitted_at)
            && tariff.currency == row.currency
            && tariff.closeness(&row.model).is_some();
        if !prices {
            return Err(Fault::WrongTariff(line.tariff.clone()));
        }
        let month = (line.tariff.clone(), Window::Month.around(row.admitted_at).0);
        let before = self.months.get(&month).copied().unwrap_or_default();
        let expected = tariff.line(usage, before);
        if expected.as_ref() != Some(line) {
            let words = |line: &Line| price(line.billed, line.nanos);
            let expected = expected.as_ref().map_or("nothing".to_owned(), words);
            let tariff = line.tariff.clone();
            return Err(Fault::Price { tariff, unit: line.unit, expected, found: words(line) });
        }
        if tariff.scope == Scope::Period {
            self.months.insert(month, before.saturating_add(tariff.chargeable(usage)));
        }
        Ok(())
    }
}

/// Rows of one charge agree on what it is.
fn same(row: &Entry, hold: &Entry) -> Result<(), Fault> {
    let what = |row: &Entry| {
        (row.request.clone(), row.key.clone(), row.service, row.model.clone(), row.currency, row.admitted_at)
    };
    if what(row) == what(hold) { Ok(()) } else { Err(Fault::Changed) }
}

fn reserves(row: &Entry) -> Result<(), Fault> {
    if Measure::ALL.iter().any(|measure| row.held.of(*measure) < 0) {
        return Err(Fault::Held { expected: 0, found: total(&row.held) });
    }
    nothing_used(row)
}

fn nothing_used(row: &Entry) -> Result<(), Fault> {
    let nothing = row.used == Amounts::default() && row.usage.is_none() && row.lines.is_empty();
    if nothing { Ok(()) } else { Err(Fault::Misplaced) }
}

fn total(amounts: &Amounts) -> i128 {
    Measure::ALL.iter().map(|measure| i128::from(amounts.of(*measure))).sum()
}

/// What is remembered of a charge that has ended: by chance two in ten million may look alike once in 300,000 books.
fn mark(charge: &ChargeId) -> u64 {
    let mut hasher = DefaultHasher::new();
    charge.hash(&mut hasher);
    hasher.finish()
}
