//! A report as text: for each account its budget, and a row for each key and model.

use std::fmt::Write;
use std::time::Duration;

use super::bar::bar;
use super::ceiling;
use super::report::{AccountUse, KeyUse, ModelUse, Report};
use crate::cli::printable::printable;
use crate::cli::quantity::clock;
use crate::domain::decimal;

/// What a row tells. Where there is little room, requests are left out first, and then names are cut.
const COLUMNS: [&str; 6] = ["KEY", "MODEL", "REQUESTS", "AUDIO", "TOKENS", "COST"];
const NAMES: std::ops::Range<usize> = 0..2;
const REQUESTS: usize = 2;

/// Names are cut to no less than this.
const SHORTEST_NAME: usize = 6;

/// Before what belongs to an account.
const INDENT: &str = "  ";

/// All of it, in lines of `width` characters at most where that is possible.
pub(super) fn page(report: &Report, width: usize, colours: bool) -> String {
    let (month, at) = (report.month.from.strftime("%B %Y"), report.at.strftime("%Y-%m-%d %H:%M:%S"));
    let mut page = format!("{month}, as of {at} UTC\n");
    for account in &report.accounts {
        let room = width.saturating_sub(INDENT.len());
        let title = fitted(&title(account), width);
        let _ = writeln!(page, "\n{}", if colours { format!("\x1b[1m{title}\x1b[0m") } else { title });
        let budget = match &account.ceilings.spend {
            Some(standing) => bar(standing, account.currency(), room, colours),
            None if account.plan_is_missing => {
                "its plan is not in the file of plans, or in another currency".to_owned()
            }
            None if account.ceilings.others.is_empty() => "no ceiling".to_owned(),
            None => "no ceiling of money".to_owned(),
        };
        indent(&budget, &mut page);
        account.ceilings.others.iter().for_each(|other| indent(&fitted(&ceiling::line(other), room), &mut page));
        indent(&rows(&account.keys, room), &mut page);
        for key in &account.keys {
            let budget = key.ceilings.spend.iter().map(|standing| bar(standing, account.currency(), room, colours));
            let others = key.ceilings.others.iter().map(|other| fitted(&ceiling::line(other), room));
            for (at, line) in budget.chain(others).enumerate() {
                if at == 0 {
                    indent(&format!("key {}:", fitted(&printable(key.name()), room.saturating_sub(5))), &mut page);
                }
                indent(&line, &mut page);
            }
        }
    }
    let totals: Vec<_> =
        report.totals().iter().map(|(currency, nanos)| format!("{} {currency}", decimal(*nanos))).collect();
    let total =
        if totals.is_empty() { "nothing was used yet".to_owned() } else { format!("total {}", totals.join(", ")) };
    let _ = writeln!(page, "\n{total}");
    page
}

fn title(account: &AccountUse) -> String {
    let mut title = printable(account.name());
    if let Some(known) = &account.account {
        let _ = write!(title, "  {}", account.id);
        if let Some(plan) = &known.plan {
            let _ = write!(title, "  {plan}");
        }
        if known.suspended_at.is_some() {
            title.push_str("  suspended");
        }
    }
    title
}

fn indent(lines: &str, page: &mut String) {
    for line in lines.lines() {
        let _ = writeln!(page, "{INDENT}{line}");
    }
}

/// The names of the columns and the rows, in columns as wide as they must be.
fn rows(keys: &[KeyUse], width: usize) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for key in keys {
        rows.extend(key.models.iter().map(|model| cells(key, model)));
    }
    if rows.is_empty() {
        return String::new();
    }
    // A column in which nothing stands is none.
    let mut shown: Vec<usize> =
        (0..COLUMNS.len()).filter(|column| rows.iter().any(|row| !row[*column].is_empty())).collect();
    rows.insert(0, COLUMNS.map(str::to_owned).to_vec());
    let mut widths: Vec<usize> = (0..COLUMNS.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    let needed = |shown: &[usize], widths: &[usize]| -> usize {
        shown.iter().map(|column| widths[*column] + 2).sum::<usize>().saturating_sub(2)
    };
    if needed(&shown, &widths) > width {
        shown.retain(|column| *column != REQUESTS);
    }
    while needed(&shown, &widths) > width {
        let widest = NAMES.max_by_key(|column| widths[*column]).unwrap_or_default();
        if widths[widest] <= SHORTEST_NAME {
            break;
        }
        widths[widest] -= 1;
    }
    let mut lines = String::new();
    for row in rows {
        let cells: Vec<_> = shown.iter().map(|&column| aligned(&row[column], column, widths[column])).collect();
        lines.push_str(cells.join("  ").trim_end());
        lines.push('\n');
    }
    lines
}

fn cells(key: &KeyUse, model: &ModelUse) -> Vec<String> {
    let tokens = model.input_tokens.saturating_add(model.output_tokens);
    vec![
        printable(key.name()),
        printable(&model.model),
        model.requests.to_string(),
        if model.audio_ms > 0 { length(model.audio_ms) } else { String::new() },
        if tokens > 0 { tokens.to_string() } else { String::new() },
        format!("{} {}", decimal(model.nanos), model.currency),
    ]
}

/// Audio as a clock shows it.
pub(super) fn length(milliseconds: i64) -> String {
    clock(Duration::from_millis(milliseconds.unsigned_abs()))
}

/// Names on the left, numbers on the right.
fn aligned(cell: &str, column: usize, width: usize) -> String {
    if NAMES.contains(&column) { format!("{:<width$}", fitted(cell, width)) } else { format!("{cell:>width$}") }
}

/// The text, or its beginning.
fn fitted(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::Period;
    use crate::cli::usage::report::Ceilings;
    use crate::domain::Currency;

    fn model(name: &str, requests: i64, audio_ms: i64, tokens: i64, nanos: i64) -> ModelUse {
        let (model, currency) = (name.to_owned(), Currency::EUR);
        ModelUse { model, currency, requests, audio_ms, input_tokens: tokens, output_tokens: 0, nanos }
    }

    fn report(models: Vec<ModelUse>) -> Report {
        let at = "2026-11-26T14:05:10Z".parse().expect("a time");
        let (name, ceilings) = (Some("the key of the web site".to_owned()), Ceilings::default());
        let key = KeyUse { id: None, name, ceilings, models };
        let id = "acc_local".parse().expect("an id");
        let ceilings = Ceilings::default();
        let account = AccountUse { id, account: None, plan_is_missing: false, ceilings, keys: vec![key] };
        Report { at, month: Period::month_of(at), accounts: vec![account] }
    }

    #[test]
    fn numbers_stand_under_each_other() {
        let models =
            vec![model("minuted-nano.en", 1_200, 72_070_000, 0, 12_010_000_000), model("chat", 7, 0, 345, 20_000)];
        let expected = "\
November 2026, as of 2026-11-26 14:05:10 UTC

acc_local
  no ceiling
  KEY                      MODEL            REQUESTS     AUDIO  TOKENS         COST
  the key of the web site  minuted-nano.en      1200  20:01:10            12.01 EUR
  the key of the web site  chat                    7               345  0.00002 EUR

total 12.01002 EUR
";
        assert_eq!(page(&report(models), usize::MAX, false), expected);
    }

    #[test]
    fn a_narrow_terminal_gets_shorter_lines() {
        let models = vec![model("minuted-nano.en", 1_200, 72_070_000, 0, 12_010_000_000)];
        let narrow = page(&report(models), 46, false);
        assert!(narrow.lines().all(|line| line.chars().count() <= 46), "{narrow}");
        assert!(narrow.contains("12.01 EUR") && narrow.contains('…') && !narrow.contains("REQUESTS"), "{narrow}");
        assert!(page(&report(Vec::new()), 46, false).ends_with("\nnothing was used yet\n"));
    }

    #[test]
    fn a_name_does_not_move_the_cursor() {
        let shown = page(&report(vec![model("\x1b[2J", 1, 1_000, 0, 1)]), 80, false);
        assert!(!shown.contains('\x1b') && shown.contains(r"\u{1b}[2J"), "{shown}");
    }
}
