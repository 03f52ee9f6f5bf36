//! One request as the status counts it: how it ended, and how fast it was.
//!
//! What a caller did wrong, or gave up, is no sample: it says nothing of how a model is doing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::Millis;

/// A request that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The id of the model that was asked, as the catalog has it.
    pub model: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was the service's own, because nobody else came.
    pub probe: bool,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// With a whole answer.
    Served {
        /// From the moment at which the request was there as a whole to the first byte of its answer.
        first_byte: Duration,
        /// From the same moment to the last byte.
        took: Duration,
        /// What was done.
        work: Work,
    },
    /// It was only asked whether it is there, and it is.
    Reached,
    /// Without one, and that was ours.
    Failed(Fault),
}

/// What was done for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// So much audio was recognised.
    Audio(Millis),
    /// So many tokens were written, one after the other.
    Tokens(u64),
    /// So many tokens were told at once: nobody saw how fast they came.
    WholeTokens(u64),
}

/// What was wrong on our side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The model, or a decoder, failed.
    Model,
    /// There was no answer in time.
    TimedOut,
    /// There was no place for it.
    Overloaded,
    /// The machine behind us that has the model failed.
    Backend,
    /// What the service itself needs failed: its ledger, its accounts, its disk.
    Service,
    /// The service was stopping.
    Stopping,
}

impl Fault {
    /// All of them; a fault's place here is its number in the store.
    pub const ALL: [Self; 6] =
        [Self::Model, Self::TimedOut, Self::Overloaded, Self::Backend, Self::Service, Self::Stopping];

    /// As a clause for people: "most requests failed because …".
    #[must_use]
    pub fn because(self) -> &'static str {
        match self {
            Self::Model => "the model failed",
            Self::TimedOut => "answers did not come in time",
            Self::Overloaded => "there was no room for them",
            Self::Backend => "the machines that compute did not answer",
            Self::Service => "the service itself failed",
            Self::Stopping => "a server was stopping",
        }
    }
}
