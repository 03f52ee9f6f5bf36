//! All backends and what holds for them together: what the file of backends says, checked. It is replaced as a whole;
//! a request keeps the one with which it began.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use super::backend::{Backend, Model};
use super::breaker::BreakerRules;
use super::endpoint::Capability;
use super::select::Candidate;

/// What holds for all backends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    /// Tokens that are reserved for an answer where neither the request nor the model names a maximum.
    pub output_ceiling: i64,
    /// What becomes of an answer whose client has gone.
    pub on_disconnect: OnDisconnect,
    /// The most tries after the first.
    pub retries: u32,
    /// Whether requests that begin alike go to the same backend, for the sake of its cache.
    pub sticky: bool,
    /// When a backend is left alone.
    pub breaker: BreakerRules,
    /// For a model that does not see: the one that gets its requests with pictures.
    pub vision_fallback: BTreeMap<String, String>,
}

/// What becomes of an answer whose client has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnDisconnect {
    /// The backend is told to stop, and what it has written until then is charged.
    Cancel,
    /// It is read to its end, and charged as the backend counts it.
    Drain,
}

/// The backends.
#[derive(Debug)]
pub struct Table {
    pub(super) backends: Vec<Arc<Backend>>,
    pub(super) rules: Rules,
}

/// A model that backends have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteModel {
    /// The name under which callers ask for it.
    pub id: String,
    /// What it can do, at one backend or another.
    pub capabilities: BTreeSet<Capability>,
}

/// A model at a backend, as a choice for a request.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub backend: Arc<Backend>,
    pub model: Arc<Model>,
}

impl Table {
    /// Every model, once, in the order of the file.
    #[must_use]
    pub fn models(&self) -> Vec<RemoteModel> {
        let mut models: Vec<RemoteModel> = Vec::new();
        for model in self.backends.iter().flat_map(|backend| &backend.terms.models) {
            match models.iter_mut().find(|known| known.id == model.id) {
                Some(known) => known.capabilities.extend(&model.capabilities),
                None => models.push(RemoteModel {
                    id: model.id.clone(),
                    capabilities: model.capabilities.iter().copied().collect(),
                }),
            }
        }
        models
    }

    /// Where a model is.
    pub(super) fn offers(&self, id: &str) -> Vec<Offer> {
        let at = |backend: &Arc<Backend>| {
            let model = backend.terms.models.iter().find(|model| model.id == id)?;
            Some(Offer { backend: Arc::clone(backend), model: Arc::clone(model) })
        };
        self.backends.iter().filter_map(at).collect()
    }
}

impl Offer {
    /// How the backend stands now, for the choice.
    pub(super) fn candidate(&self, now: Instant) -> Candidate<'_> {
        let terms = &self.backend.terms;
        Candidate {
            name: &terms.name,
            in_flight: self.backend.in_flight(),
            weight: terms.weight,
            max_concurrency: terms.max_concurrency,
            admitted: self.backend.admits(now),
        }
    }
}
