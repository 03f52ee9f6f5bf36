//! What is said of a file once it is whole, so that its reader can tell that it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Format, Selection, decimals};
use crate::billing::{Entry, Period};
use crate::domain::{Currency, Timestamp, UnfitId, hex};

/// Says how many rows a file has, what they add up to, and which bytes it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Trailer {
    /// The format.
    #[schema(value_type = String, example = "csv")]
    pub format: Format,
    /// The first moment that it covers.
    #[schema(value_type = String, example = "2026-10-01T00:00:00Z")]
    pub from: Timestamp,
    /// The first moment that it does not.
    #[schema(value_type = String, example = "2026-11-01T00:00:00Z")]
    pub to: Timestamp,
    /// The one account that it is of; all, if it is null.
    #[schema(required = true)]
    pub account: Option<String>,
    /// Whether the period was closed when it was written. The file of a closed period never changes.
    pub closed: bool,
    /// Charges.
    pub charges: u64,
    /// Rows, without the head; of OpenAI's page, its results.
    pub rows: u64,
    /// The sum of all amounts, by currency.
    pub totals: Vec<Total>,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of these bytes, in hexadecimal digits.
    pub sha256: String,
}

/// A sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Total {
    /// A decimal number.
    #[schema(example = "12.34")]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    pub currency: String,
}

impl Trailer {
    /// Of what it is the trailer.
    ///
    /// # Errors
    /// [`UnfitId`], if it names an account that cannot be.
    pub fn selection(&self) -> Result<Selection, UnfitId> {
        let account = self.account.as_deref().map(str::parse).transpose()?;
        Ok(Selection { account, period: Period { from: self.from, to: self.to } })
    }
}

/// Counts along.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    charges: u64,
    rows: u64,
    bytes: u64,
    totals: BTreeMap<Currency, i128>,
    sha256: Sha256,
}

impl Tally {
    /// A charge has been taken, which wrote so many rows.
    pub(super) fn charge(&mut self, entry: &Entry, rows: u64) {
        self.charges += 1;
        self.rows += rows;
        *self.totals.entry(entry.currency).or_default() += i128::from(entry.used.nanos);
    }

    /// Further rows have been written.
    pub(super) fn rows(&mut self, rows: u64) {
        self.rows += rows;
    }

    /// These bytes have been written.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.sha256.update(bytes);
    }

    /// Sums it up.
    pub(super) fn trailer(&self, format: Format, selection: &Selection, closed: bool) -> Trailer {
        let total = |(currency, nanos): (&Currency, &i128)| Total {
            amount: decimals::total(*nanos),
            currency: currency.to_string(),
        };
        Trailer {
            format,
            from: selection.period.from,
            to: selection.period.to,
            account: selection.account.as_ref().map(ToString::to_string),
            closed,
            charges: self.charges,
            rows: self.rows,
            totals: self.totals.iter().map(total).collect(),
            bytes: self.bytes,
            sha256: hex(&self.sha256.clone().finalize()),
        }
    }
}
