//! What a caller is told of a charge: how much audio was billed, and what it cost.

use super::{Charge, Line, Prices, Scope, Unit, Usage};
use crate::domain::{ChargeId, Currency, NanoMoney};

/// A charge in the caller's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Names the charge in the ledger.
    pub charge: ChargeId,
    /// Audio that was billed, in seconds; `None` where audio is not what is billed.
    pub seconds: Option<u64>,
    /// What it cost.
    pub cost: NanoMoney,
}

impl Bill {
    /// Of a charge that has been settled.
    #[must_use]
    pub fn of(charge: &Charge) -> Self {
        Self { charge: charge.id.clone(), seconds: billed_seconds(&charge.lines), cost: cost(charge) }
    }

    /// Of a charge to come, whose usage is known. `None` where its cost depends on the rest of the month.
    #[must_use]
    pub fn ahead(charge: &ChargeId, prices: &Prices, usage: &Usage, currency: Currency) -> Option<Self> {
        if prices.tariffs().iter().any(|tariff| tariff.scope == Scope::Period) {
            return None;
        }
        let lines = prices.lines(usage);
        Some(Self { charge: charge.clone(), seconds: billed_seconds(&lines), cost: total(&lines, currency) })
    }

    /// Audio that was billed, in minutes.
    #[must_use]
    pub fn minutes(&self) -> Option<String> {
        self.seconds.map(in_minutes)
    }
}

fn cost(charge: &Charge) -> NanoMoney {
    NanoMoney { nanos: charge.used.nanos, currency: charge.currency }
}

/// The sum of what lines cost.
#[must_use]
pub fn total(lines: &[Line], currency: Currency) -> NanoMoney {
    NanoMoney { nanos: lines.iter().fold(0, |sum, line| sum.saturating_add(line.nanos)), currency }
}

/// Audio that lines bill, in seconds; `None` where none of them bills audio.
#[must_use]
pub fn billed_seconds(lines: &[Line]) -> Option<u64> {
    let seconds = |line: &Line| match line.unit {
        Unit::Second => Some(line.billed),
        Unit::StartedMinute => Some(line.billed.saturating_mul(60)),
        _ => None,
    };
    let billed = lines.iter().filter_map(seconds).reduce(i64::saturating_add)?;
    u64::try_from(billed).ok()
}

/// Seconds as a decimal number of minutes: whole where they are, with three digits at most where not.
#[must_use]
pub fn in_minutes(seconds: u64) -> String {
    let (whole, rest) = (seconds / 60, seconds % 60);
    let thousandths = (rest * 1000 + 30) / 60;
    let text = format!("{}.{:03}", whole + thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_whole_where_they_are() {
        for (seconds, minutes) in
            [(0, "0"), (60, "1"), (9, "0.15"), (7, "0.117"), (59, "0.983"), (600, "10"), (90, "1.5")]
        {
            assert_eq!(in_minutes(seconds), minutes);
        }
    }
}
