//! How the models are doing, and how that is told: to people, to programs, and to those who run the service.
//!
//! The actors: whoever answers a request hands a [`Sample`] to the [`Recorder`], which never makes it wait. The
//! [`Keeper`], one task of each server, counts samples by model and minute, writes what it has counted to the
//! [`StatusStore`], lets a [`Probe`] ask a model that nobody uses, follows the rules by which incidents begin and end,
//! and renders what is to be told. The [`Board`] hands that out, as it is, to whoever asks. The [`Operator`] writes
//! notices by hand.
//!
//! ```text
//! request ─▶ Sample ─▶ Recorder ─▶ Keeper ─▶ Tallies ─▶ StatusStore (minute · hour · day, of all servers)
//!                                    │                        │
//!                         rules ─▶ Notice                     ▼
//!                                    └──────────────▶ Snapshot ─▶ dialects ─▶ Board
//! ```
//!
//! Nothing here knows what was said, by whom, or where a model computes.

mod board;
pub mod dialects;
mod error;
mod histogram;
mod idle;
mod keeper;
mod maintenance;
mod notice;
mod operator;
mod probe;
mod recorder;
mod rules;
mod sample;
mod settings;
mod silence;
mod sla;
mod snapshot;
mod span;
mod store;
mod tally;
mod told;

pub use board::{Board, Page};
pub use error::StatusError;
pub use keeper::{Keeper, PACE};
pub use notice::{Impact, Kind, Notice, Stage, UnfitStage, Update};
pub use operator::{NewIncident, NewMaintenance, NewUpdate, Operator};
pub use probe::Probe;
pub use recorder::Recorder;
pub use sample::{Fault, Outcome, Sample, Work};
pub use settings::{Settings, Thresholds};
pub use sla::{GOAL_PERCENT, Share};
pub use snapshot::{ModelStatus, Snapshot, State};
pub use span::Span;
pub use store::{Detail, StatusStore};
pub use tally::{Measure, Tallies, Tally};
pub use told::NoticeObject;
