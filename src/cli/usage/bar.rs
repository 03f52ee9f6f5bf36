//! A budget as a bar: what is used, what is reserved, what is left.

use crate::billing::Standing;
use crate::domain::{Currency, decimal};

/// The longest bar, and the shortest that still tells something.
const LONGEST: usize = 30;
const SHORTEST: usize = 10;

/// From how many percent on it is yellow, and red.
const YELLOW: i64 = 75;
const RED: i64 = 90;

/// A line, or two where `width` is too narrow for one; without the line's end.
pub(super) fn bar(standing: &Standing, currency: Currency, width: usize, colours: bool) -> String {
    let (used, held, ceiling) = (standing.used, standing.held, standing.budget.ceiling);
    let reserved = if held > 0 { format!(", {} reserved", decimal(held)) } else { String::new() };
    let percent = share(used.saturating_add(held), ceiling, 100);
    let text = format!("{percent:>3} %  {} of {} {currency} used{reserved}", decimal(used), decimal(ceiling));
    let beside = width.saturating_sub(text.chars().count() + 2);
    let (length, between) = if beside < SHORTEST { (width.min(LONGEST), "\n") } else { (beside.min(LONGEST), "  ") };
    let taken = cells(used.saturating_add(held), ceiling, length);
    let full = cells(used, ceiling, length).min(taken);
    let drawn = format!("{}{}", "█".repeat(full), "▒".repeat(taken - full));
    let drawn = if colours { format!("\x1b[{}m{drawn}\x1b[0m", colour(percent)) } else { drawn };
    format!("{drawn}{}{between}{text}", "░".repeat(length - taken))
}

/// How many of so many cells stand for an amount: none only for nothing, and all only for everything.
fn cells(amount: i64, ceiling: i64, length: usize) -> usize {
    let most = i64::try_from(length).unwrap_or(i64::MAX);
    let least = i64::from(amount > 0).min(most);
    let most_unless_full = if amount < ceiling { most - 1 } else { most };
    usize::try_from(share(amount, ceiling, most).clamp(least, most_unless_full.max(least))).unwrap_or(length)
}

/// The part of `whole` that an amount is of a ceiling, rounded down; a ceiling of nothing is always reached.
fn share(amount: i64, ceiling: i64, whole: i64) -> i64 {
    if ceiling <= 0 {
        return whole;
    }
    let share = i128::from(amount.max(0)) * i128::from(whole) / i128::from(ceiling);
    i64::try_from(share).unwrap_or(i64::MAX).min(whole)
}

/// Green, yellow, red, as terminals number them.
fn colour(percent: i64) -> u8 {
    match percent {
        RED.. => 31,
        YELLOW.. => 33,
        _ => 32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::{Budget, Measure, Owner, Window};

    const EURO: i64 = 1_000_000_000;

    fn standing(used: i64, held: i64, ceiling: i64) -> Standing {
        let owner = Owner::Account("acc_a".parse().expect("an id"));
        let budget = Budget { owner, kin: Vec::new(), measure: Measure::Spend, window: Window::Month, ceiling };
        Standing { budget, used, held, resets_at: "2026-12-01T00:00:00Z".parse().expect("a time") }
    }

    #[test]
    fn used_reserved_and_left_stand_side_by_side() {
        let drawn = bar(&standing(5 * EURO, 2 * EURO + EURO / 2, 10 * EURO), Currency::EUR, 200, false);
        let expected = format!("{}{}{}", "█".repeat(15), "▒".repeat(7), "░".repeat(8));
        assert_eq!(drawn, format!("{expected}   75 %  5 of 10 EUR used, 2.5 reserved"));
    }

    #[test]
    fn nothing_is_an_empty_bar_and_only_everything_a_full_one() {
        for (used, ceiling, full, percent) in
            [(0, EURO, 0, 0), (1, EURO, 1, 0), (EURO - 1, EURO, 29, 99), (EURO, EURO, 30, 100), (0, 0, 30, 100)]
        {
            let drawn = bar(&standing(used, 0, ceiling), Currency::EUR, 200, false);
            assert_eq!(drawn.matches('█').count(), full, "{drawn}");
            assert!(drawn.contains(&format!(" {percent} %")), "{drawn}");
        }
    }

    #[test]
    fn a_narrow_terminal_gets_two_lines_and_colours_warn() {
        let drawn = bar(&standing(9 * EURO, 0, 10 * EURO), Currency::EUR, 28, true);
        let lines: Vec<_> = drawn.lines().collect();
        assert_eq!((lines.len(), lines[1]), (2, " 90 %  9 of 10 EUR used"));
        assert!(lines[0].starts_with("\x1b[31m█"), "{drawn:?}");
        assert!(bar(&standing(0, 0, EURO), Currency::EUR, 80, true).starts_with("\x1b[32m"));
    }
}
