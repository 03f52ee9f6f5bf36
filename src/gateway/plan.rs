//! Which backends can answer a request: those that have its model, and there can do what it needs. Pure.

use super::Error;
use super::endpoint::{Capability, Endpoint};
use super::request::Asked;
use super::table::{Offer, Table};

/// Where a request may go.
#[derive(Debug)]
pub(super) struct Plan {
    /// The model that answers, which is billed.
    pub model: String,
    /// At least one.
    pub offers: Vec<Offer>,
    /// The most tokens of an answer where the request does not say.
    pub output_ceiling: i64,
}

impl Plan {
    /// For a request whose caller `may` use some models.
    ///
    /// # Errors
    /// What no backend can do.
    pub(super) fn of(
        table: &Table,
        endpoint: Endpoint,
        asked: &Asked,
        may: impl Fn(&str) -> bool,
    ) -> Result<Self, Error> {
        let model = asked.model.clone();
        let mut offers = table.offers(&model);
        if offers.is_empty() {
            return Err(Error::UnknownModel(model.chars().take(100).collect()));
        }
        if !may(&model) {
            return Err(Error::Forbidden(model));
        }
        keep(&mut offers, &model, endpoint.capability())?;
        if asked.content.pictures > 0 && keep(&mut offers, &model, Capability::Vision).is_err() {
            return Err(Error::NoVision(model));
        }
        if asked.tools {
            keep(&mut offers, &model, Capability::Tools)?;
        }
        offers.retain(|offer| !asked.content.links || offer.backend.terms.fetches_media);
        if offers.is_empty() {
            return Err(Error::LinkedMedia(model));
        }
        let tokens = asked.content.tokens > 0 && matches!(endpoint, Endpoint::Embeddings | Endpoint::Completions);
        offers.retain(|offer| !tokens || offer.backend.terms.kind.quirks().token_arrays);
        if offers.is_empty() {
            return Err(Error::Tokens(model));
        }
        let most = offers.iter().filter_map(|offer| offer.model.max_output_tokens).max();
        Ok(Self { model, offers, output_ceiling: most.unwrap_or(table.rules.output_ceiling) })
    }
}

/// The declared fallback for a request with pictures whose model does not see.
pub(super) fn stand_in<'t>(table: &'t Table, endpoint: Endpoint, asked: &Asked) -> Option<&'t str> {
    if asked.content.pictures == 0 {
        return None;
    }
    let fallback = table.rules.vision_fallback.get(&asked.model)?;
    let writes = |offer: &Offer| can(offer, endpoint.capability());
    let sees = |offer: &Offer| writes(offer) && can(offer, Capability::Vision);
    let offers = table.offers(&asked.model);
    let is_blind = offers.iter().any(writes) && !offers.iter().any(sees);
    (is_blind && table.offers(fallback).iter().any(sees)).then_some(fallback.as_str())
}

fn can(offer: &Offer, capability: Capability) -> bool {
    offer.model.capabilities.contains(&capability)
}

/// Leaves those that can do it, or all if none can.
fn keep(offers: &mut Vec<Offer>, model: &str, capability: Capability) -> Result<(), Error> {
    if !offers.iter().any(|offer| can(offer, capability)) {
        return Err(Error::Incapable { model: model.to_owned(), capability });
    }
    offers.retain(|offer| can(offer, capability));
    Ok(())
}
