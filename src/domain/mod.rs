//! Words that every room shares: time on the recording's clock, languages, request ids.
//!
//! Nothing here knows of audio, HTTP or whisper.cpp, and nothing here is imported from another room.

mod id;
mod language;
mod time;

pub use id::{RequestId, UnfitRequestId};
pub use language::Language;
pub use time::{Millis, PCM_RATE, SampleCount, SampleRate};
