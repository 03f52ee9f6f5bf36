//! The one task that keeps the status of a server: it counts, writes, asks idle models, follows the rules, and renders.
//!
//! Several servers of one database each run one. Their counts add up in the store; what the rules ask for is written by
//! whoever comes first, and by nobody else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use metrics::counter;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::rules::{self, Minute, Step, WINDOW_MINUTES};
use super::snapshot::{DAYS, Found};
use super::{
    Board, Detail, Fault, Impact, Kind, Notice, Outcome, Probe, Sample, Span, StatusError, Tallies, Update, maintenance,
};
use crate::domain::{NoticeId, Timestamp};

/// Between two rounds.
pub const PACE: Duration = Duration::from_secs(10);

/// How long nobody must have asked a model before the service does.
const IDLE: SignedDuration = SignedDuration::from_secs(60);

/// How long a model may take for a probe.
const PROBE_LIMIT: Duration = Duration::from_mins(1);

/// How long after the end of a minute all servers have written what they know of it.
const SETTLED: SignedDuration = SignedDuration::from_secs(15);

/// How long counts wait for a store that does not take them.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// The most notices that are told.
const NOTICES: u32 = 200;

/// Keeps a [`Board`].
pub struct Keeper {
    board: Board,
    samples: Receiver<(Timestamp, Sample)>,
    /// Counted, and not yet written.
    pending: Tallies,
    /// The notices of the last round.
    notices: Vec<Notice>,
    probes: Vec<Arc<dyn Probe>>,
    /// When each model that can be asked was last heard of.
    heard: BTreeMap<String, Heard>,
    /// When the store was last rid of what is too old.
    swept: Option<Timestamp>,
}

/// A model that is asked when nobody else asks it.
struct Heard {
    /// When somebody asked it, or the service did.
    at: Timestamp,
    asking: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn new(board: Board, samples: Receiver<(Timestamp, Sample)>) -> Self {
        let (pending, notices, probes, heard) = (Tallies::new(), Vec::new(), Vec::new(), BTreeMap::new());
        Self { board, samples, pending, notices, probes, heard, swept: None }
    }

    /// The same, which asks models when nobody else does. Of two probes for a model, the one that came first asks it.
    #[must_use]
    pub fn with_probe(mut self, probe: Arc<dyn Probe>) -> Self {
        let at = self.board.0.clock.now();
        for model in probe.models() {
            self.heard.entry(model).or_insert(Heard { at, asking: None });
        }
        self.probes.push(probe);
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
        self.heard.values().filter_map(|heard| heard.asking.as_ref()).for_each(JoinHandle::abort);
        if let Err(error) = self.write().await {
            tracing::warn!(%error, "the last counts of the status were not written");
        }
    }

    /// Counts what has come, writes it, and tells what is to be told. What fails is tried again in the next round.
    pub async fn round(&mut self) {
        let now = self.board.0.clock.now();
        if let Err(error) = self.try_round(now).await {
            tracing::warn!(%error, "the status is not up to date");
        }
        self.ask_idle_models(now);
    }

    async fn try_round(&mut self, now: Timestamp) -> Result<(), StatusError> {
        self.write().await?;
        let mut found = self.find(now).await?;
        if self.follow_rules(&found, now).await? {
            found.notices = self.read_notices(now).await?;
        }
        self.notices.clone_from(&found.notices);
        self.board.publish(&found.snapshot(&self.board.0.served, now));
        if self.swept.is_none_or(|swept| Span::Hour.start(swept) < Span::Hour.start(now)) {
            self.board.0.store.forget(now).await?;
            self.swept = Some(now);
        }
        Ok(())
    }

    fn count(&mut self, at: Timestamp, sample: &Sample) {
        let excused = self.notices.iter().any(|notice| notice.concerns(&sample.model) && notice.excuses(at));
        self.pending.entry((Span::Minute.start(at), sample.model.clone())).or_default().count(sample, excused);
        if let Some(heard) = self.heard.get_mut(&sample.model) {
            heard.at = heard.at.max(at);
        }
    }

    /// Hands what was counted to the store. What it does not take waits, but not for ever.
    async fn write(&mut self) -> Result<(), StatusError> {
        while let Ok((at, sample)) = self.samples.try_recv() {
            self.count(at, &sample);
        }
        if self.pending.is_empty() {
            return Ok(());
        }
        let written = self.board.0.store.add(&self.pending).await;
        if written.is_ok() {
            self.pending.clear();
        } else if let Ok(horizon) = self.board.0.clock.now().checked_sub(PATIENCE) {
            let before = self.pending.len();
            self.pending.retain(|(start, _), _| *start >= horizon);
            counter!("minuted_status_minutes_lost_total").increment((before - self.pending.len()) as u64);
        }
        written
    }

    async fn find(&self, now: Timestamp) -> Result<Found, StatusError> {
        let (store, later) = (&self.board.0.store, Timestamp::MAX);
        let back = |span: Span, count: i64| {
            Timestamp::from_second(span.start(now).as_second() - (count - 1) * span.seconds()).unwrap_or(now)
        };
        Ok(Found {
            minutes: store.tallies(Span::Minute, back(Span::Minute, 60), later, Detail::Whole).await?,
            hours: store.tallies(Span::Hour, back(Span::Hour, 24), later, Detail::Outcomes).await?,
            days: store.tallies(Span::Day, back(Span::Day, DAYS), later, Detail::Outcomes).await?,
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
            let last = found.notices.iter().find(|notice| notice.is_by_rule() && notice.models == [model.as_str()]);
            let minutes = self.minutes(&found.minutes, &model, rules::since(last), now);
            let open = last.filter(|notice| notice.is_open());
            changed |= match (rules::next(open, &minutes, now), open) {
                (Some(Step::Open(impact, update)), _) => self.open(&model, impact, update).await?,
                (Some(Step::Move(impact, update)), Some(open)) => self.move_on(open, &update, impact).await?,
                _ => false,
            };
        }
        Ok(changed)
    }

    /// The whole minutes of a model in the rules' window, the oldest first.
    fn minutes(&self, tallies: &Tallies, model: &str, since: Option<Timestamp>, now: Timestamp) -> Vec<Minute> {
        let settled = Span::Minute.start(now.checked_sub(SETTLED).unwrap_or(now)).as_second();
        let starts = (1..=WINDOW_MINUTES).rev().map(|back| settled - back * Span::Minute.seconds());
        let starts = starts.filter_map(|second| Timestamp::from_second(second).ok());
        starts
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

    /// Asks each model that nobody has asked for a minute.
    fn ask_idle_models(&mut self, now: Timestamp) {
        if !self.board.0.settings.probe {
            return;
        }
        let mut before = std::mem::take(&mut self.heard);
        let all = self.probes.iter().flat_map(|probe| probe.models().into_iter().map(move |model| (probe, model)));
        for (probe, model) in all {
            if self.heard.contains_key(&model) {
                continue;
            }
            let known = before.remove(&model).unwrap_or(Heard { at: now, asking: None });
            let heard = self.heard.entry(model.clone()).or_insert(known);
            let is_asking = heard.asking.as_ref().is_some_and(|asking| !asking.is_finished());
            if is_asking || now.duration_since(heard.at) < IDLE {
                continue;
            }
            heard.at = now;
            let (probe, recorder) = (Arc::clone(probe), self.board.recorder().clone());
            heard.asking = Some(tokio::spawn(async move {
                let asked = timeout(PROBE_LIMIT, probe.ask(&model)).await;
                if let Some(outcome) = asked.unwrap_or(Some(Outcome::Failed(Fault::TimedOut))) {
                    recorder.record(Sample { model, outcome, probe: true });
                }
            }));
        }
    }
}
