//! Does the book hold? Every row is read, and everything that can be worked out from the rows is worked out again.
//!
//! The actors: [`Verifier`] walks the chains of a [`Ledger`](crate::billing::Ledger), page by page; a [`Chain`] takes one account's rows in order
//! and says of each what is wrong with it ([`Fault`]); what the rows add up to is compared with the sums that the store
//! keeps beside them ([`Sums`], `kept`). The first thing that does not hold ends the walk of that account ([`Finding`]).
//!
//! Nothing is repaired here. A row that was changed shows by its seal; rows that were taken off the end show by the
//! store's note of where each chain ends, by its counters or by its roll-up. Whoever can rewrite all of these, and seal
//! every row anew, is found out by what somebody has kept elsewhere: a [`Head`](crate::billing::Head), or the trailer of
//! an export ([`exports`]).

mod chain;
pub mod exports;
mod fault;
mod kept;
mod sums;
mod walk;

pub use chain::Chain;
pub use fault::{Fault, Finding};
pub use sums::Sums;
pub use walk::{Verified, Verifier, VerifyError};
