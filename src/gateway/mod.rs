//! Requests for text, vectors and images, passed on to the backends that compute them.
//!
//! The actors: a [`Table`] is what the operator wrote of backends and their models; a `request::Asked` is what must be
//! known of a body, whose bytes otherwise stay as they are; `select` chooses a backend, which a `breaker` takes out
//! of service while it fails; `forward` tries until the first byte is there; a `relay` passes the answer on while a
//! `tap` reads its usage as it goes by, and settles the charge at its end. What came of it is told in one place,
//! `outcome`.
//!
//! ```text
//! body ─▶ asked ─▶ hold ─▶ select ─▶ attempt ─▶ (select ─▶ attempt) ─▶ relay + tap ─▶ settle
//! ```
//!
//! It speaks HTTP as a client only; the wire towards our own clients is the http room's. It computes nothing itself and
//! keeps nothing of what passes.

mod attempt;
mod backend;
mod backend_file;
mod breaker;
mod due;
mod endpoint;
mod error;
mod estimate;
mod forward;
mod headers;
mod journey;
mod kind;
mod outcome;
mod plan;
mod probe;
mod relay;
mod reload;
mod request;
mod retry;
mod select;
mod sent;
mod settings;
mod table;
mod tap;

pub use endpoint::{Capability, Endpoint};
pub use error::Error;
pub use forward::{Answer, Gateway, Order};
pub use kind::Kind;
pub use probe::Lookout;
pub use relay::Broken;
pub use request::Asked;
pub use request::Recording;
pub use settings::Settings;
pub use table::{RemoteModel, Table};
