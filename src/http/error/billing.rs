//! Failures about money: which they are, and in what words.

use super::Failure;
use crate::billing::{Measure, MeterError, Owner, Standing, State, Window};
use crate::domain::decimal;

/// The failure behind an error of the meter.
pub(super) fn failure(error: &MeterError) -> Failure {
    match error {
        MeterError::NoTariff(_) => Failure::NoTariff,
        MeterError::Exhausted(_) => Failure::InsufficientQuota,
        MeterError::Claimed { same_body: false, .. } => Failure::IdempotencyMismatch,
        MeterError::Claimed { first, .. } if first.state == State::Held => Failure::StillProcessing,
        MeterError::Claimed { .. } => Failure::AlreadyProcessed,
        MeterError::Expired | MeterError::Ledger(_) => Failure::LedgerUnavailable,
    }
}

/// What a caller is told. The store's own words are for the log.
pub(super) fn message(error: &MeterError) -> String {
    match error {
        MeterError::Exhausted(standing) => exhausted(standing),
        MeterError::Claimed { .. } => match failure(error) {
            Failure::IdempotencyMismatch => super::KEY_REUSED.to_owned(),
            Failure::StillProcessing => "A request with this idempotency key is still being worked on.".to_owned(),
            _ => "A request with this idempotency key was done and charged before; its text was not kept.".to_owned(),
        },
        MeterError::NoTariff(_) => format!("{error}, so that it cannot be used"),
        MeterError::Expired | MeterError::Ledger(_) => {
            "The request could not be billed, and was not charged.".to_owned()
        }
    }
}

fn exhausted(standing: &Standing) -> String {
    let budget = &standing.budget;
    let whose = match budget.owner {
        Owner::Account(_) => "account",
        Owner::Key(_) => "key",
    };
    let window = match budget.window {
        Window::Hour => "an hour",
        Window::Day => "a day",
        Window::Month => "a month",
    };
    let amount = |amount: i64| match budget.measure {
        Measure::Spend => decimal(amount),
        Measure::Audio => format!("{:.1} minutes of audio", seconds(amount) / 60.0),
        Measure::OutputTokens => format!("{amount} output tokens"),
    };
    let (ceiling, left) = (amount(budget.ceiling), amount(standing.left()));
    format!(
        "You exceeded your current quota: of the {ceiling} that this {whose} may use in {window}, {left} are left \
         until {}.",
        standing.resets_at
    )
}

#[expect(clippy::cast_precision_loss, reason = "told with one digit")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}
