//! `GET /catalog`: the models, described for customers. One page without a script, that tells nothing of any account.

mod page;
mod price;

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Html;

use crate::catalog::{Card, Model, Phase};
use crate::domain::Timestamp;
use crate::http::service::{Running, Shared};
pub(super) use price::{PriceObject, prices};

/// The page has a style of its own, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// A page that describes the models, for people.
#[utoipa::path(get, path = "/catalog", tag = "Models", operation_id = "catalog",
    responses((status = 200, description = "A page for people", body = String, content_type = "text/html")))]
pub(in crate::http) async fn show(State(running): State<Shared>) -> ([(HeaderName, &'static str); 1], Html<String>) {
    let now = running.service.gate.now();
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page::page(&entries(&running, now), now)))
}

/// A model of which the page tells.
struct Entry<'a> {
    id: &'a str,
    aliases: &'a [String],
    description: &'a str,
    /// SPDX expression.
    licence: &'a str,
    card: Option<&'a Card>,
    phase: Option<Phase>,
    /// The id of the model that is to be called instead.
    successor: Option<&'a str>,
    prices: Vec<PriceObject>,
}

/// Those that are served, and then those that are gone, so that their callers find what comes after them.
fn entries(running: &Running, now: Timestamp) -> Vec<Entry<'_>> {
    let service = &running.service;
    let sheet = service.desk.meter().sheet();
    let served = service.catalog.models().iter().map(|model| {
        let Model { id, aliases, description, licence, .. } = model;
        let card = service.cards.find(id);
        let phase = card.map(|card| card.life.phase(now));
        let successor = card.and_then(|card| service.cards.successor(card, now)).map(|card| card.id.as_str());
        let licence = card.map_or(licence, |card| &card.licence);
        Entry { id, aliases, description, licence, card, phase, successor, prices: prices(sheet, id, card, None, now) }
    });
    let gone = service.cards.iter().filter(|card| card.life.phase(now) == Phase::Retired).map(|card| {
        let Card { id, aliases, description, licence, .. } = card;
        let successor = service.cards.successor(card, now).map(|card| card.id.as_str());
        let phase = Some(Phase::Retired);
        Entry { id, aliases, description, licence, card: Some(card), phase, successor, prices: Vec::new() }
    });
    let served = served.filter(|entry| entry.phase != Some(Phase::Retired));
    served.chain(gone).collect()
}
