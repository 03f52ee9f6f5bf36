//! A ceiling of audio or of tokens in a line: what is used of it in the hour or the day at hand.

use super::page::length;
use crate::billing::{Budget, Measure, Standing, Window};
use crate::domain::decimal;

/// As in `40 of 100 output tokens used in this hour, 20 reserved`.
pub(super) fn line(standing: &Standing) -> String {
    let Budget { measure, window, ceiling, .. } = standing.budget;
    let amount = |amount: i64| match measure {
        Measure::Audio => length(amount),
        other => number(other, amount),
    };
    let what = match measure {
        Measure::Audio => "of audio",
        Measure::OutputTokens => "output tokens",
        Measure::Spend => "of money",
    };
    let when = match window {
        Window::Hour => "in this hour",
        Window::Day => "today",
        Window::Month => "in this month",
    };
    let reserved = if standing.held > 0 { format!(", {} reserved", amount(standing.held)) } else { String::new() };
    format!("{} of {} {what} used {when}{reserved}", amount(standing.used), amount(ceiling))
}

/// What is limited and over which stretch of time, as JSON has it.
pub(super) fn words(budget: &Budget) -> (&'static str, &'static str) {
    let what = match budget.measure {
        Measure::Audio => "audio_seconds",
        Measure::OutputTokens => "output_tokens",
        Measure::Spend => "spend",
    };
    (what, budget.window.as_str())
}

/// An amount as a decimal number: seconds of audio, tokens, or money.
pub(super) fn number(measure: Measure, amount: i64) -> String {
    match measure {
        // Thousandths are written like nanos of a larger unit.
        Measure::Audio => decimal(amount.saturating_mul(1_000_000)),
        Measure::OutputTokens => amount.to_string(),
        Measure::Spend => decimal(amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::Owner;

    #[test]
    fn each_kind_has_its_unit_and_its_time() {
        for (measure, window, used, held, ceiling, told) in [
            (
                Measure::OutputTokens,
                Window::Hour,
                40,
                20,
                100,
                "40 of 100 output tokens used in this hour, 20 reserved",
            ),
            (Measure::Audio, Window::Day, 61_000, 0, 36_000_000, "1:01 of 10:00:00 of audio used today"),
        ] {
            let owner = Owner::Account("acc_a".parse().expect("an id"));
            let budget = Budget { owner, kin: Vec::new(), measure, window, ceiling };
            let resets_at = "2026-12-01T00:00:00Z".parse().expect("a time");
            assert_eq!(line(&Standing { budget, used, held, resets_at }), told);
        }
    }
}
