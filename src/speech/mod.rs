//! 16 kHz samples → words.
//!
//! The actors, in the order in which a recording meets them: a [`Planner`] finds where somebody speaks (`vad`) and
//! packs those stretches into [`Window`]s of at most 29.76 s; the [`Engine`] queues windows for worker threads, and the
//! [`schedule`] says which one is next; each worker owns one [`Recognizer`]. The recogniser that is used is
//! [`whisper`]'s, and only that folder knows whisper.cpp.
//!
//! Nothing here knows of files, HTTP or money.

mod engine;
mod planner;
mod quality;
mod queue;
mod recognizer;
pub mod schedule;
mod vad;
pub mod whisper;
mod window;
mod words;
mod worker;

pub use engine::{Engine, EngineHealth, Lane, SparePlace, Ticket};
pub use planner::{MAX_WINDOW, Planner};
pub use recognizer::{Cancel, DecodeOptions, RecognizeError, Recognized, Recognizer};
pub use schedule::{Claim, Class, Party};
pub use window::{Span, Window};
pub use worker::{Workers, count as worker_count};

/// How recordings are recognised.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where the model computes.
    pub device: Device,
    /// Worker threads, each with a recogniser of its own; 0: as many as there are cores, or four on a GPU.
    pub workers: usize,
    /// Whether there is one worker more, for short windows that would otherwise wait for long ones.
    pub express: bool,
    /// Windows of one recording that may be queued or under way at a time, beyond one for each worker.
    pub look_ahead: usize,
    /// Percent of the compute that batch work gets while interactive work waits, 1 to 99.
    pub batch_share: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { device: Device::Auto, workers: 0, express: true, look_ahead: 1, batch_share: schedule::BATCH_SHARE }
    }
}

/// Where a model computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The first GPU if this build and this machine have one, or else the CPU.
    Auto,
    /// The CPU, even if there is a GPU.
    Cpu,
    /// This GPU, counted from 0, or no start at all.
    Cuda(u8),
}
