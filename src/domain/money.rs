//! Money as the service counts it: whole billionths of a currency unit, never a float.

use std::fmt;
use std::str::FromStr;

/// How many nanos one unit of a currency has.
pub const NANOS: i64 = 1_000_000_000;

/// An ISO 4217 code: three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");

    /// The code, as in `EUR`.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

/// Why a text is no currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three capital letters, such as EUR")]
pub struct NoCurrency;

impl FromStr for Currency {
    type Err = NoCurrency;

    fn from_str(text: &str) -> Result<Self, NoCurrency> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(NoCurrency),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount: 10⁻⁹ of a currency's unit, and the currency. At most 9.2 billion units either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NanoMoney {
    /// Billionths.
    pub nanos: i64,
    /// Of what.
    pub currency: Currency,
}

impl NanoMoney {
    /// Nothing, in this currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { nanos: 0, currency }
    }
}

/// The plain decimal number of an amount of nanos: `0.02`, `-1.5`, `12`; exact, without trailing zeros.
#[must_use]
pub fn decimal(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let (units, rest) = (nanos.unsigned_abs() / NANOS.unsigned_abs(), nanos.unsigned_abs() % NANOS.unsigned_abs());
    let digits = format!("{rest:09}");
    match digits.trim_end_matches('0') {
        "" => format!("{sign}{units}"),
        fraction => format!("{sign}{units}.{fraction}"),
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a decimal number such as 0.01, with at most nine digits after the point")]
pub struct NoAmount;

/// The nanos of a plain decimal number.
///
/// # Errors
/// [`NoAmount`] for anything else, for a tenth digit after the point, and beyond the range.
pub fn parse_decimal(text: &str) -> Result<i64, NoAmount> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (units, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(units) || !plain(fraction) || fraction.len() > 9 {
        return Err(NoAmount);
    }
    let units: i64 = units.parse().map_err(|_| NoAmount)?;
    let fraction: i64 = format!("{fraction:0<9}").parse().map_err(|_| NoAmount)?;
    let nanos = units.checked_mul(NANOS).and_then(|nanos| nanos.checked_add(fraction)).ok_or(NoAmount)?;
    Ok(sign * nanos)
}

impl fmt::Display for NanoMoney {
    /// `0.02 EUR`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", decimal(self.nanos), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_both_ways() {
        for (nanos, text) in
            [(0, "0"), (10_000_000, "0.01"), (1_800, "0.0000018"), (-1_500_000_000, "-1.5"), (12 * NANOS, "12")]
        {
            assert_eq!(decimal(nanos), text);
            assert_eq!(parse_decimal(text), Ok(nanos));
        }
        for unfit in ["", ".", "1.", ".5", "1e3", "+1", "0.0000000001", "9223372037", "--1", "1 "] {
            assert_eq!(parse_decimal(unfit), Err(NoAmount), "{unfit:?}");
        }
    }
}
