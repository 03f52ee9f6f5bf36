//! Which failures count against the availability of a model: ours, and none of the caller's.
//!
//! What is answered with 500 or more is ours, and so is a 429 because the house is full. A 429 because a caller has used
//! up its own limits or has its share of the house, and everything else below 500, is the caller's; and so is a text that
//! the moderation model does not take.

use super::Failure;
use crate::status::Fault;

impl Failure {
    /// What was wrong on our side, if it was ours.
    pub(crate) fn fault(self) -> Option<Fault> {
        match (self, self.row().status) {
            (Self::QueueFull, _) => Some(Fault::Overloaded),
            (Self::ShuttingDown, _) => Some(Fault::Stopping),
            (Self::ModerationRefused, _) => None,
            (Self::RecognitionFailed | Self::DecoderFailed, _) => Some(Fault::Model),
            (_, 504) => Some(Fault::TimedOut),
            (_, 502) => Some(Fault::Backend),
            (_, 500..) => Some(Fault::Service),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_failures_count() {
        for (failure, fault) in [
            (Failure::QueueFull, Some(Fault::Overloaded)),
            (Failure::RateLimited, None),
            (Failure::InsufficientQuota, None),
            (Failure::InvalidApiKey, None),
            (Failure::CorruptFile, None),
            (Failure::TooLarge, None),
            (Failure::RequestTimeout, None), // it is the upload that did not come
            (Failure::StillProcessing, None),
            (Failure::ModerationRefused, None), // it is the text that is too long
            (Failure::ModerationUnavailable, Some(Fault::Service)),
            (Failure::RecognitionFailed, Some(Fault::Model)),
            (Failure::DecoderFailed, Some(Fault::Model)),
            (Failure::Internal, Some(Fault::Service)),
            (Failure::StorageFailed, Some(Fault::Service)),
            (Failure::LedgerUnavailable, Some(Fault::Service)),
            (Failure::AccountsUnavailable, Some(Fault::Service)),
            (Failure::ShuttingDown, Some(Fault::Stopping)),
        ] {
            assert_eq!(failure.fault(), fault, "{failure:?}");
        }
    }
}
