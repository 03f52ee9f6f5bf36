//! The wire: HTTP in, OpenAI's shapes out.
//!
//! A request passes `middleware` (id, trace, metrics, panics, shutdown, and the door, where `access` says who may come
//! in, `local` which pages a browser must not bring, and `ratelimit` what is left of whose limits), reaches one file of `routes`, and for a
//! transcription goes on so: `admission` gives it a place, `form` takes its body apart and spools the recording,
//! `asked` checks what it wants, and `routes::transcriptions` starts the use case. What comes back is rendered by
//! the transcript room, or sent as it comes by `stream`; `notes` says in headers what a reader should know, and
//! `error` says everything that went wrong; `sunset` tells those whose model ends, and `guard` what
//! the guardrails stop. [`serve()`] is the loop around it all.
//!
//! Nothing here recognises, decodes or bills, nothing knows the configuration, and nothing of what was said is logged.

mod access;
mod admission;
mod asked;
mod charge;
mod connection;
mod error;
mod form;
mod guard;
mod local;
mod manner;
mod metrics;
mod middleware;
mod notes;
mod ratelimit;
mod router;
mod routes;
mod serve;
mod service;
mod settings;
mod stream;
mod sunset;
mod watch;

pub use error::{Error, ErrorBody, ErrorDetail};
pub use metrics::Exporter;
pub use router::openapi;
pub use serve::serve;
pub use service::Service;
pub use settings::Settings;
