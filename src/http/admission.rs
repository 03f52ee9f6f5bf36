//! How many transcriptions are in the house.
//!
//! A place is taken before the first byte of a body is read, and is free again when the answer is there as a whole, when
//! a streamed one has been sent, or when the client has gone: the [`Place`] goes wherever the work goes, and dropping it
//! is leaving.

use std::sync::Arc;

use metrics::gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;
use crate::transcription::Transcriber;

/// The longest wait that every SDK honours, in seconds.
const LONGEST_WAIT: u64 = 60;

/// The door.
pub(super) struct Admission {
    places: Arc<Semaphore>,
    limit: usize,
}

/// A place in the house.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Admission {
    /// With room for `limit` transcriptions.
    pub(super) fn new(limit: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(limit)), limit }
    }

    /// A place, if there is one.
    ///
    /// # Errors
    /// [`Error::QueueFull`] with the wait that the engine expects for a window.
    pub(super) fn enter(&self, transcriber: &Transcriber) -> Result<Place, Error> {
        let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() else {
            let expected = transcriber.health().expected_wait;
            let retry_after = (expected.as_secs() + 1).min(LONGEST_WAIT);
            return Err(Error::QueueFull { limit: self.limit, retry_after });
        };
        gauge!("minuted_transcriptions_in_flight").increment(1.0);
        Ok(Place { _permit: permit })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        gauge!("minuted_transcriptions_in_flight").decrement(1.0);
    }
}
