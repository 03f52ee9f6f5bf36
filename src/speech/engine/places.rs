//! Places at the engine for windows beyond each recording's first: lent, evenly between claims, and few.
//!
//! With these and one window for each recording, the memory of waiting windows is bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::speech::schedule::Claim;

/// The places, and who has them.
#[derive(Debug)]
pub(super) struct Places {
    total: usize,
    claims: Mutex<HashMap<Claim, Holding>>,
}

/// What a claim has that is present.
#[derive(Debug, Default)]
struct Holding {
    recordings: usize,
    places: usize,
}

/// Leave to have a window at the engine beside a recording's first. Dropping it gives the place back.
#[derive(Debug)]
pub struct SparePlace {
    places: Arc<Places>,
    claim: Claim,
}

impl Places {
    pub fn new(total: usize) -> Self {
        Self { total, claims: Mutex::default() }
    }

    /// A recording of this claim begins.
    pub fn enter(&self, claim: &Claim) {
        self.lock().entry(claim.clone()).or_default().recordings += 1;
    }

    /// A recording of this claim has ended.
    pub fn leave(&self, claim: &Claim) {
        self.release(claim, |holding| holding.recordings -= 1);
    }

    /// A place, if one is free and this claim has fewer than an even share of them.
    pub fn take(self: &Arc<Self>, claim: &Claim) -> Option<SparePlace> {
        let mut claims = self.lock();
        let taken: usize = claims.values().map(|holding| holding.places).sum();
        let share = self.total.div_ceil(claims.len().max(1));
        let holding = claims.get_mut(claim)?;
        if taken >= self.total || holding.places >= share {
            return None;
        }
        holding.places += 1;
        Some(SparePlace { places: Arc::clone(self), claim: claim.clone() })
    }

    fn release(&self, claim: &Claim, what: impl FnOnce(&mut Holding)) {
        let mut claims = self.lock();
        if let Some(holding) = claims.get_mut(claim) {
            what(holding);
            if holding.recordings == 0 && holding.places == 0 {
                claims.remove(claim);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Claim, Holding>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SparePlace {
    fn drop(&mut self) {
        self.places.release(&self.claim, |holding| holding.places -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::schedule::Class;

    fn claim(party: &str) -> Claim {
        Claim { party: party.into(), class: Class::Interactive }
    }

    #[test]
    fn one_who_is_alone_may_have_them_all_and_gives_way_to_the_next() {
        let (alice, bob) = (claim("alice"), claim("bob"));
        let places = Arc::new(Places::new(4));
        places.enter(&alice);
        let mut taken: Vec<_> = std::iter::from_fn(|| places.take(&alice)).collect();
        assert_eq!(taken.len(), 4);

        places.enter(&bob);
        assert!(places.take(&bob).is_none(), "none is free yet");
        taken.truncate(2);
        assert!(places.take(&alice).is_none(), "alice has her half");
        let bobs: Vec<_> = std::iter::from_fn(|| places.take(&bob)).collect();
        assert_eq!(bobs.len(), 2);

        drop(bobs);
        places.leave(&bob);
        assert!(places.take(&alice).is_some(), "alone again");
    }

    #[test]
    fn nothing_is_kept_of_those_who_have_left() {
        let places = Arc::new(Places::new(4));
        places.enter(&claim("alice"));
        let place = places.take(&claim("alice"));
        places.leave(&claim("alice"));
        assert!(place.is_some() && places.lock().len() == 1);
        drop(place);
        assert!(places.lock().is_empty());
    }
}
