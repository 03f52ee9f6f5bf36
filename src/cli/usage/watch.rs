//! Follows the usage until a signal comes: drawn in place on a terminal, a line for each change elsewhere.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::page::length;
use super::report::{ModelUse, Report, Source};
use super::terminal::Screen;
use super::{json, shown};
use crate::cli::Exit;
use crate::cli::printable::printable;
use crate::domain::{AccountId, Clock, Currency, SystemClock, Timestamp, decimal};

/// The shortest pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// A look may take a tenth of the time: a large store is not kept busy by who watches it.
const SHARE: u32 = 10;

/// Names a row: account, key, model, currency.
type Place = (AccountId, String, String, Currency);

/// Ends with [`Exit::Interrupted`], or when nobody reads any more.
pub(super) async fn follow(source: &Source, as_json: bool) -> Result<(), Exit> {
    let mut signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
        .map(signal)
        .into_iter()
        .collect::<io::Result<Vec<_>>>()
        .map_err(|error| Exit::Failed(format!("signals cannot be awaited: {error}")))?;
    let screen = if io::stdout().is_terminal() && !as_json { Some(Screen::open()?) } else { None };
    let mut before: Option<Report> = None;
    loop {
        let begun = Instant::now();
        let report = tokio::select! {
            report = source.report(SystemClock.now()) => report?,
            () = any(&mut signals) => return Err(Exit::Interrupted),
        };
        let took = begun.elapsed();
        match &screen {
            Some(screen) => screen.show(&shown(&report, false))?,
            None => io::stdout().write_all(told(before.as_ref(), &report, as_json).as_bytes())?,
        }
        before = Some(report);
        tokio::select! {
            () = tokio::time::sleep(PAUSE.max(took * SHARE)) => {}
            () = any(&mut signals) => return Err(Exit::Interrupted),
        }
    }
}

async fn any(signals: &mut [Signal]) {
    let each = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures_util::future::select_all(each).await;
}

/// What is printed where lines stay: everything at first and when a month begins, and then what has changed.
fn told(before: Option<&Report>, report: &Report, as_json: bool) -> String {
    let Some(before) = before.filter(|before| before.month == report.month) else { return shown(report, as_json) };
    let added = added(before, report);
    if as_json {
        return if added.is_empty() { String::new() } else { json::line(report) };
    }
    let names: HashMap<_, _> = report.accounts.iter().map(|account| (&account.id, account.name())).collect();
    added.iter().map(|(place, model)| line(report.at, names[&place.0], place, model)).collect()
}

/// The rows that have grown, and by how much.
fn added(before: &Report, report: &Report) -> Vec<(Place, ModelUse)> {
    let before: HashMap<Place, &ModelUse> = rows(before).collect();
    let grown = rows(report).filter_map(|(place, model)| {
        let more = before.get(&place).map_or_else(|| model.clone(), |before| model.since(before));
        (more.requests > 0).then_some((place, more))
    });
    grown.collect()
}

fn rows(report: &Report) -> impl Iterator<Item = (Place, &ModelUse)> {
    report.accounts.iter().flat_map(|account| {
        account.keys.iter().flat_map(move |key| {
            let place = |model: &ModelUse| {
                let key = key.id.as_ref().map_or_else(|| key.name().to_owned(), ToString::to_string);
                (account.id.clone(), key, model.model.clone(), model.currency)
            };
            key.models.iter().map(move |model| (place(model), model))
        })
    })
}

fn line(at: Timestamp, account: &str, (_, key, model, currency): &Place, more: &ModelUse) -> String {
    let names = [account, key, model].map(printable).join("  ");
    let requests = if more.requests == 1 { "1 request".to_owned() } else { format!("{} requests", more.requests) };
    let tokens = more.input_tokens + more.output_tokens;
    let audio = if more.audio_ms > 0 { format!("  +{}", length(more.audio_ms)) } else { String::new() };
    let tokens = if tokens > 0 { format!("  +{tokens} tokens") } else { String::new() };
    let (at, cost) = (at.strftime("%H:%M:%S"), decimal(more.nanos));
    format!("{at}  {names}  +{requests}{audio}{tokens}  +{cost} {currency}\n")
}
