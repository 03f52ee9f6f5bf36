//! The book, as a trait: one store keeps it in either database, and one suite of tests holds both to what is written here.

use async_trait::async_trait;

use super::{
    Amounts, Budget, Charge, Entry, Extension, Hash, Hold, Kept, Owner, Service, Settlement, Stranger, Tariff, Window,
};
use crate::domain::{AccountId, ChargeId, Currency, KeyId, Timestamp};

/// How much of a budget is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The budget.
    pub budget: Budget,
    /// Used in this window.
    pub used: i64,
    /// Reserved in this window.
    pub held: i64,
    /// The first moment of the next window.
    pub resets_at: Timestamp,
}

impl Standing {
    /// What a further hold may reserve.
    #[must_use]
    pub fn left(&self) -> i64 {
        self.budget.ceiling.saturating_sub(self.used).saturating_sub(self.held).max(0)
    }
}

/// What is counted against the budgets of an owner in one window, whether or not there is a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The window's first moment.
    pub start: Timestamp,
    /// Used by charges that are settled.
    pub used: Amounts,
    /// Reserved by charges that have not ended.
    pub held: Amounts,
}

/// Which usage is asked for. Times are those at which requests were admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageQuery {
    /// Whose; `None` for everybody's.
    pub account: Option<AccountId>,
    /// From when, inclusive.
    pub from: Timestamp,
    /// To when, exclusive.
    pub to: Timestamp,
    /// The width of a bucket in seconds; buckets begin at multiples of it since 1970.
    pub bucket_seconds: i64,
}

/// What was used in one bucket by one key, with one model, for one kind of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The bucket's first moment.
    pub start: Timestamp,
    /// Who.
    pub account: AccountId,
    /// With which key.
    pub key: Option<KeyId>,
    /// By which model.
    pub model: String,
    /// The kind of work.
    pub service: Service,
    /// Whether they were files of batches.
    pub batch: bool,
    /// Requests that were charged, those that cost nothing included.
    pub requests: i64,
    /// The sum of what was measured.
    pub audio_ms: i64,
    /// Tokens read.
    pub input_tokens: i64,
    /// Those of them that were cached.
    pub cached_tokens: i64,
    /// Tokens written.
    pub output_tokens: i64,
    /// What it cost.
    pub nanos: i64,
    /// In what.
    pub currency: Currency,
}

/// Where an account's chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Whose.
    pub account: AccountId,
    /// The last row's place.
    pub seq: i64,
    /// The last row's seal. Whoever notes it somewhere else can tell later whether all rows before are as they were.
    pub hash: Hash,
}

/// A part of a long list, and where the next part begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOf<T, C> {
    /// The part.
    pub items: Vec<T>,
    /// What to ask for next; `None` at the end.
    pub next: Option<C>,
}

/// How a step in the book fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The hold would pass a ceiling; nothing was reserved.
    #[error("the budget is exhausted")]
    Exhausted(Box<Standing>),
    /// The same `Idempotency-Key` was used before; nothing was reserved.
    #[error("a request with this idempotency key was made before")]
    Claimed {
        /// What it led to.
        first: Box<Charge>,
        /// Whether it was the same recording with the same parameters.
        same_body: bool,
    },
    /// The charge has ended already: it was settled, voided, or its hold expired.
    #[error("the charge has ended")]
    Ended,
    /// There is no such charge.
    #[error("there is no such charge")]
    Unknown,
    /// More was used than is held.
    #[error("more was used than is held")]
    Underheld,
    /// So many holds of the month have not ended.
    #[error("{0} holds of the period are still open")]
    Open(u64),
    /// The month to which the charge belongs has been closed.
    #[error("the period is closed")]
    Closed,
    /// A tariff that was published once is different now.
    #[error("the tariff `{0}` was published with other terms; a new price needs a new id")]
    Tariff(super::TariffId),
    /// A tariff would end before something that it prices.
    #[error(
        "the tariff `{0}` cannot end so early: since then a request was charged by it, or is under way; give it a later \
         end"
    )]
    Charged(super::TariffId),
    /// The store failed; it may do better soon.
    #[error("the ledger cannot be reached: {0}")]
    Store(String),
    /// The store does not take the step, or cannot read what the step goes on from: trying again is no use.
    #[error("the ledger cannot be reached: {0}")]
    Refused(String),
    /// The disk failed. What it says from then on cannot be believed: a system tells of lost pages once, and then takes
    /// them for written.
    #[error(
        "the disk did not take what was written to the ledger ({0}), and what it says after that cannot be believed; \
         nothing more is written until this process is started again"
    )]
    Broken(String),
}

/// The book. Each step is atomic: after a crash it is there as a whole, or not at all.
///
/// Repeating a step that has been made gives the same answer and writes nothing, so that a caller that does not know
/// whether its step was made can make it again.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Reserves, if every budget allows it.
    ///
    /// # Errors
    /// [`LedgerError::Exhausted`], [`LedgerError::Claimed`], [`LedgerError::Closed`]; nothing is reserved then.
    async fn hold(&self, hold: &Hold) -> Result<(), LedgerError>;

    /// Reserves more for the same charge, if every budget allows it; its first hold stands otherwise.
    ///
    /// # Errors
    /// [`LedgerError::Exhausted`], [`LedgerError::Ended`], [`LedgerError::Unknown`].
    async fn extend(&self, charge: &ChargeId, extension: &Extension) -> Result<(), LedgerError>;

    /// Charges, and gives back the rest of what was reserved.
    ///
    /// # Errors
    /// [`LedgerError::Underheld`] if it used more than is held: extend first, so that no budget is ever passed.
    /// [`LedgerError::Ended`] if it was voided or expired, [`LedgerError::Unknown`], [`LedgerError::Closed`].
    async fn settle(&self, charge: &ChargeId, settlement: &Settlement) -> Result<Charge, LedgerError>;

    /// Gives back what was reserved.
    ///
    /// # Errors
    /// [`LedgerError::Ended`] if it was settled, [`LedgerError::Unknown`].
    async fn void(&self, charge: &ChargeId, at: Timestamp) -> Result<(), LedgerError>;

    /// Voids the holds that have expired, and says how many they were. One that is listed as a hold, and is none by the
    /// rows, is set aside: the log tells of it once, it hinders nobody, and it stays for whoever looks into it.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn sweep(&self, now: Timestamp) -> Result<u64, LedgerError>;

    /// A charge of this account; `None` if it is another's, or nobody's.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn charge(&self, account: &AccountId, charge: &ChargeId) -> Result<Option<Charge>, LedgerError>;

    /// How much of each of these budgets is left in the window around `at`.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn standing(&self, budgets: &[Budget], at: Timestamp) -> Result<Vec<Standing>, LedgerError>;

    /// What is counted in each of an owner's windows of this width that begin after `after`, in order of time, at most
    /// `limit` of them.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn counted(
        &self,
        owner: &Owner,
        window: Window,
        after: Timestamp,
        limit: u32,
    ) -> Result<Vec<Counted>, LedgerError>;

    /// Rows of an account's chain with `seq` greater than `after`, in order, at most `limit` of them.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn chain(&self, account: &AccountId, after: i64, limit: u32) -> Result<Vec<Entry>, LedgerError>;

    /// The chains that there are, in order of their accounts' ids, each with its last row as the store remembers it apart
    /// from the rows: whoever cuts rows off must change both. Of rows whose last one it does not remember, that is place 0, and
    /// they come last.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn chains(&self) -> Result<Vec<Head>, LedgerError>;

    /// What is kept of an account beside its rows, its roll-up and its counters.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn kept(&self, account: &AccountId) -> Result<Kept, LedgerError>;

    /// Accounts and keys for which something is kept, and of which there is no row: none, unless rows were taken away or
    /// somebody has written there.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn strangers(&self) -> Result<Vec<Stranger>, LedgerError>;

    /// Settled rows of requests that were admitted in `[from, to)`, in order of admission and then of charge, after
    /// the one named by `after`.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn settled(
        &self,
        account: Option<&AccountId>,
        from: Timestamp,
        to: Timestamp,
        after: Option<&(Timestamp, ChargeId)>,
        limit: u32,
    ) -> Result<PageOf<Entry, (Timestamp, ChargeId)>, LedgerError>;

    /// The roll-up, in order of time and then of account, key, model and service. It is kept in the transaction that
    /// settles, apart from the rows.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>, LedgerError>;

    /// Closes the month that ends at `end`: no row of a request admitted in it is written any more.
    ///
    /// # Errors
    /// [`LedgerError::Open`] while holds of that month have not ended; [`LedgerError::Store`].
    async fn close_period(&self, end: Timestamp) -> Result<(), LedgerError>;

    /// The first moment that no closed month holds; [`Timestamp::MIN`] if none is closed.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn closed_until(&self) -> Result<Timestamp, LedgerError>;

    /// Writes tariffs down, for good; those that are there already must be the same. One without an end may be given one,
    /// once, and not before the admission of what it has priced or may price yet.
    ///
    /// # Errors
    /// [`LedgerError::Tariff`] for the first that differs otherwise, [`LedgerError::Charged`]; nothing is written then.
    async fn publish(&self, tariffs: &[Tariff]) -> Result<(), LedgerError>;

    /// Every tariff that was ever published.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn tariffs(&self) -> Result<Vec<Tariff>, LedgerError>;
}
