//! What a request costs, and the book in which that is written.
//!
//! The actors: a [`Tariff`] turns a quantity into money; [`Usage`] is what a request used, and [`Line`]s are that usage
//! priced; a [`Hold`] reserves an amount before any work is done, and is settled or voided after; the [`Ledger`] writes
//! each of these steps down, once, in rows that nobody changes ([`Entry`]); a [`Budget`] is a ceiling that no hold may
//! pass. The stores behind [`Ledger`] are in `storage`; nothing here knows of SQL or HTTP.
//!
//! ```text
//! usage expected ─▶ lines ─▶ hold ─▶ (extend) ─▶ settle ─▶ charge ─▶ usage API · exports · invoice
//!                                         └────▶ void
//! ```

mod budget;
mod entry;
mod ledger;
mod tariff;
mod usage;

pub use budget::{Amounts, Budget, Measure, Owner, Window};
pub use entry::{Entry, Hash, Kind};
pub use ledger::{
    Charge, Claim, Extension, Hold, Ledger, LedgerError, PageOf, Settlement, Standing, State, UsageQuery, UsageRow,
};
pub use tariff::{Channels, ChargeOn, Scope, Tariff, TariffId, Unit};
pub use usage::{Line, Origin, Service, Usage};
