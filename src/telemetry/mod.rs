//! The log: what is told of the service's work, on standard error.
//!
//! Nothing of what was said (audio, prompt, transcript) may be given to `tracing` anywhere in this program; this
//! room only decides which lines are shown and how they look.

mod settings;
mod start;

pub use settings::{Format, Level, Settings};
pub use start::start;
