//! What the status keeps, as a trait: two stores keep it, for one server or for many.

use async_trait::async_trait;

use super::{Impact, Notice, Span, Stage, StatusError, Tallies, Update};
use crate::domain::{NoticeId, Timestamp};

/// Which counts are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All.
    Whole,
    /// Only how requests ended: served, failed and excused.
    Outcomes,
}

/// Keeps counts and notices.
#[async_trait]
pub trait StatusStore: Send + Sync {
    /// Adds tallies of minutes to what is there, in each [`Span`], all at once or not at all. The sums of all three stay
    /// the same.
    async fn add(&self, minutes: &Tallies) -> Result<(), StatusError>;

    /// The tallies of spans that begin in a time, `from` inclusive, `to` exclusive.
    async fn tallies(&self, span: Span, from: Timestamp, to: Timestamp, detail: Detail)
    -> Result<Tallies, StatusError>;

    /// Forgets, in each span, what is older than is kept; gives how many counts that were.
    async fn forget(&self, now: Timestamp) -> Result<u64, StatusError>;

    /// Puts a notice up, with its updates. Of incidents that a rule opens there is one at a time for a model:
    /// `false`, and nothing is written, if there is one.
    async fn post(&self, notice: &Notice) -> Result<bool, StatusError>;

    /// Adds an update to a notice whose last one left it at `stage` with so many `updates`; `false`, and nothing is
    /// written, if another came first.
    async fn update(
        &self,
        notice: &NoticeId,
        (stage, updates): (Stage, usize),
        update: &Update,
        impact: Impact,
    ) -> Result<bool, StatusError>;

    /// A notice.
    async fn notice(&self, id: &NoticeId) -> Result<Option<Notice>, StatusError>;

    /// Those that are open, however old they are, and the newest of those that were closed after a moment, up to a number.
    /// The newest come first.
    async fn notices(&self, closed_after: Timestamp, closed: u32) -> Result<Vec<Notice>, StatusError>;
}
