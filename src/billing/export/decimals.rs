//! Exact decimal numbers of what the ledger counts in whole parts.

use crate::billing::Tariff;
use crate::domain::{NANOS, decimal};

/// Digits after the point at most: enough for every price of a million units in nanos.
const DIGITS: u32 = 18;

/// Milliseconds as seconds.
pub(in crate::billing) fn seconds(milliseconds: i64) -> String {
    let (whole, rest) = (milliseconds / 1_000, milliseconds % 1_000);
    decimal_of(&format!("{whole}.{rest:03}"))
}

/// Nanos as units of the currency, where the sum may be larger than one amount can be.
pub(super) fn total(nanos: i128) -> String {
    if let Ok(nanos) = i64::try_from(nanos) {
        return decimal(nanos);
    }
    let unit = i128::from(NANOS);
    decimal_of(&format!("{}.{:09}", nanos / unit, (nanos % unit).abs()))
}

/// What one unit costs, in units of the currency; `None` if no decimal number of that many digits is exactly it.
pub(super) fn unit_price(tariff: &Tariff, batch: bool) -> Option<String> {
    let percent = if batch { i128::from(tariff.batch_percent) } else { 100 };
    let over = i128::from(tariff.price).checked_mul(percent)?;
    let under = i128::from(tariff.per.max(1)).checked_mul(100)?.checked_mul(i128::from(NANOS))?;
    let (mut rest, mut digits) = (over % under, String::new());
    while rest != 0 {
        if digits.len() == DIGITS as usize {
            return None;
        }
        rest = rest.checked_mul(10)?;
        digits.push_str(&(rest / under).to_string());
        rest %= under;
    }
    Some(if digits.is_empty() { (over / under).to_string() } else { format!("{}.{digits}", over / under) })
}

/// Without zeros at the end that say nothing.
fn decimal_of(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_they_need() {
        for (milliseconds, text) in [(0, "0"), (8_470, "8.47"), (60_000, "60"), (1, "0.001"), (3_600_000, "3600")] {
            assert_eq!(seconds(milliseconds), text);
        }
        assert_eq!(total(60_000_000), "0.06");
        assert_eq!(total(i128::from(i64::MAX) * 100), "922337203685.4775807");
    }
}
