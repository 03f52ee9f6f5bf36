//! Who may ask for what: accounts, their keys, and the limits of both.
//!
//! The actors: an [`Account`] is who is billed, on a [`Plan`] perhaps; a [`Key`] is what a program shows, and belongs to
//! an account; a [`Secret`] is the key as its holder has it, which is never stored, and the [`Pepper`] is what its digest
//! is made with; [`Limits`] bound an account or a key. The [`Gate`] makes a [`Caller`] of a request's key and counts it;
//! the [`Registry`] makes and changes accounts and keys. The store is behind [`KeyStore`], in `storage`. Money and usage
//! are the ledger's business, in `billing`: limits become its budgets.
//!
//! ```text
//! Authorization ─▶ Secret ─▶ KeyStore (believed for a second) ─▶ Caller ─▶ Pass (requests a minute, requests at once)
//! ```

mod caller;
mod gate;
mod limiter;
mod limits;
mod pace;
mod pepper;
mod plan;
mod registry;
mod scope;
mod secret;
mod settings;
mod store;
mod told;
mod written;

pub use caller::{Caller, Rights};
pub use gate::{Ended, Gate, GateError, Opening};
pub use limiter::{Limiter, Pass, TooMany, What, Whose};
pub use limits::Limits;
pub use pace::Turn;
pub use pepper::PepperError;
pub use plan::{Plan, Plans};
pub use registry::{AccountChange, Issued, NewAccount, NewKey, OVERLAP, Registry, RegistryError};
pub use scope::{NoScope, Scope, Scopes};
pub use secret::{Pepper, Secret, UnfitSecret};
pub use settings::Settings;
pub use store::{Account, Key, KeyStore, KeyStoreError};
pub use told::{AccountObject, KeyObject, PlanObject};
pub use written::{UnfitLimit, WrittenLimits};
