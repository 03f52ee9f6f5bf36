//! The events that nobody has taken yet, as a trait, and whose turn it is to send them.

use async_trait::async_trait;

use crate::billing::{Entry, LedgerError};
use crate::domain::{ChargeId, Timestamp};

/// A process's wish to be the one that sends, until a moment. Of all that share an outbox one has the turn, so that an
/// event is not sent twice all the time; one that dies loses it at that moment.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// Names the process; no other has this name.
    pub holder: &'a str,
    /// Now.
    pub now: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Keeps events from the transaction that settles a charge until they have been delivered.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// From now on each charge that is settled through this store leaves an event. Before, none does: an outbox that
    /// nobody empties would grow for ever.
    fn keep_events(&self);

    /// Takes the turn, or keeps it for longer. Says whether it is this holder's now.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn take_turn(&self, turn: Turn<'_>) -> Result<bool, LedgerError>;

    /// Gives the turn up, if it is this holder's.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn leave_turn(&self, holder: &str) -> Result<(), LedgerError>;

    /// Charges whose event has not been delivered yet, oldest first, so that those of an account are in the order of its
    /// chain; each is an [`Entry`] of kind settle.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn undelivered(&self, limit: u32) -> Result<Vec<Entry>, LedgerError>;

    /// How many there are; those beyond `most` are not counted.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn waiting(&self, most: u32) -> Result<u64, LedgerError>;

    /// The events of these charges have been delivered.
    ///
    /// # Errors
    /// [`LedgerError::Store`].
    async fn delivered(&self, charges: &[ChargeId]) -> Result<(), LedgerError>;
}
