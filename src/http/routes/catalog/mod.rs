//! `GET /catalog`: the models, described for customers. One page without a script, that tells nothing of any account.

mod listed;
mod page;
mod price;

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Html;

use crate::catalog::{Cards, Phase};
use crate::domain::Timestamp;
use crate::http::service::{Running, Shared};
pub(super) use listed::{Listed, all};
use page::Entry;
pub(super) use price::PriceObject;

/// The page has a style of its own, and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// A page that describes the models, for people.
#[utoipa::path(get, path = "/catalog", tag = "Models", operation_id = "catalog",
    responses((status = 200, description = "A page for people", body = String, content_type = "text/html")))]
pub(in crate::http) async fn show(State(running): State<Shared>) -> ([(HeaderName, &'static str); 1], Html<String>) {
    let (now, cards) = (running.service.gate.now(), running.service.cards.get());
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page::page(&entries(&running, &cards, now), now)))
}

/// Those that can be asked for, and then those that are gone, so that their callers find what comes after them.
fn entries<'a>(running: &Running, cards: &'a Cards, now: Timestamp) -> Vec<Entry<'a>> {
    let gone = cards.iter().filter(|card| card.life.phase(now) == Phase::Retired);
    let gone = gone.map(|card| Listed::of_card(running, cards, card, now));
    let all = all(running, cards, now).into_iter().chain(gone);
    all.map(|model| Entry { prices: model.prices(running, None, now), model }).collect()
}
