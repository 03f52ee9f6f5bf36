//! What a request costs, and the book in which that is written.
//!
//! The actors: a [`Tariff`] turns a quantity into money; [`Usage`] is what a request used, and [`Line`]s are that usage
//! priced; a [`Hold`] reserves an amount before any work is done, and is settled or voided after; the [`Ledger`] writes
//! each of these steps down, once, in rows that nobody changes ([`Entry`]); a [`Budget`] is a ceiling that no hold may
//! pass. A [`PriceSheet`] says which tariffs price a request, and the [`Meter`] takes a request through its steps, with a
//! [`Reservation`] in its hand. What was written is told by [`organization`], [`export`] and [`events`], and checked by
//! [`verify`]. The stores behind [`Ledger`] are in `storage`; nothing here knows of SQL or HTTP.
//!
//! ```text
//! usage expected ─▶ lines ─▶ hold ─▶ (extend) ─▶ settle ─▶ charge ─▶ usage API · exports · events · invoice
//!                                         └────▶ void
//! ```

mod bill;
mod budget;
mod charge;
mod entry;
pub mod events;
pub mod export;
mod kept;
mod ledger;
mod meter;
pub mod organization;
mod patience;
mod period;
mod reservation;
mod rollup;
mod settings;
mod sheet;
mod tariff;
mod tariff_file;
mod usage;
pub mod verify;

pub use bill::{Bill, billed_seconds, in_minutes, total};
pub use budget::{Amounts, Budget, Measure, Owner, Window};
pub use charge::{Charge, Extension, Hold, IdempotencyClaim, Settlement, State};
pub use entry::{Entry, Hash, Kind};
pub use kept::{Kept, Place, Stranger};
pub use ledger::{Counted, Head, Ledger, LedgerError, PageOf, Standing, UsageQuery, UsageRow};
pub use meter::{Meter, MeterError, Payer, Work, pause_before_sweep};
pub use period::{Period, UnfitPeriod};
pub use reservation::Reservation;
pub use settings::Settings;
pub use sheet::{NoTariff, PriceSheet, Prices};
pub use tariff::{Channels, ChargeOn, Scope, Tariff, TariffId, Unit};
pub use usage::{Line, Origin, Service, Usage};
