//! Where samples are handed in. It never waits and never fails: when the keeper is too far behind, a sample is dropped,
//! and counted as such.

use std::sync::Arc;

use metrics::counter;
use tokio::sync::mpsc;

use super::Sample;
use crate::domain::{Clock, Timestamp};

/// Samples that wait for the keeper.
const QUEUE: usize = 4096;

/// Takes samples; cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    samples: mpsc::Sender<(Timestamp, Sample)>,
    clock: Arc<dyn Clock>,
}

impl Recorder {
    /// One by this clock, and what takes its samples.
    pub(super) fn new(clock: Arc<dyn Clock>) -> (Self, mpsc::Receiver<(Timestamp, Sample)>) {
        let (samples, taken) = mpsc::channel(QUEUE);
        (Self { samples, clock }, taken)
    }

    /// Hands a sample in.
    pub fn record(&self, sample: Sample) {
        if self.samples.try_send((self.clock.now(), sample)).is_err() {
            counter!("minuted_status_samples_dropped_total").increment(1);
        }
    }
}
