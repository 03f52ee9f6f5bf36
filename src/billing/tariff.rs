//! Prices, and how they round: data, not code.
//!
//! A tariff is immutable and dated. What changes is which one is valid: a new price is a new row that begins when the old
//! one ends, and a charge names the row that priced it, so that it can be worked out again at any time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Line, Usage};
use crate::domain::{Currency, Timestamp};

/// Names a tariff, as in `audio-2026`: 1 to 64 lower-case letters, digits, `-`, `_` or `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TariffId(String);

impl TariffId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TariffId {
    type Err = UnfitTariffId;

    fn from_str(text: &str) -> Result<Self, UnfitTariffId> {
        let fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if (1..=64).contains(&text.len()) && text.bytes().all(fit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(UnfitTariffId)
        }
    }
}

impl TryFrom<String> for TariffId {
    type Error = UnfitTariffId;

    fn try_from(text: String) -> Result<Self, UnfitTariffId> {
        text.parse()
    }
}

impl fmt::Display for TariffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text does not name a tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tariff's id has 1 to 64 lower-case letters, digits, '-', '_' or '.'")]
pub struct UnfitTariffId;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds of audio, a started one as a whole one.
    Second,
    /// Minutes of audio, a started one as a whole one.
    StartedMinute,
    /// Tokens read that no cache had.
    InputToken,
    /// Tokens read from a backend's cache.
    CachedToken,
    /// Tokens written.
    OutputToken,
    /// Requests.
    Request,
}

/// Over what a quantity is summed before it is rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Each request by itself.
    #[default]
    Request,
    /// Each file of a batch by itself, and a request outside a batch as one file.
    BatchFile,
    /// All requests of an account in a month together: each pays what the sum has grown by.
    Period,
}

/// When a request is charged at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeOn {
    /// Whenever it succeeds, also if there was nothing to hear.
    #[default]
    Success,
    /// When it succeeds and something came out.
    NonEmptySuccess,
}

/// What a recording of several channels counts as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// Its length, however many there are.
    #[default]
    Once,
    /// Its length for each of them.
    PerChannel,
}

/// A price with its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    /// Its name, for good.
    pub id: TariffId,
    /// The models that it prices; `*` at the end stands for anything.
    pub models: Vec<String>,
    /// What is counted.
    pub unit: Unit,
    /// What a billed quantity is a multiple of, in units; at least 1.
    pub increment: i64,
    /// The least that is billed for anything at all, in units.
    pub minimum: i64,
    /// Over what is summed before rounding.
    pub scope: Scope,
    /// When anything is charged.
    pub charge_on: ChargeOn,
    /// What several channels count as.
    pub channels: Channels,
    /// What a file of a batch pays, in percent of the price; 0 to 100.
    pub batch_percent: u8,
    /// The price of `per` units, in nanos.
    pub price: i64,
    /// Of how many units `price` is the price; at least 1.
    pub per: i64,
    /// What it is paid in.
    pub currency: Currency,
    /// The first moment at which it holds.
    pub valid_from: Timestamp,
    /// The first moment at which it holds no more.
    pub valid_until: Option<Timestamp>,
}

impl Tariff {
    /// How much of this tariff's unit a request used, before rounding: milliseconds, tokens or requests.
    #[must_use]
    pub fn quantity(&self, usage: &Usage) -> i64 {
        match self.unit {
            Unit::Second | Unit::StartedMinute => match self.channels {
                Channels::Once => usage.audio_ms,
                Channels::PerChannel => usage.audio_ms.saturating_mul(i64::from(usage.channels.max(1))),
            },
            Unit::InputToken => usage.input_tokens - usage.cached_tokens,
            Unit::CachedToken => usage.cached_tokens,
            Unit::OutputToken => usage.output_tokens,
            Unit::Request => 1,
        }
    }

    /// What a quantity is billed as: in whole units, rounded up to the increment, and at least the minimum. Nothing is
    /// billed as nothing.
    #[must_use]
    pub fn billed(&self, quantity: i64) -> i64 {
        if quantity <= 0 {
            return 0;
        }
        let step = match self.unit {
            Unit::Second => 1_000,
            Unit::StartedMinute => 60_000,
            Unit::InputToken | Unit::CachedToken | Unit::OutputToken | Unit::Request => 1,
        };
        let step = i128::from(step) * i128::from(self.increment.max(1));
        let units = (i128::from(quantity) + step - 1) / step * i128::from(self.increment.max(1));
        i64::try_from(units).unwrap_or(i64::MAX).max(self.minimum)
    }

    /// What so many units cost, in nanos: rounded once, half to even.
    #[must_use]
    pub fn cost(&self, billed: i64, batch: bool) -> i64 {
        let percent = if batch { i128::from(self.batch_percent) } else { 100 };
        let (over, under) = (i128::from(billed) * i128::from(self.price) * percent, i128::from(self.per.max(1)) * 100);
        let (whole, twice_rest) = (over / under, over % under * 2);
        let up = twice_rest > under || (twice_rest == under && whole % 2 == 1);
        i64::try_from(whole + i128::from(up)).unwrap_or(i64::MAX)
    }

    /// Whether it holds at this moment.
    #[must_use]
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.valid_from <= at && self.valid_until.is_none_or(|end| at < end)
    }

    /// How closely it names a model: by a longer pattern more closely, and by its own name most; `None` if not at all.
    #[must_use]
    pub fn closeness(&self, model: &str) -> Option<usize> {
        let of = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => model.starts_with(start).then_some(start.len()),
            None => (pattern == model).then_some(usize::MAX),
        };
        self.models.iter().filter_map(of).max()
    }

    /// The models that both name alike, for the same unit at the same time: which of the two would hold?
    #[must_use]
    pub fn rivals(&self, other: &Self) -> Option<String> {
        let by_audio = |unit| matches!(unit, Unit::Second | Unit::StartedMinute);
        let same_unit = self.unit == other.unit || by_audio(self.unit) && by_audio(other.unit);
        let before = |one: &Self, two: &Self| one.valid_until.is_some_and(|end| end <= two.valid_from);
        if !same_unit || self.currency != other.currency || before(self, other) || before(other, self) {
            return None;
        }
        self.models.iter().find(|pattern| other.models.contains(pattern)).cloned()
    }

    /// How much of a request's [`quantity`](Self::quantity) is charged for: nothing, if it has to have something to
    /// show and has not.
    #[must_use]
    pub fn chargeable(&self, usage: &Usage) -> i64 {
        match self.charge_on {
            ChargeOn::NonEmptySuccess if usage.empty => 0,
            ChargeOn::Success | ChargeOn::NonEmptySuccess => self.quantity(usage),
        }
    }

    /// What a request costs at this tariff; `None` if it used nothing of the kind.
    ///
    /// Where the scope is the period, `before` is what of the account's month was chargeable until now, and the request
    /// pays what the rounded sum grows by; elsewhere `before` has no say.
    #[must_use]
    pub fn line(&self, usage: &Usage, before: i64) -> Option<Line> {
        let quantity = self.quantity(usage);
        if quantity <= 0 {
            return None;
        }
        let before = if self.scope == Scope::Period { before } else { 0 };
        let from = self.billed(before);
        let to = self.billed(before.saturating_add(self.chargeable(usage)));
        Some(Line {
            tariff: self.id.clone(),
            unit: self.unit,
            quantity,
            billed: to - from,
            nanos: self.cost(to, usage.batch) - self.cost(from, usage.batch),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(scope: Scope, charge_on: ChargeOn) -> Tariff {
        Tariff {
            id: "audio".parse().expect("an id"),
            models: vec!["*".to_owned()],
            unit: Unit::StartedMinute,
            increment: 1,
            minimum: 0,
            scope,
            charge_on,
            channels: Channels::Once,
            batch_percent: 50,
            price: 10_000_000,
            per: 1,
            currency: Currency::EUR,
            valid_from: Timestamp::MIN,
            valid_until: None,
        }
    }

    fn recording(seconds: i64) -> Usage {
        Usage { audio_ms: seconds * 1_000, channels: 1, ..Usage::default() }
    }

    #[test]
    fn a_period_pays_what_its_sum_grows_by() {
        let each = minutes(Scope::Request, ChargeOn::Success);
        let together = minutes(Scope::Period, ChargeOn::Success);
        let (mut apart, mut summed) = (0, 0);
        for clip in 0..7 {
            apart += each.line(&recording(10), clip * 10_000).expect("a line").nanos;
            summed += together.line(&recording(10), clip * 10_000).expect("a line").nanos;
        }
        assert_eq!((apart, summed), (70_000_000, 20_000_000), "seven clips of ten seconds");
    }

    #[test]
    fn silence_is_charged_where_success_is_enough() {
        let silence = Usage { empty: true, ..recording(61) };
        for (charge_on, billed) in [(ChargeOn::Success, 2), (ChargeOn::NonEmptySuccess, 0)] {
            let line = minutes(Scope::Request, charge_on).line(&silence, 0).expect("a line");
            assert_eq!((line.quantity, line.billed, line.nanos), (61_000, billed, billed * 10_000_000));
        }
        assert_eq!(minutes(Scope::Request, ChargeOn::Success).line(&Usage::default(), 0), None);
    }
}
