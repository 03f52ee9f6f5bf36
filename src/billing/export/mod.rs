//! What was charged, as a file: one row for each line of each charge, in order of admission.
//!
//! The actors: an [`Export`] reads settled rows of the [`Ledger`](super::Ledger), page by page, and gives the file piece
//! by piece, so that it needs the memory of one page however long the file is; a [`Format`] says what a row looks like,
//! one file each; the [`Trailer`] says afterwards how many rows there were, what they add up to, and the SHA-256 of the
//! bytes. Once a month is closed its file is the same to the byte, whoever asks and whenever: nothing stands in it that
//! can change, such as the name of an account.

mod columns;
mod csv;
mod decimals;
mod focus;
mod format;
mod openai;
mod stream;
mod trailer;

pub(super) use decimals::seconds;
pub use format::{Format, NoFormat};
pub use stream::{Export, Selection};
pub use trailer::{Total, Trailer};
