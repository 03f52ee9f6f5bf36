//! Badges: a label and a value in a small SVG, to stand in a README or a dashboard. They load nothing.

use super::markup::{escaped, first_byte};
use crate::status::{GOAL_PERCENT, ModelStatus, State};

/// The width of a letter, in the units of the picture; text is stretched or squeezed to it, so that no font matters.
const LETTER: usize = 7;

/// The longest label, in letters.
const LONGEST: usize = 60;

/// A model's availability in the last 90 days.
#[must_use]
pub fn availability(model: &ModelStatus) -> String {
    let share = model.all_days();
    let (value, colour) = match (model.state, share.basis_points()) {
        (State::MajorOutage | State::PartialOutage, _) => ("outage".to_owned(), "#b3261e"),
        (_, None) => ("no data".to_owned(), "#5f6368"),
        (_, Some(points)) => {
            let colour = match points {
                9_990.. => "#1a7f37",
                _ if points >= GOAL_PERCENT * 100 => "#7a6a00",
                _ => "#b3261e",
            };
            (format!("{}%", share.percent().unwrap_or_default()), colour)
        }
    };
    badge(&model.id, &value, colour)
}

/// A model's time to the first byte in the last hour.
#[must_use]
pub fn latency(model: &ModelStatus) -> String {
    let value = first_byte(model).unwrap_or_else(|| "no data".to_owned());
    badge(&format!("{} first byte", model.id), &value, "#1f5fa8")
}

fn badge(label: &str, value: &str, colour: &str) -> String {
    let label: String = label.chars().take(LONGEST).collect();
    let (left, right) = (width(&label), width(value));
    let (whole, label_middle, value_middle) = (left + right, left / 2, left + right / 2);
    let (label_length, value_length) = (left - 12, right - 12);
    let (label, value) = (escaped(&label), escaped(value));
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{label}: {value}">
<title>{label}: {value}</title>
<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#3c4043"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{label_middle}" y="14" textLength="{label_length}" lengthAdjust="spacingAndGlyphs">{label}</text>
<text x="{value_middle}" y="14" textLength="{value_length}" lengthAdjust="spacingAndGlyphs">{value}</text>
</g></svg>
"##
    )
}

fn width(text: &str) -> usize {
    text.chars().count() * LETTER + 12
}
