//! All that there is to tell at a moment: what the dialects are made of.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::{Impact, Kind, Notice, Share, Span, Stage, Tallies, Tally};
use crate::domain::Timestamp;

/// Minutes of which everything is read: an hour.
pub const MINUTES: i64 = 60;

/// Days that are told one by one.
pub const DAYS: i64 = 90;

/// All that there is to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// When it was made.
    pub at: Timestamp,
    /// Each model of which something was known in the last 24 hours, in order of its id.
    pub models: Vec<ModelStatus>,
    /// This month, of all models that ever were in it.
    pub month: Share,
    /// What is open, and what was closed in the last two years, the newest first.
    pub notices: Vec<Notice>,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelStatus {
    /// Its id.
    pub id: String,
    /// How it is.
    pub state: State,
    /// The last hour.
    pub hour: Tally,
    /// The last 24 hours.
    pub day: Share,
    /// The last days, the oldest first, each with its first moment; the last is today.
    pub days: Vec<(Timestamp, Share)>,
    /// This month.
    pub month: Share,
}

/// How something is, in Statuspage's words; the worse the later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    #[default]
    Operational,
    /// It is being worked on.
    UnderMaintenance,
    /// Somewhat worse than it should be.
    DegradedPerformance,
    /// Much of it does not work.
    PartialOutage,
    /// Nearly nothing of it works.
    MajorOutage,
}

/// What a snapshot is made of.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// The last hour, by the minute.
    pub minutes: Tallies,
    /// The last 24 hours, by the hour.
    pub hours: Tallies,
    /// The last 90 days, by the day, and all of this month.
    pub days: Tallies,
    /// Open, and closed ones.
    pub notices: Vec<Notice>,
}

impl Found {
    /// The models of which something is known, beside those that are served here.
    pub fn models(&self, served: &[String]) -> BTreeSet<String> {
        served.iter().cloned().chain(self.hours.keys().map(|(_, model)| model.clone())).collect()
    }

    /// All of it, in its shape.
    pub fn snapshot(&self, served: &[String], at: Timestamp) -> Snapshot {
        let (hours, days) = (by_model(&self.hours), by_model(&self.days));
        let month = super::sla::month(at);
        let status = |id: String| {
            let of_day =
                |start: &Timestamp| days.get(&id).and_then(|days| days.get(start)).copied().unwrap_or_default();
            let in_month = days.get(&id).into_iter().flatten().filter(|(start, _)| **start >= month);
            let mut hour = Tally::default();
            let minutes = self.minutes.iter().filter(|((_, model), _)| *model == id);
            minutes.for_each(|(_, tally)| hour.merge(tally));
            ModelStatus {
                state: State::of(&self.notices, &id),
                hour,
                day: hours.get(&id).into_iter().flatten().fold(Share::default(), |sum, (_, share)| sum.and(*share)),
                days: (0..DAYS)
                    .rev()
                    .map(|back| Span::Day.back(at, back))
                    .map(|start| (start, of_day(&start)))
                    .collect(),
                month: in_month.fold(Share::default(), |sum, (_, share)| sum.and(*share)),
                id,
            }
        };
        let models = self.models(served).into_iter().map(status).collect();
        let of_month = days.values().flatten().filter(|(start, _)| **start >= month);
        let of_month = of_month.fold(Share::default(), |sum, (_, share)| sum.and(*share));
        Snapshot { at, models, month: of_month, notices: self.notices.clone() }
    }
}

fn by_model(tallies: &Tallies) -> BTreeMap<String, BTreeMap<Timestamp, Share>> {
    let mut models: BTreeMap<String, BTreeMap<Timestamp, Share>> = BTreeMap::new();
    for ((start, model), tally) in tallies {
        models.entry(model.clone()).or_default().insert(*start, Share::of(tally));
    }
    models
}

impl Snapshot {
    /// How the whole is: as bad as the worst of its models, or of the incidents.
    #[must_use]
    pub fn state(&self) -> State {
        let open = self.notices.iter().filter(|notice| notice.is_open()).map(State::by);
        self.models.iter().map(|model| model.state).chain(open).max().unwrap_or_default()
    }

    /// Incidents, or maintenances, of which something is true.
    pub fn notices(&self, incidents: bool, wanted: impl Fn(&Notice) -> bool) -> impl Iterator<Item = &Notice> {
        self.notices.iter().filter(move |notice| notice.is_incident() == incidents && wanted(notice))
    }
}

impl ModelStatus {
    /// Of the days that are told.
    #[must_use]
    pub fn all_days(&self) -> Share {
        self.days.iter().fold(Share::default(), |sum, (_, share)| sum.and(*share))
    }
}

impl State {
    /// How a model is, by what is open about it.
    fn of(notices: &[Notice], model: &str) -> Self {
        let about = notices.iter().filter(|notice| notice.is_open() && notice.concerns(model));
        about.map(Self::by).max().unwrap_or_default()
    }

    fn by(notice: &Notice) -> Self {
        Self::during(notice, notice.stage())
    }

    /// How a model is while a notice about it is at a stage.
    #[must_use]
    pub fn during(notice: &Notice, stage: Stage) -> Self {
        match (notice.kind, notice.impact) {
            _ if stage.is_end() || stage == Stage::Scheduled => Self::Operational,
            (Kind::Maintenance { .. }, _) => Self::UnderMaintenance,
            (_, Impact::None) => Self::Operational,
            (_, Impact::Minor) => Self::DegradedPerformance,
            (_, Impact::Major) => Self::PartialOutage,
            (_, Impact::Critical) => Self::MajorOutage,
        }
    }

    /// As people read it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Operational => "Operational",
            Self::UnderMaintenance => "Under maintenance",
            Self::DegradedPerformance => "Degraded performance",
            Self::PartialOutage => "Partial outage",
            Self::MajorOutage => "Major outage",
        }
    }

    /// What it says of the whole.
    #[must_use]
    pub fn of_all(self) -> &'static str {
        match self {
            Self::Operational => "All systems operational",
            Self::UnderMaintenance => "Maintenance under way",
            Self::DegradedPerformance => "Degraded performance",
            Self::PartialOutage => "Partial outage",
            Self::MajorOutage => "Major outage",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fault, Outcome, Sample, Update};
    use super::*;
    use crate::domain::NoticeId;

    fn at(time: &str) -> Timestamp {
        time.parse().expect("a time")
    }

    #[test]
    fn the_month_has_the_failures_of_models_that_are_gone() {
        let mut tally = Tally::default();
        let outcome = Outcome::Failed(Fault::Overloaded);
        tally.count(&Sample { model: "gone".to_owned(), outcome, probe: false }, false);
        let days = Tallies::from([
            ((at("2026-11-02T00:00:00Z"), "gone".to_owned()), tally.clone()),
            ((at("2026-10-31T00:00:00Z"), "gone".to_owned()), tally),
        ]);
        let snapshot = Found { days, ..Found::default() }.snapshot(&["here".to_owned()], at("2026-11-20T12:00:00Z"));
        let listed: Vec<_> = snapshot.models.iter().map(|model| model.id.as_str()).collect();
        assert_eq!(listed, ["here"], "nobody has asked for it for days");
        assert_eq!((snapshot.month.counted, snapshot.month.failed), (1, 1), "October is over");
    }

    #[test]
    fn an_incident_of_a_model_that_is_not_listed_is_one_of_the_whole() {
        let opened = at("2026-11-20T11:00:00Z");
        let notice = Notice {
            id: NoticeId::new(),
            name: "Nothing works".to_owned(),
            models: vec!["unasked".to_owned()],
            impact: Impact::Critical,
            kind: Kind::Incident { by_rule: false },
            updates: vec![Update { stage: Stage::Investigating, body: "We look into it.".to_owned(), at: opened }],
        };
        let found = Found { notices: vec![notice], ..Found::default() };
        let snapshot = found.snapshot(&["here".to_owned()], at("2026-11-20T12:00:00Z"));
        assert_eq!((snapshot.models[0].state, snapshot.state()), (State::Operational, State::MajorOutage));
    }
}
