//! A row of the ledger. Rows are added and never changed; each seals all rows of its account before it.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Amounts, Line, Service, Usage};
use crate::domain::{AccountId, ChargeId, Currency, KeyId, RequestId, Timestamp};

/// A step in the life of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Reserves, before work.
    Hold,
    /// Reserves more, during work.
    Extend,
    /// Charges, after work, and gives back what was reserved.
    Settle,
    /// Gives back what was reserved: the work failed, or its hold expired.
    Void,
}

impl Kind {
    /// Its name, as it is sealed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Extend => "extend",
            Self::Settle => "settle",
            Self::Void => "void",
        }
    }
}

/// A row. The sum of `held` over all rows of a charge that has ended is zero; the sum of `used` is what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose chain it belongs to.
    pub account: AccountId,
    /// Its place in that chain: 1, 2, 3 and so on.
    pub seq: i64,
    /// The charge that it is a step of.
    pub charge: ChargeId,
    /// Which step. At most one hold, and one settle or void, for each charge.
    pub kind: Kind,
    /// Tells extensions of one charge apart: 1, 2, 3 and so on; 0 for every other kind.
    pub step: u32,
    /// The request that caused it, as its caller and the log know it.
    pub request: RequestId,
    /// The key that it came with; `None` where the server runs open.
    pub key: Option<KeyId>,
    /// The kind of work.
    pub service: Service,
    /// The model's id.
    pub model: String,
    /// When the row was written.
    pub at: Timestamp,
    /// When the request was admitted: the time of its hold. It decides to which hour, day and month all rows of the
    /// charge belong.
    pub admitted_at: Timestamp,
    /// What the amounts are in.
    pub currency: Currency,
    /// What is reserved more (or, negative, less) than before.
    pub held: Amounts,
    /// What is used more than before.
    pub used: Amounts,
    /// What was measured; on a settle.
    pub usage: Option<Usage>,
    /// How that was priced; on a settle.
    pub lines: Vec<Line>,
    /// The seal of the row before; 32 zero bytes for an account's first.
    pub previous: Hash,
    /// The seal of this row.
    pub hash: Hash,
}

/// A SHA-256.
pub type Hash = [u8; 32];

/// What is sealed, in this order. A field more is a new version of the ledger.
#[derive(Serialize)]
struct Sealed<'a> {
    account: &'a str,
    seq: i64,
    charge: &'a str,
    kind: Kind,
    step: u32,
    request: &'a str,
    key: Option<&'a str>,
    service: Service,
    model: &'a str,
    at: i64,
    admitted_at: i64,
    currency: &'a str,
    held: [i64; 3],
    used: [i64; 3],
    usage: Option<&'a Usage>,
    lines: &'a [Line],
}

impl Entry {
    /// The seal that this row must have: SHA-256 over the seal of the row before and the row as JSON, times in
    /// microseconds.
    #[must_use]
    pub fn seal(&self) -> Hash {
        let amounts = |of: &Amounts| [of.nanos, of.audio_ms, of.output_tokens];
        let sealed = Sealed {
            account: self.account.as_str(),
            seq: self.seq,
            charge: self.charge.as_str(),
            kind: self.kind,
            step: self.step,
            request: self.request.as_str(),
            key: self.key.as_ref().map(KeyId::as_str),
            service: self.service,
            model: &self.model,
            at: self.at.as_microsecond(),
            admitted_at: self.admitted_at.as_microsecond(),
            currency: self.currency.code(),
            held: amounts(&self.held),
            used: amounts(&self.used),
            usage: self.usage.as_ref(),
            lines: &self.lines,
        };
        let mut hash = Sha256::new();
        hash.update(self.previous);
        hash.update(serde_json::to_vec(&sealed).unwrap_or_default());
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_name_that_is_sealed() {
        for kind in [Kind::Hold, Kind::Extend, Kind::Settle, Kind::Void] {
            assert_eq!(serde_json::json!(kind), kind.as_str());
        }
    }
}
