//! What both databases are told in the same words: reading and writing the parts of the book, accounts, keys, counts of
//! calls, and the status.
//!
//! SQL is written once, in the part of the language that SQLite and PostgreSQL share; a [`Connection`] to either takes
//! it. What differs is in `sqlite` and `postgres`: the layout of the tables, how many rows are handed over at once, and how
//! a transaction keeps others out.

mod accounts;
mod bulk;
mod calls;
mod connection;
mod entries;
mod flush;
mod holds;
mod kept;
mod keys;
mod load;
mod migrate;
mod notices;
mod outbox;
mod reports;
mod tallies;
mod tariffs;
mod words;

pub use accounts::{account, account_named, accounts, add_account, change_account};
pub use bulk::{Among, Change, Insert, width};
pub use calls::{add_calls, calls};
pub use connection::{Connection, Row, Value, bind};
pub use entries::{chain, chains, settled};
pub use flush::flush;
pub use holds::{expired, set_aside};
pub use kept::{kept, strangers};
pub use keys::{add_key, any_key, key, keys, line, pepper_mark, replace_key, revoke_key, successor};
pub use load::{closed_until, counted, keep_heads, load, read_closed_until, standing, tab};
pub use migrate::{migrate, taken};
pub use notices::{notice, notices, post_notice, update_notice};
pub use outbox::{delivered, leave_turn, take_turn, undelivered, waiting};
pub use reports::{close_period, forget_claims, usage};
pub use tallies::{add_tallies, forget_tallies, tallies};
pub use tariffs::{publish, tariffs};
