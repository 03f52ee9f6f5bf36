//! What was charged, told to another program as it happens: `CloudEvents`, sent to a webhook, each at least once.
//!
//! The actors: a charge that is settled leaves its event in the [`Outbox`], in the same transaction; a [`Relay`] takes
//! events out in order, many at a time; a [`Batch`] is what goes into one request; a [`Webhook`] signs it, sends it, and
//! says how it was answered; a [`Schedule`] says when to try again. Nothing here stands in front of a request: what
//! cannot be delivered waits in the outbox, through restarts too. Where no webhook is configured no event is kept.
//!
//! ```text
//! settle ─▶ outbox ─▶ relay ─▶ batch ─▶ webhook ─▶ 2xx: taken out of the outbox · anything else: later again
//! ```

mod batch;
mod endpoint;
mod error;
mod event;
mod outbox;
mod relay;
mod schedule;
mod settings;
mod signing;
mod webhook;

pub use batch::Batch;
pub use endpoint::Endpoint;
pub use error::EventsError;
pub use outbox::{Outbox, Turn};
pub use relay::{Delivery, Relay};
pub use schedule::Schedule;
pub use settings::Settings;
pub use signing::SigningKeys;
pub use webhook::{Answer, Webhook};
