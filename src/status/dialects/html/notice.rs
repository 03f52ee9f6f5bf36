//! A notice on the page, with all that was said about it.

use std::fmt::Write as _;

use crate::status::dialects::markup::{escaped, time};
use crate::status::{Impact, Kind, Notice, Stage};

/// A notice; one that is not open is folded.
pub fn whole(notice: &Notice, is_unfolded: bool) -> String {
    let (id, name, mark) = (&notice.id, escaped(&notice.name), mark(notice));
    let about = match notice.models.as_slice() {
        [] => "all models".to_owned(),
        models => escaped(&models.join(", ")),
    };
    let when = match (notice.kind, notice.closed_at()) {
        (Kind::Maintenance { from, until }, _) => format!("{} to {}", time(from), time(until)),
        (_, None) => format!("since {}", time(notice.opened_at())),
        (_, Some(end)) => format!("{} to {}", time(notice.opened_at()), time(end)),
    };
    let how_bad = match notice.kind {
        Kind::Incident { .. } => format!(" · impact: {}", notice.impact.name()),
        Kind::Maintenance { .. } => String::new(),
    };
    let stage = word(notice.stage());
    let mut told = String::new();
    for update in notice.updates.iter().rev() {
        let (stage, at, body) = (word(update.stage), time(update.at), escaped(&update.body));
        let _ = write!(told, "<li><b>{stage}</b> {at}<p>{body}</p></li>");
    }
    let open = if is_unfolded { " open" } else { "" };
    format!(
        "<details class=\"notice {mark}\" id=\"{id}\"{open}><summary><b>{name}</b> <span>{stage}</span>\
         <small>{when} · {about}{how_bad}</small></summary><ol>{told}</ol></details>\n"
    )
}

fn mark(notice: &Notice) -> &'static str {
    match (notice.is_incident(), notice.impact) {
        (false, _) => "work",
        (true, Impact::None) => "good",
        (true, Impact::Minor) => "fair",
        (true, Impact::Major) => "poor",
        (true, Impact::Critical) => "down",
    }
}

/// As people read it.
fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Investigating => "Investigating",
        Stage::Identified => "Identified",
        Stage::Monitoring => "Monitoring",
        Stage::Resolved => "Resolved",
        Stage::Scheduled => "Scheduled",
        Stage::InProgress => "In progress",
        Stage::Verifying => "Verifying",
        Stage::Completed => "Completed",
    }
}
