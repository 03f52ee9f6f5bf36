//! The page for people: one document without a script, that loads nothing, dark where the reader's system is, and
//! readable on a telephone.

mod model;
mod notice;

use std::fmt::Write as _;

use super::markup::{escaped, grouped, time};
use crate::status::{GOAL_PERCENT, Kind, Notice, Settings, Share, Snapshot, Stage, State};

/// Notices of the past that the page has; feeds and documents link to them.
const ARCHIVE: usize = 50;

/// The page.
#[must_use]
pub fn page(snapshot: &Snapshot, settings: &Settings) -> String {
    let (name, state) = (escaped(&settings.name), snapshot.state());
    let (mark, of_all, at) = (class(state), state.of_all(), time(snapshot.at));
    let mut body = String::new();
    let open = |notice: &Notice| notice.is_open();
    section(&mut body, "Now", snapshot.notices(true, open).chain(snapshot.notices(false, under_way)));
    body.push_str("<section><h2>Models</h2>\n");
    for model in &snapshot.models {
        body.push_str(&model::card(model));
    }
    body.push_str("</section>\n");
    body.push_str(&promise(snapshot));
    section(&mut body, "Planned maintenance", snapshot.notices(false, |notice| open(notice) && !under_way(notice)));
    body.push_str(&archive(snapshot));
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{of_all} · {name}</title>
<link rel="alternate" type="application/atom+xml" title="Incidents and maintenance" href="/status/feed.atom">
<style>{STYLE}</style></head>
<body><header><p class="name">{name}</p>
<h1 class="{mark}">{of_all}</h1>
<p class="quiet">As of {at}</p></header>
<main>
{body}</main>
<footer><p><a href="/status/feed.atom">Atom feed</a> <a href="/api/v2/summary.json">JSON</a>
<a href="/api/platform-status">Short JSON</a>
<a href="/status?live">This page, loaded again each minute</a></p>
<p class="quiet">All times are in UTC. Measured on requests as they come; a model that nobody asks for a minute is asked by
the service itself.</p></footer></body></html>
"#
    )
}

const STYLE: &str = include_str!("style.css");

/// The class of a state, which has its colour.
fn class(state: State) -> &'static str {
    match state {
        State::Operational => "good",
        State::UnderMaintenance => "work",
        State::DegradedPerformance => "fair",
        State::PartialOutage => "poor",
        State::MajorOutage => "down",
    }
}

/// Whether it is a maintenance that has begun.
fn under_way(notice: &Notice) -> bool {
    matches!(notice.kind, Kind::Maintenance { .. }) && notice.is_open() && notice.stage() != Stage::Scheduled
}

/// Notices under a heading; nothing if there are none.
fn section<'a>(body: &mut String, title: &str, notices: impl Iterator<Item = &'a Notice>) {
    let told: String = notices.map(|notice| notice::whole(notice, true)).collect();
    if !told.is_empty() {
        let _ = writeln!(body, "<section><h2>{title}</h2>\n{told}</section>");
    }
}

/// What was promised for the month, and how it stands.
fn promise(snapshot: &Snapshot) -> String {
    let share = snapshot.month;
    let month = snapshot.at.strftime("%B %Y");
    let Some(percent) = share.percent() else {
        return format!("<section><h2>{month}</h2><p>Nothing was asked yet this month.</p></section>\n");
    };
    let Share { counted, failed, excused } = share;
    let (mark, word) = if share.is_kept() { ("good", "kept") } else { ("down", "missed") };
    let excused = match excused {
        0 => String::new(),
        _ => format!(" {} more, during announced maintenance, do not count.", grouped(excused)),
    };
    format!(
        "<section><h2>{month}</h2><p><b class=\"big\">{percent} %</b> available. The goal of {GOAL_PERCENT} % is \
         <b class=\"{mark}\">{word}</b>: of {} requests, {} failed.{excused}</p></section>\n",
        grouped(counted),
        grouped(failed),
    )
}

/// What is over.
fn archive(snapshot: &Snapshot) -> String {
    let past: String = snapshot
        .notices
        .iter()
        .filter(|notice| !notice.is_open())
        .take(ARCHIVE)
        .map(|notice| notice::whole(notice, false))
        .collect();
    let past = if past.is_empty() { "<p>Nothing has happened.</p>".to_owned() } else { past };
    format!("<section><h2>Past incidents and maintenance</h2>\n{past}</section>\n")
}

#[cfg(test)]
mod tests;
