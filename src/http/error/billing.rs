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
            "The request could not be billed; as a rule nothing was charged.".to_owned()
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

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;
    use crate::billing::{Budget, LedgerError, NoTariff};
    use crate::domain::Currency;
    use crate::http::Error;
    use crate::transcription;

    fn told(error: MeterError) -> (u16, Option<String>, serde_json::Value) {
        let error = Error::from(transcription::Error::Billing(error));
        let body = serde_json::to_value(error.body()).expect("JSON");
        let response = error.into_response();
        let retry = response.headers().get("x-should-retry").map(|value| format!("{value:?}"));
        (response.status().as_u16(), retry, body["error"].clone())
    }

    #[test]
    fn an_exhausted_budget_says_which_and_until_when_and_is_not_tried_again() {
        let owner = Owner::Key("key_a".parse().expect("an id"));
        let budget = Budget { owner, kin: Vec::new(), measure: Measure::Audio, window: Window::Hour, ceiling: 600_000 };
        let resets_at = "2026-03-29T02:00:00Z".parse().expect("a time");
        let standing = Standing { budget, used: 400_000, held: 140_000, resets_at };
        let (status, retry, error) = told(MeterError::Exhausted(Box::new(standing)));
        assert_eq!((status, retry.as_deref()), (429, Some("\"false\"")));
        assert_eq!((&error["type"], &error["code"]), (&"insufficient_quota".into(), &"insufficient_quota".into()));
        assert_eq!(
            error["message"],
            "You exceeded your current quota: of the 10.0 minutes of audio that this key may use in an hour, 1.0 minutes \
             of audio are left until 2026-03-29T02:00:00Z."
        );
    }

    #[test]
    fn a_model_without_a_price_is_named() {
        let none = NoTariff { model: "whisper-1".to_owned(), unit: "audio", currency: Currency::EUR };
        let (status, _, error) = told(none.into());
        assert_eq!((status, &error["param"], &error["code"]), (400, &"model".into(), &"no_tariff".into()));
        assert_eq!(
            error["message"],
            "No tariff in EUR prices audio of the model `whisper-1`, so that it cannot be used."
        );
    }

    #[test]
    fn the_words_of_the_store_are_not_told() {
        let (status, _, error) = told(MeterError::Ledger(LedgerError::Store("/secret/place is full".to_owned())));
        assert_eq!((status, &error["code"]), (503, &"ledger_unavailable".into()));
        assert!(!error.to_string().contains("secret"));
    }
}
