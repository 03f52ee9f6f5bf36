//! Asks models that nobody else asks, so that it is known how they are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Fault, Outcome, Probe, Recorder, Sample};
use crate::domain::Timestamp;

/// How long nobody must have asked a model before the service does.
const IDLE: SignedDuration = SignedDuration::from_secs(60);

/// How long a model may take for a probe.
const LIMIT: Duration = Duration::from_mins(1);

/// Knows who was asked when.
#[derive(Default)]
pub(super) struct Idle {
    probes: Vec<Arc<dyn Probe>>,
    /// When each model that can be asked was last heard of.
    heard: BTreeMap<String, Heard>,
}

/// A model that is asked when nobody else asks it.
struct Heard {
    /// When somebody asked it, or the service did.
    at: Timestamp,
    asking: Option<JoinHandle<()>>,
}

impl Idle {
    /// Asks with this probe too. Of two for a model, the one that came first asks it.
    pub fn add(&mut self, probe: Arc<dyn Probe>, now: Timestamp) {
        for model in probe.models() {
            self.heard.entry(model).or_insert(Heard { at: now, asking: None });
        }
        self.probes.push(probe);
    }

    /// A model was asked.
    pub fn hear(&mut self, model: &str, at: Timestamp) {
        if let Some(heard) = self.heard.get_mut(model) {
            heard.at = heard.at.max(at);
        }
    }

    /// Asks each model that nobody has asked for a minute.
    pub fn ask(&mut self, now: Timestamp, recorder: &Recorder) {
        let mut before = std::mem::take(&mut self.heard);
        let all = self.probes.iter().flat_map(|probe| probe.models().into_iter().map(move |model| (probe, model)));
        for (probe, model) in all {
            if self.heard.contains_key(&model) {
                continue;
            }
            let known = before.remove(&model).unwrap_or(Heard { at: now, asking: None });
            let heard = self.heard.entry(model.clone()).or_insert(known);
            // A clock that was ahead, and has been put right, must not make it wait.
            heard.at = heard.at.min(now);
            let is_asking = heard.asking.as_ref().is_some_and(|asking| !asking.is_finished());
            if is_asking || now.duration_since(heard.at) < IDLE {
                continue;
            }
            heard.at = now;
            let (probe, recorder) = (Arc::clone(probe), recorder.clone());
            heard.asking = Some(tokio::spawn(async move {
                let asked = timeout(LIMIT, probe.ask(&model)).await;
                if let Some(outcome) = asked.unwrap_or(Some(Outcome::Failed(Fault::TimedOut))) {
                    recorder.record(Sample { model, outcome, probe: true });
                }
            }));
        }
    }

    /// Waits for no answer any more.
    pub fn stop(&self) {
        self.heard.values().filter_map(|heard| heard.asking.as_ref()).for_each(JoinHandle::abort);
    }
}
