//! The one task that keeps the status of a server: it counts, writes, asks idle models, follows the rules, and renders.
//!
//! Several servers of one database each run one. Their counts add up in the store; what the rules ask for is written by
//! whoever comes first, and by nobody else.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::mpsc::Receiver;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::idle::Idle;
use super::rules::{self, Minute, Step};
use super::silence::Silence;
use super::snapshot::{DAYS, Found, MINUTES};
use super::{
    Board, Detail, Impact, Kind, Notice, Probe, Sample, Span, StatusError, Tallies, Update, maintenance, tally,
};
use crate::domain::{NoticeId, Timestamp};

/// Between two rounds.
pub const PACE: Duration = Duration::from_secs(10);

/// How long after the end of a minute all servers have written what they know of it.
const SETTLED: SignedDuration = SignedDuration::from_secs(15);

/// How far another server's clock may be ahead. Counts that are further in the future are not told.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);

/// What is further in the future was written by a clock that was wrong, and bears on no minute.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The most notices that are told, of those that are over.
const NOTICES: u32 = 200;

/// Keeps a [`Board`].
pub struct Keeper {
    board: Board,
    samples: Receiver<(Timestamp, Sample)>,
    /// Counted, and not yet written.
    pending: Tallies,
    /// What the last round found that did not fail.
    found: Found,
    silence: Silence,
    idle: Idle,
    /// When the work of an hour was last done: all days were read, and the store rid of what is too old.
    hourly: Option<Timestamp>,
}

impl Keeper {
    pub(super) fn new(board: Board, samples: Receiver<(Timestamp, Sample)>) -> Self {
        let (pending, found, idle) = (Tallies::new(), Found::default(), Idle::default());
        Self { board, samples, pending, found, silence: Silence::default(), idle, hourly: None }
    }

    /// The same, which asks models when nobody else does. Of two probes for a model, the one that came first asks it.
    #[must_use]
    pub fn with_probe(mut self, probe: Arc<dyn Probe>) -> Self {
        self.idle.add(probe, self.board.0.clock.now());
        self
    }

    /// Works until it is stopped, a round at this pace, and writes down what it has when it ends.
    pub async fn run(mut self, pace: Duration, stop: CancellationToken) {
        let mut rounds = interval(pace);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let board = self.board.clone();
        loop {
            tokio::select! {
                Some((at, sample)) = self.samples.recv() => self.count(at, &sample),
                _ = rounds.tick() => self.round().await,
                () = board.0.news.notified() => self.round().await,
                () = stop.cancelled() => break,
            }
        }
        self.idle.stop();
        if let Err(error) = self.write().await {
            tracing::warn!(%error, "the last counts of the status were not written");
        }
    }

    /// Counts what has come, writes it, and tells what is to be told. What fails is tried again in the next round; if it
    /// goes on failing, that is what is told.
    pub async fn round(&mut self) {
        let now = self.board.0.clock.now();
        if let Err(error) = self.try_round(now).await {
            tracing::warn!(%error, "the status is not up to date");
            if let Some(incident) = self.silence.goes_on(now) {
                let mut found = self.found.clone();
                found.notices.insert(0, incident.clone());
                self.board.publish(&found.snapshot(&self.board.0.served, now));
            }
        }
        if self.board.0.settings.probe {
            self.idle.ask(now, self.board.recorder());
        }
    }

    async fn try_round(&mut self, now: Timestamp) -> Result<(), StatusError> {
        self.write().await?;
        let is_hourly = self.hourly.is_none_or(|last| Span::Hour.start(last) != Span::Hour.start(now));
        let mut found = self.find(now, is_hourly).await?;
        let mut is_changed = match self.silence.ended(now, &found.notices) {
            Some(incident) => self.board.0.store.post(&incident).await?,
            None => false,
        };
        is_changed |= self.follow_rules(&found, now).await?;
        if is_changed {
            found.notices = self.read_notices(now).await?;
        }
        self.board.publish(&found.snapshot(&self.board.0.served, now));
        (self.found, self.silence) = (found, Silence::default());
        if is_hourly {
            if self.is_continuous(now) {
                self.board.0.store.forget(now).await?;
            }
            self.hourly = Some(now);
        }
        Ok(())
    }

    /// Whether the last three days all have counts. A clock that is days ahead finds none there, and everything that
    /// others still tell would be too old for it.
    fn is_continuous(&self, now: Timestamp) -> bool {
        let has = |day| self.found.days.keys().any(|(start, _)| *start == day);
        (1..=3).map(|back| Span::Day.back(now, back)).all(has)
    }

    fn count(&mut self, at: Timestamp, sample: &Sample) {
        let excused = self.found.notices.iter().any(|notice| notice.concerns(&sample.model) && notice.excuses(at));
        self.pending.entry((Span::Minute.start(at), sample.model.clone())).or_default().count(sample, excused);
        self.idle.hear(&sample.model, at);
    }

    /// Hands what was counted to the store. What it does not take waits.
    async fn write(&mut self) -> Result<(), StatusError> {
        while let Ok((at, sample)) = self.samples.try_recv() {
            self.count(at, &sample);
        }
        if self.pending.is_empty() {
            return Ok(());
        }
        let written = self.board.0.store.add(&self.pending).await;
        let pending = std::mem::take(&mut self.pending);
        if written.is_err() {
            self.pending = tally::condensed(pending, self.board.0.clock.now());
        }
        written
    }

    /// Reads what there is to tell; of the days only yesterday and today, unless all are wanted: the others change only
    /// where a server was late.
    async fn find(&self, now: Timestamp, all_days: bool) -> Result<Found, StatusError> {
        let (store, later) = (&self.board.0.store, now.checked_add(AHEAD).unwrap_or(now));
        let (mut days, back) = if all_days { (Tallies::new(), DAYS - 1) } else { (self.found.days.clone(), 1) };
        days.extend(store.tallies(Span::Day, Span::Day.back(now, back), later, Detail::Outcomes).await?);
        Ok(Found {
            minutes: store.tallies(Span::Minute, Span::Minute.back(now, MINUTES - 1), later, Detail::Whole).await?,
            hours: store.tallies(Span::Hour, Span::Hour.back(now, 23), later, Detail::Outcomes).await?,
            days,
            notices: self.read_notices(now).await?,
        })
    }

    async fn read_notices(&self, now: Timestamp) -> Result<Vec<Notice>, StatusError> {
        self.board.0.store.notices(Span::Day.horizon(now), NOTICES).await
    }

    /// Writes what rules and schedules ask for; gives whether that was anything.
    async fn follow_rules(&self, found: &Found, now: Timestamp) -> Result<bool, StatusError> {
        let mut changed = false;
        for notice in &found.notices {
            if let Some(update) = maintenance::due(notice, now) {
                changed |= self.move_on(notice, &update, notice.impact).await?;
            }
        }
        for model in found.models(&self.board.0.served) {
            let mut all = found.notices.iter().filter(|n| n.is_by_rule() && n.models == [model.as_str()]);
            // The open one is the last, unless a clock was ahead.
            let last = all.clone().find(|notice| notice.is_open()).or_else(|| all.next());
            let since = rules::since(last).filter(|since| since.duration_since(now) < HOUR);
            let minutes = self.minutes(&found.minutes, &model, since, now);
            let open = last.filter(|notice| notice.is_open());
            changed |= match (rules::next(open, &minutes, now), open) {
                (Some(Step::Open(impact, update)), _) => self.open(&model, impact, update).await?,
                (Some(Step::Move(impact, update)), Some(open)) => self.move_on(open, &update, impact).await?,
                _ => false,
            };
        }
        Ok(changed)
    }

    /// The whole minutes of a model that were read, the oldest first. They are many, since one that is busy for long with
    /// little, and never idle enough for a probe, is heard of in few of them.
    fn minutes(&self, tallies: &Tallies, model: &str, since: Option<Timestamp>, now: Timestamp) -> Vec<Minute> {
        let settled = now.checked_sub(SETTLED).unwrap_or(now);
        (1..MINUTES)
            .rev()
            .map(|back| Span::Minute.back(settled, back))
            .filter(|start| since.is_none_or(|since| *start >= since))
            .map(|start| match tallies.get(&(start, model.to_owned())) {
                Some(tally) => rules::judge(tally, &self.board.0.settings.thresholds),
                None => Minute::Silent,
            })
            .collect()
    }

    async fn open(&self, model: &str, impact: Impact, update: Update) -> Result<bool, StatusError> {
        let name = if impact == Impact::Minor { "does not answer as it should" } else { "fails" };
        let notice = Notice {
            id: NoticeId::new(),
            name: format!("{model} {name}"),
            models: vec![model.to_owned()],
            impact,
            kind: Kind::Incident { by_rule: true },
            updates: vec![update],
        };
        let is_first = self.board.0.store.post(&notice).await?;
        if is_first {
            tracing::warn!(incident = %notice.id, model, "an incident begins");
        }
        Ok(is_first)
    }

    async fn move_on(&self, notice: &Notice, update: &Update, impact: Impact) -> Result<bool, StatusError> {
        let from = (notice.stage(), notice.updates.len());
        let is_first = self.board.0.store.update(&notice.id, from, update, impact).await?;
        if is_first {
            tracing::info!(notice = %notice.id, stage = %update.stage, "a notice moves on");
        }
        Ok(is_first)
    }
}
