//! What a request owes: reserved before it is sent, more of it while the answer grows, and settled once at its end.

use super::endpoint::Endpoint;
use super::estimate::Expected;
use super::tap::{Seen, reckon};
use crate::billing::{MeterError, Origin, Reservation, Usage};
use crate::domain::ChargeId;

/// Tokens that are reserved beyond what has been written, once an answer outgrows what was expected.
const STRIDE: i64 = 1_024;

/// Money that is reserved for a request on its way.
pub(super) struct Due {
    reservation: Reservation,
    endpoint: Endpoint,
    /// What is reserved for.
    expected: Expected,
    /// Tokens of output that were reserved at first.
    ceiling: i64,
    /// What of the usage was measured before: the length of a recording.
    measured: Usage,
}

impl Due {
    pub(super) fn new(reservation: Reservation, endpoint: Endpoint, expected: Expected, measured: Usage) -> Self {
        Self { reservation, endpoint, expected, ceiling: expected.output, measured }
    }

    /// What is to be reserved for a request.
    pub(super) fn usage(expected: &Expected, measured: &Usage) -> Usage {
        if measured.audio_ms > 0 {
            return *measured;
        }
        Usage { input_tokens: expected.input, output_tokens: expected.output, origin: Origin::Estimated, ..*measured }
    }

    /// The backend may read far less than it is sent, and say so.
    pub(super) fn expect_less(&mut self) {
        self.expected.least_input = 0;
    }

    /// Names the charge.
    pub(super) fn charge(&self) -> &ChargeId {
        self.reservation.charge()
    }

    /// Whether a part of the answer is worth nothing: it is a transcript, and how much of the recording has been told is not
    /// known.
    pub(super) fn is_for_the_whole(&self) -> bool {
        self.endpoint == Endpoint::Transcriptions
    }

    /// Sees to it that what has been written is reserved.
    ///
    /// # Errors
    /// [`MeterError::Exhausted`] if the budget does not reach; what was reserved before stays so.
    pub(super) async fn cover(&mut self, seen: &Seen) -> Result<(), MeterError> {
        let written = seen.estimated_output(&self.expected, self.ceiling);
        if !self.endpoint.writes() || written <= self.expected.output {
            return Ok(());
        }
        let mut result = Ok(());
        for output in [written + STRIDE, written] {
            let wanted = Expected { output, ..self.expected };
            result = self.reservation.cover(&Self::usage(&wanted, &self.measured)).await;
            match &result {
                Ok(()) => self.expected = wanted,
                Err(MeterError::Exhausted(_)) => continue,
                Err(_) => {}
            }
            break;
        }
        result
    }

    /// Charges what was used, or as much of it as is reserved where a budget does not reach.
    pub(super) fn settle(self, seen: &Seen) -> Usage {
        let Self { reservation, endpoint, expected, ceiling, measured } = self;
        if endpoint == Endpoint::Transcriptions {
            reservation.settle_within(measured, measured);
            return measured;
        }
        let usage = reckon(endpoint, seen, &expected, ceiling);
        let reserved = Usage {
            input_tokens: usage.input_tokens.min(expected.input),
            cached_tokens: usage.cached_tokens.min(expected.input),
            output_tokens: usage.output_tokens.min(expected.output),
            reasoning_tokens: usage.reasoning_tokens.min(expected.output),
            ..usage
        };
        reservation.settle_within(usage, reserved);
        usage
    }
}
