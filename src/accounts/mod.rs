//! Who may ask for what: accounts, their keys, and the limits of both.
//!
//! The actors: an [`Account`] is who is billed; a [`Key`] is what a program shows, and belongs to an account; a
//! [`Secret`] is the key as its holder has it, which is never stored; [`Limits`] bound an account or a key; a [`Caller`]
//! is what a request is once its key has been checked. The store is behind [`KeyStore`], in `storage`. Money and usage
//! are the ledger's business, in `billing`: limits become its budgets.

mod caller;
mod limits;
mod scope;
mod secret;
mod store;

pub use caller::{Caller, Rights};
pub use limits::Limits;
pub use scope::{NoScope, Scope, Scopes};
pub use secret::{Pepper, Secret, UnfitSecret};
pub use store::{Account, Key, KeyStore, KeyStoreError};
