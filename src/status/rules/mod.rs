//! When an incident begins, moves on and ends: pure functions of what was counted, minute by minute.
//!
//! A minute is bad when too many of its requests failed, or its answers were too slow; good when it had requests and is
//! not bad; silent when it had none. Silent minutes say nothing either way, and a probe sees to it that there are few.
//! Two bad minutes in a row open an incident, two good ones have it watched, five more end it. While it is watched, two bad
//! ones take it back to the beginning: what comes and goes is one incident, not many. Its impact rises with what is
//! counted, whether or not anybody knows the cause. One that has come and gone so often that a page of it would be too long
//! ends without being watched, and what comes back is another.

use super::notice::MAX_UPDATES;
use super::{Fault, Impact, Measure, Notice, Stage, Tally, Thresholds, Update};
use crate::domain::Timestamp;

/// Bad minutes that open an incident.
const OPENS: usize = 2;

/// Good minutes after which it is only watched.
const CALMS: usize = 2;

/// Good minutes, from when it was watched, after which it is over.
const ENDS: usize = 5;

/// Updates after which an incident ends as soon as it is calm. Until then there are a handful more: it comes back, is
/// identified, and becomes worse twice.
const LONG: usize = MAX_UPDATES - 10;

/// What a minute was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minute {
    /// Nobody asked.
    Silent,
    /// All was well enough.
    Good,
    /// It was not.
    Bad(Impact, Cause),
}

/// What was bad about a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Requests failed: this percentage of them, mostly for one reason if there is one.
    Errors(u64, Option<Fault>),
    /// Answers were slow.
    Slow,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Open an incident.
    Open(Impact, Update),
    /// Move the open one on.
    Move(Impact, Update),
}

/// What a minute with these counts was.
#[must_use]
pub fn judge(tally: &Tally, thresholds: &Thresholds) -> Minute {
    let (counted, failed) = (tally.counted(), tally.total(Measure::Failed));
    if counted == 0 {
        return Minute::Silent;
    }
    if failed * 100 > counted * thresholds.error_percent {
        let percent = failed * 100 / counted;
        let impact = match percent {
            90.. => Impact::Critical,
            25.. => Impact::Major,
            _ => Impact::Minor,
        };
        return Minute::Bad(impact, Cause::Errors(percent, tally.main_fault()));
    }
    let is_over = |measure, limit: u64| tally.quantile(measure, 500).map(|half| half > limit);
    let late = u64::try_from(thresholds.first_byte.as_millis()).unwrap_or(u64::MAX);
    // Text has no length, and of a backend that was only looked at nobody knows how fast it is.
    let is_late = is_over(Measure::FirstByte, late).unwrap_or(false);
    if is_late && is_over(Measure::RealTime, thresholds.real_time_percent * 10).unwrap_or(true) {
        return Minute::Bad(Impact::Minor, Cause::Slow);
    }
    Minute::Good
}

/// What these minutes, the oldest first, ask for, given the incident that a rule has opened; see [`since`] for where
/// they begin.
#[must_use]
pub fn next(open: Option<&Notice>, minutes: &[Minute], now: Timestamp) -> Option<Step> {
    let (bad, good) = (last_bad(minutes), last_good(minutes));
    let update = |stage, body| Update { stage, body, at: now };
    let worst = worst(&bad).filter(|_| bad.len() >= OPENS);
    let Some(incident) = open else {
        let (impact, cause) = worst?;
        return Some(Step::Open(impact, update(Stage::Investigating, opening(cause))));
    };
    let (stage, known) = (incident.stage(), incident.impact);
    let step = |impact, stage, body| Some(Step::Move(impact, update(stage, body)));
    match (stage, worst) {
        (Stage::Monitoring, _) if good >= ENDS => {
            step(known, Stage::Resolved, "Five more minutes were good. This is over.".to_owned())
        }
        (Stage::Investigating | Stage::Identified, _) if good >= CALMS && incident.updates.len() >= LONG => {
            let body = "The last two minutes were good. So much was said of this that what comes back is told anew.";
            step(known, Stage::Resolved, body.to_owned())
        }
        (Stage::Investigating | Stage::Identified, _) if good >= CALMS => {
            step(known, Stage::Monitoring, "The last two minutes were good. We go on watching.".to_owned())
        }
        (Stage::Monitoring, Some((impact, cause))) => {
            step(impact.max(known), Stage::Investigating, format!("It has come back. {}", opening(cause)))
        }
        (Stage::Investigating, Some((impact, cause))) if bad.len() > OPENS => match identified(cause) {
            Some(body) => step(impact.max(known), Stage::Identified, body),
            None if impact > known => step(impact, stage, worse(cause)),
            None => None,
        },
        (Stage::Identified, Some((impact, cause))) if impact > known => step(impact, stage, worse(cause)),
        _ => None,
    }
}

/// From when minutes bear on what comes next: since the last incident has ended, or since the open one is watched.
#[must_use]
pub fn since(last: Option<&Notice>) -> Option<Timestamp> {
    let last = last?;
    last.closed_at().or_else(|| last.reached(Stage::Monitoring).filter(|_| last.stage() == Stage::Monitoring))
}

/// The bad minutes at the end, the last one first; silent ones do not part them.
fn last_bad(minutes: &[Minute]) -> Vec<(Impact, Cause)> {
    let heard = minutes.iter().rev().filter(|minute| **minute != Minute::Silent);
    heard
        .map_while(|minute| match minute {
            Minute::Bad(impact, cause) => Some((*impact, *cause)),
            _ => None,
        })
        .collect()
}

/// How many good minutes stand at the end; silent ones do not part them.
fn last_good(minutes: &[Minute]) -> usize {
    minutes.iter().rev().filter(|minute| **minute != Minute::Silent).take_while(|m| **m == Minute::Good).count()
}

/// The worst of the last two.
fn worst(bad: &[(Impact, Cause)]) -> Option<(Impact, Cause)> {
    bad.iter().take(OPENS).copied().max_by_key(|(impact, _)| *impact)
}

fn opening(cause: Cause) -> String {
    match cause {
        Cause::Errors(percent, _) => format!("For two minutes, up to {percent} % of requests have failed."),
        Cause::Slow => "For two minutes, answers have been slower than they should be.".to_owned(),
    }
}

fn worse(cause: Cause) -> String {
    format!("It has become worse. {}", opening(cause))
}

/// What can be said of the cause, if anything can.
fn identified(cause: Cause) -> Option<String> {
    match cause {
        Cause::Errors(_, fault) => Some(format!("Most of them failed because {}.", fault?.because())),
        Cause::Slow => Some("Requests are answered, but they wait too long for a free place to compute.".to_owned()),
    }
}

#[cfg(test)]
mod tests;
