//! Failures of requests that are passed on: which they are, in what words, and when to try again.

use super::{Failure, billing};
use crate::billing::MeterError;
use crate::gateway::{Capability, Error};

/// The failure behind an error of the gateway.
pub(super) fn failure(error: &Error) -> Failure {
    match error {
        Error::Body(_) => Failure::InvalidJson,
        Error::Missing(_) => Failure::MissingParameter,
        Error::Kept(_) => Failure::UnsupportedValue,
        Error::UnknownModel(_) | Error::Nobody => Failure::ModelNotFound,
        Error::Forbidden(_) => Failure::ModelForbidden,
        Error::Incapable { .. } => Failure::UnsupportedCapability,
        Error::NoVision(_) => Failure::NoVisionModel,
        Error::LinkedMedia(_) => Failure::LinkedMedia,
        Error::Tokens(_) => Failure::TokenInput,
        Error::Billing(error) => billing::failure(error),
        Error::Full(_) => Failure::QueueFull,
        Error::Crowded(_) => Failure::RateLimited,
        Error::Busy(_) | Error::Limited { .. } => Failure::BackendBusy,
        Error::Unavailable(_) => Failure::BackendUnavailable,
        Error::Failed | Error::Lacking => Failure::BackendFailed,
        Error::TimedOut => Failure::BackendTimeout,
        Error::Stopping => Failure::ShuttingDown,
    }
}

/// The field at fault.
pub(super) fn param(error: &Error) -> Option<&'static str> {
    match error {
        Error::Missing(param) | Error::Kept(param) => Some(param),
        Error::Incapable { capability: Capability::Tools, .. } => Some("tools"),
        Error::Incapable { .. } | Error::NoVision(_) | Error::Billing(MeterError::NoTariff(_)) => Some("model"),
        Error::LinkedMedia(_) => Some("messages"),
        Error::Tokens(_) => Some("input"),
        _ => None,
    }
}

/// What a caller is told.
pub(super) fn message(error: &Error) -> String {
    match error {
        Error::Billing(error) => billing::message(error),
        other => other.to_string(),
    }
}

/// How long to wait before the next try, in seconds.
pub(super) fn retry_after(error: &Error) -> Option<u64> {
    match error {
        Error::Full(wait)
        | Error::Crowded(wait)
        | Error::Busy(wait)
        | Error::Limited { wait, .. }
        | Error::Unavailable(wait) => Some(wait.as_secs()),
        _ => None,
    }
}
