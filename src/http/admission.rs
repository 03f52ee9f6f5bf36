//! How many transcriptions are in the house.
//!
//! A place is taken before the first byte of a body is read, and is free again when the answer is there as a whole, when
//! a streamed one has been sent, or when the client has gone: the [`Place`] goes wherever the work goes, and dropping it
//! is leaving. An account that has more than half of the places gets none of the last eighth.

use metrics::gauge;

use super::Error;
use crate::domain::{AccountId, Pool, Share, Short};
use crate::transcription::Transcriber;

/// The longest wait that every SDK honours, in seconds.
const LONGEST_WAIT: u64 = 60;

/// The door.
pub(super) struct Admission {
    places: Pool,
    limit: usize,
}

/// A place in the house.
#[derive(Debug)]
pub(super) struct Place {
    _share: Share,
}

impl Admission {
    /// With room for `limit` transcriptions.
    pub(super) fn new(limit: usize) -> Self {
        Self { places: Pool::new(limit as u64), limit }
    }

    /// A place, if there is one for this account.
    ///
    /// # Errors
    /// [`Error::QueueFull`] and [`Error::Crowded`], with the wait that the engine expects for a window.
    pub(super) fn enter(&self, account: &AccountId, transcriber: &Transcriber) -> Result<Place, Error> {
        let mut share = self.places.share(account);
        if let Err(short) = share.take(1) {
            let expected = transcriber.health().expected_wait;
            let retry_after = (expected.as_secs() + 1).min(LONGEST_WAIT);
            return Err(match short {
                Short::All => Error::QueueFull { limit: self.limit, retry_after },
                Short::Own => Error::Crowded { retry_after },
            });
        }
        gauge!("minuted_transcriptions_in_flight").increment(1.0);
        Ok(Place { _share: share })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        gauge!("minuted_transcriptions_in_flight").decrement(1.0);
    }
}
