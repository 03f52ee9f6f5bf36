//! A model on the page: its state, ninety days as bars, and how fast it was in the last hour.

use std::fmt::Write as _;

use super::class;
use crate::status::dialects::markup::{day, duration, escaped, first_byte, grouped};
use crate::status::{GOAL_PERCENT, Measure, ModelStatus, Share};

/// A card.
pub fn card(model: &ModelStatus) -> String {
    let (id, mark, state) = (escaped(&model.id), class(model.state), model.state.text());
    let all = model.all_days();
    let percent = all.percent().map_or("no requests yet".to_owned(), |percent| format!("{percent} %"));
    let bars: String = model.days.iter().map(|(start, share)| bar(&day(*start), *share)).collect();
    let (list, days) = (numbers(model), worse_days(model));
    format!(
        "<article class=\"model\"><div class=\"line\"><h3>{id}</h3><span class=\"{mark}\">{state}</span></div>\n\
         <div class=\"bars\" role=\"img\" aria-label=\"Availability of the last 90 days: {percent}\">{bars}</div>\n\
         <div class=\"line quiet\"><span>90 days ago</span><span>{percent}</span><span>today</span></div>\n\
         {days}<dl>{list}</dl></article>\n"
    )
}

/// The level of a day, and what is told of it.
fn level(share: Share) -> (&'static str, String) {
    let (Some(points), Some(percent)) = (share.basis_points(), share.percent()) else {
        return ("none", "no requests".to_owned());
    };
    let mark = match points {
        9_990.. => "good",
        _ if points >= GOAL_PERCENT * 100 => "fair",
        9_000.. => "poor",
        _ => "down",
    };
    (mark, format!("{percent} % of {} requests, {} failed", grouped(share.counted), grouped(share.failed)))
}

/// A day, as high as it was good.
fn bar(day: &str, share: Share) -> String {
    let (mark, told) = level(share);
    format!("<i class=\"{mark}\" title=\"{day}: {told}\"></i>")
}

/// The days that were not as they should be, the latest first, in words; nothing if there are none.
fn worse_days(model: &ModelStatus) -> String {
    let mut rows = String::new();
    for (start, share) in model.days.iter().rev() {
        let (mark, told) = level(*share);
        if !matches!(mark, "good" | "none") {
            let (date, day) = (start.strftime("%Y-%m-%d"), day(*start));
            let _ =
                write!(rows, "<tr><th scope=\"row\"><time datetime=\"{date}\">{day}</time></th><td>{told}</td></tr>");
        }
    }
    if rows.is_empty() {
        return rows;
    }
    format!("<details class=\"days\"><summary>Days below 99.9 %</summary><table>{rows}</table></details>\n")
}

/// What was measured, each with its name.
fn numbers(model: &ModelStatus) -> String {
    let quantile = |measure, thousandths| model.hour.quantile(measure, thousandths);
    let day = model.day.percent().map(|percent| format!("{percent} %"));
    let month = model.month.percent().map(|percent| format!("{percent} %"));
    let slow = quantile(Measure::FirstByte, 950).map(duration);
    let factor = quantile(Measure::RealTime, 500).map(|factor| format!("{}.{:02}", factor / 1000, factor % 1000 / 10));
    let rate = quantile(Measure::TokenRate, 500).map(|tenths| format!("{}.{}", tenths / 10, tenths % 10));
    let requests = Some(model.hour.counted()).filter(|counted| *counted > 0).map(grouped);
    let mut list = String::new();
    for (name, about, value) in [
        ("Available, 24 h", "Requests that were answered, of those that count", day),
        ("This month", "The same, since the first of the month", month),
        ("First byte", "Half of the answers of the last hour began sooner", first_byte(model)),
        ("First byte, 95 %", "95 % of the answers of the last hour began sooner", slow),
        (
            "Real-time factor",
            "Time taken over length of audio, median of the last hour: 0.1 is ten times real time",
            factor,
        ),
        ("Tokens a second", "Median of the last hour", rate),
        ("Requests, 1 h", "Requests that count, in the last hour", requests),
    ] {
        if let Some(value) = value {
            let _ = write!(list, "<div title=\"{about}\"><dt>{name}</dt><dd>{value}</dd></div>");
        }
    }
    list
}
