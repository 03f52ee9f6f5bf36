//! The rules of the book, which both stores keep: what a step needs to know, what it refuses, what it writes.
//!
//! The actors: a [`Step`] is what somebody wants written; a [`Page`] holds what the store knows that bears on it, and
//! takes down what changes; a [`Tab`] is one charge on that page. Nothing here knows of SQL: a store loads a page, has
//! steps made on it, and writes its [`Changes`] in one transaction.

mod counter;
mod page;
mod rollup;
mod step;
mod steps;
mod tab;

pub use counter::{Counter, CounterId};
pub use page::{Changes, ClaimId, Claimed, Head, Page, SumId};
pub use rollup::{RollupKey, Totals, rollup};
pub use step::Step;
pub use steps::CLAIM_LIFE;
pub use tab::Tab;
