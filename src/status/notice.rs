//! What the page tells besides numbers: incidents, which a rule or an operator opens, and planned maintenance. A notice
//! is a row of updates, the first of which opens it; none is ever changed or taken away.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{NoticeId, Timestamp};

/// The most updates of a notice, but for the few by which a rule or an operator ends it.
pub const MAX_UPDATES: usize = 500;

/// An incident or a maintenance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// In a few words.
    pub name: String,
    /// The models that it is about; none: all of them.
    pub models: Vec<String>,
    /// How bad it is.
    pub impact: Impact,
    /// Which of the two.
    pub kind: Kind,
    /// Its updates, the oldest first; at least one.
    pub updates: Vec<Update>,
}

/// Incident or maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something is wrong.
    Incident {
        /// Whether a rule opened it, and so may move it on; otherwise an operator did.
        by_rule: bool,
    },
    /// Something will be worked on.
    Maintenance {
        /// From when.
        from: Timestamp,
        /// To when.
        until: Timestamp,
    },
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Nobody needs to notice it.
    None,
    /// Some requests fail, or answers are slow.
    Minor,
    /// Many requests fail.
    Major,
    /// Nearly nothing works.
    Critical,
}

/// How far a notice is. The first four are an incident's, the others a maintenance's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is there, and nobody knows why.
    Investigating,
    /// The cause is known.
    Identified,
    /// It seems to be over, and is watched.
    Monitoring,
    /// It is over.
    Resolved,
    /// It is planned.
    Scheduled,
    /// It is being done.
    InProgress,
    /// It has been done, and is looked at.
    Verifying,
    /// It is over.
    Completed,
}

/// A step of a notice, with what was said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// How far the notice is from here on.
    pub stage: Stage,
    /// For people.
    pub body: String,
    /// When it was written.
    pub at: Timestamp,
}

impl Notice {
    /// How far it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.updates.last().map_or(Stage::Investigating, |update| update.stage)
    }

    /// Whether it is not over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.stage().is_end()
    }

    /// When it was put up.
    #[must_use]
    pub fn opened_at(&self) -> Timestamp {
        self.updates.first().map_or(Timestamp::UNIX_EPOCH, |update| update.at)
    }

    /// When something was last said about it.
    #[must_use]
    pub fn updated_at(&self) -> Timestamp {
        self.updates.last().map_or(Timestamp::UNIX_EPOCH, |update| update.at)
    }

    /// When it was over.
    #[must_use]
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.updates.iter().find(|update| update.stage.is_end()).map(|update| update.at)
    }

    /// When it came to a stage for the last time.
    #[must_use]
    pub fn reached(&self, stage: Stage) -> Option<Timestamp> {
        self.updates.iter().rev().find(|update| update.stage == stage).map(|update| update.at)
    }

    /// Whether it is about this model.
    #[must_use]
    pub fn concerns(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|named| named == model)
    }

    /// Whether a rule opened it.
    #[must_use]
    pub fn is_by_rule(&self) -> bool {
        self.kind == Kind::Incident { by_rule: true }
    }

    /// Whether it is an incident.
    #[must_use]
    pub fn is_incident(&self) -> bool {
        matches!(self.kind, Kind::Incident { .. })
    }

    /// Whether failures at this moment were announced: it is a maintenance that is under way and was put up before it
    /// began.
    #[must_use]
    pub fn excuses(&self, moment: Timestamp) -> bool {
        match self.kind {
            Kind::Incident { .. } => false,
            Kind::Maintenance { from, until } => {
                self.is_open() && from <= moment && moment < until && self.opened_at() <= from
            }
        }
    }
}

impl Kind {
    /// Whether a notice of this kind can be at this stage.
    #[must_use]
    pub fn knows(self, stage: Stage) -> bool {
        (stage < Stage::Scheduled) == matches!(self, Self::Incident { .. })
    }

    /// The stage that ends it.
    #[must_use]
    pub fn end(self) -> Stage {
        match self {
            Self::Incident { .. } => Stage::Resolved,
            Self::Maintenance { .. } => Stage::Completed,
        }
    }
}

impl Impact {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Investigating,
        Self::Identified,
        Self::Monitoring,
        Self::Resolved,
        Self::Scheduled,
        Self::InProgress,
        Self::Verifying,
        Self::Completed,
    ];

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Resolved | Self::Completed)
    }

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
            Self::Scheduled => "scheduled",
            Self::InProgress => "in_progress",
            Self::Verifying => "verifying",
            Self::Completed => "completed",
        }
    }
}

/// Why a word is no stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the stages are investigating, identified, monitoring and resolved; of a maintenance scheduled, in_progress, \
     verifying and completed"
)]
pub struct UnfitStage;

impl FromStr for Stage {
    type Err = UnfitStage;

    fn from_str(text: &str) -> Result<Self, UnfitStage> {
        Self::ALL.into_iter().find(|stage| stage.name() == text).ok_or(UnfitStage)
    }
}

impl FromStr for Impact {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::None, Self::Minor, Self::Major, Self::Critical];
        let found = all.into_iter().find(|impact| impact.name() == text);
        found.ok_or_else(|| "it is none, minor, major or critical".to_owned())
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
