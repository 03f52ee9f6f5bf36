//! A value that is replaced as a whole while the service runs, such as what a file says. Whoever has taken it keeps what
//! they have; whoever takes it next has the new one. It is cheap to clone, and all clones are one.

use std::sync::{Arc, PoisonError, RwLock};

/// A value that can be replaced.
#[derive(Debug)]
pub struct Live<T>(Arc<RwLock<Arc<T>>>);

impl<T> Live<T> {
    /// With this value, for now.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(value))))
    }

    /// The value as it is now.
    #[must_use]
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another in its place.
    pub fn replace(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_it_keeps_it_and_all_clones_have_the_new_one() {
        let live = Live::new(1);
        let (before, clone) = (live.get(), live.clone());
        live.replace(2);
        assert_eq!((*before, *clone.get()), (1, 2));
    }
}
