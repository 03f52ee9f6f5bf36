//! A recording's way into the engine.

use std::sync::Arc;

use super::{Places, Shared, SparePlace};
use crate::domain::Millis;
use crate::speech::schedule::{Claim, LaneId};

/// A recording whose windows come one after another. Dropping it takes out those that wait.
pub struct Lane {
    pub(super) id: LaneId,
    claim: Claim,
    shared: Arc<Shared>,
    places: Arc<Places>,
}

impl Lane {
    pub(super) fn open(claim: Claim, shared: &Arc<Shared>, places: &Arc<Places>) -> Self {
        places.enter(&claim);
        let id = shared.queue.open(claim.clone());
        Self { id, claim, shared: Arc::clone(shared), places: Arc::clone(places) }
    }

    /// Leave to have one window more than the first at the engine, if there is room.
    #[must_use]
    pub fn spare_place(&self) -> Option<SparePlace> {
        self.places.take(&self.claim)
    }

    /// Says how much audio comes after the windows that have been submitted.
    pub fn set_rest(&self, rest: Millis) {
        self.shared.queue.set_rest(self.id, rest.to_samples());
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.shared.queue.close_lane(self.id);
        self.places.leave(&self.claim);
        self.shared.report();
    }
}
