//! What can be wrong with a book, in words for whoever keeps it.

use std::fmt;

use crate::billing::export::Trailer;
use crate::billing::{LedgerError, Stranger, TariffId, Unit};
use crate::domain::{AccountId, ChargeId, Timestamp, decimal};

/// The first thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// In whose chain; `None`: in none, but among what holds for all.
    pub account: Option<AccountId>,
    /// In which row; `None`: in the sums.
    pub seq: Option<i64>,
    /// The charge of that row, where the row can be read.
    pub charge: Option<ChargeId>,
    /// What.
    pub fault: Fault,
}

impl fmt::Display for Finding {
    /// `acc_…, row 7 (chg_…): its content is not what was sealed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(account) = &self.account {
            write!(f, "{account}")?;
            if let Some(seq) = self.seq {
                write!(f, ", row {seq}")?;
            }
            if let Some(charge) = &self.charge {
                write!(f, " ({charge})")?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}", self.fault)
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A place in the chain is empty.
    #[error("the row is not there")]
    Missing,
    /// A value is none that the store ever writes; in a row, or in what is kept beside it.
    #[error("what is stored cannot be read: {0}")]
    Unreadable(String),
    /// It names another row as the one before it.
    #[error("it does not seal the row before it")]
    Unlinked,
    /// Something in it has been changed.
    #[error("its content is not what was sealed")]
    Seal,
    /// The chain ends with another row than the store remembers.
    #[error("the chain does not end here: the store remembers another last row")]
    Head,
    /// There are rows, and the store remembers no last one.
    #[error("the store remembers no last row of the chain")]
    Headless,
    /// It belongs to no charge that is under way.
    #[error("its charge was never held, or has ended before")]
    NotHeld,
    /// A charge begins twice.
    #[error("its charge was held before")]
    HeldTwice,
    /// It says otherwise than the hold who asks, for what, when, or in which currency.
    #[error("it names another request, key, model, service, currency or time of admission than its hold")]
    Changed,
    /// Extensions are numbered upwards.
    #[error("its step does not follow the one before")]
    Step,
    /// It reserves less than nothing, or gives back something else than was held.
    #[error("it holds {found} where {expected} was expected, counting nanos, milliseconds and tokens together")]
    Held {
        /// What it should say.
        expected: i128,
        /// What it says.
        found: i128,
    },
    /// More was charged than was held.
    #[error("it charges more than was held")]
    Overcharged,
    /// What it charges is not what its lines and its usage add up to.
    #[error("what it charges is not what its usage and its lines add up to")]
    Used,
    /// A row that charges nothing has a usage or lines.
    #[error("only what is settled has a usage and a price")]
    Misplaced,
    /// There was audio, or there were tokens, and no line prices them.
    #[error("it is settled without any price")]
    Unpriced,
    /// The tariff of a line is not in the book.
    #[error("it is priced by the tariff `{0}`, which is not in the book")]
    UnknownTariff(TariffId),
    /// The tariff of a line is another model's, was not valid, or is in another currency.
    #[error("the tariff `{0}` does not price this model in this currency at that time")]
    WrongTariff(TariffId),
    /// The tariff comes to another amount.
    #[error("by the tariff `{tariff}` it is {expected} and not {found} for {unit:?}s")]
    Price {
        /// The tariff.
        tariff: TariffId,
        /// What is counted.
        unit: Unit,
        /// Decimal number of what it should cost, with the billed quantity.
        expected: String,
        /// The same as the line has it.
        found: String,
    },
    /// A tariff has been changed since it was published.
    #[error("the tariff `{0}` is not what is configured under that name")]
    Tariff(TariffId),
    /// The usage that is reported is not the sum of the rows.
    #[error("the roll-up of {0} is not the sum of the rows")]
    RollUp(String),
    /// What is counted against budgets is not the sum of the rows.
    #[error("what is counted against the budgets of {0} is not the sum of the rows")]
    Counter(String),
    /// A charge is under way, and the list of holds does not know: its money is never given back.
    #[error("the charge {0} has not ended, and the list of holds does not have it")]
    Unlisted(ChargeId),
    /// The list of holds has what is no charge under way.
    #[error("the list of holds has the charge {0}, which was never held, or has ended")]
    Stray(ChargeId),
    /// The list of holds has another time of a charge's admission than its row.
    #[error("the list of holds has the charge {0} with another time of admission than its row")]
    Misdated(ChargeId),
    /// The sum of a month, which says what the next request pays, is not that of the rows.
    #[error("at the tariff `{tariff}` the sum of {month} is {found}, and the rows come to {expected}")]
    Month {
        /// The tariff.
        tariff: TariffId,
        /// As in `2026-10`.
        month: String,
        /// What the rows come to.
        expected: i64,
        /// What is kept.
        found: i64,
    },
    /// Something is kept for somebody who has no rows.
    #[error("`{}` stands in {}, and there is no row of it", .0.name, .0.place)]
    Stranger(Stranger),
    /// A month had been closed, and is not.
    #[error("the time before {0} was closed when the export was made, and is open")]
    Reopened(Timestamp),
    /// An export of a closed period comes out otherwise than it did.
    #[error("the export comes to {} and no longer to {}", words(.found), words(.expected))]
    Export {
        /// What was said of it when it was made.
        expected: Box<Trailer>,
        /// What is to be said of it now.
        found: Box<Trailer>,
    },
}

impl From<&LedgerError> for Fault {
    /// Of a store that answers, but for this.
    fn from(error: &LedgerError) -> Self {
        Self::Unreadable(match error {
            LedgerError::Store(why) | LedgerError::Refused(why) => why.clone(),
            other => other.to_string(),
        })
    }
}

/// `8 rows, 0.27 EUR, SHA-256 0123456789abcdef…`.
fn words(trailer: &Trailer) -> String {
    let totals = trailer.totals.iter().map(|total| format!("{} {}, ", total.amount, total.currency));
    format!("{} rows, {}SHA-256 {:.16}…", trailer.rows, totals.collect::<String>(), trailer.sha256)
}

/// A price in words, to stand in a fault.
pub(super) fn price(billed: i64, nanos: i64) -> String {
    format!("{} ({billed} billed)", decimal(nanos))
}
