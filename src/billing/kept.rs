//! What a store keeps beside the rows of the ledger, so that nobody has to add them up: as it stands there, for those who
//! compare it with the rows ([`verify`](super::verify)). The roll-up and the counters have questions of their own.

use std::collections::BTreeMap;
use std::fmt;

use super::TariffId;
use crate::domain::{ChargeId, Timestamp};

/// What is kept of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Charges that are listed as under way, and when their requests were admitted.
    pub holds: BTreeMap<ChargeId, Timestamp>,
    /// What of a month was chargeable, in the unit of the tariff's [`quantity`](super::Tariff::quantity); by tariffs whose
    /// scope is the period, and by the month's first moment.
    pub months: BTreeMap<(TariffId, Timestamp), i64>,
}

/// A name for which something is kept, though there is no row of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// The id of an account or a key, as it is written there.
    pub name: String,
    /// Where.
    pub place: Place,
}

/// Where something is kept beside the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Usage by the minute and by the hour.
    Rollup,
    /// What is counted against budgets.
    Counters,
    /// The list of charges that are under way.
    Holds,
    /// Months, at tariffs that sum them up.
    Months,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rollup => "the roll-up",
            Self::Counters => "what is counted against budgets",
            Self::Holds => "the list of holds",
            Self::Months => "the sums of months",
        })
    }
}
