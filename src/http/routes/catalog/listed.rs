//! A model that can be asked for here, as customers are told of it: what its card says, and what is known without one.

use std::iter;

use super::price::{PriceObject, prices};
use crate::billing::Service;
use crate::catalog::{Card, Cards, Languages, Model, Phase};
use crate::domain::{Currency, Language, Timestamp};
use crate::gateway::{self, RemoteModel};
use crate::http::service::Running;

/// A model that can be asked for.
pub(in crate::http::routes) struct Listed<'a> {
    pub id: String,
    pub aliases: Vec<String>,
    pub description: String,
    /// SPDX expression.
    pub licence: Option<String>,
    /// ISO 639-1 codes.
    pub languages: Vec<String>,
    /// The card's, or else what its backend says.
    pub capabilities: Vec<&'static str>,
    /// As what it is charged.
    pub(super) services: Vec<Service>,
    pub card: Option<&'a Card>,
    pub phase: Option<Phase>,
    /// The id of the model that is to be called instead.
    pub successor: Option<String>,
    /// Whether it computes here, and not at a backend.
    pub is_local: bool,
}

/// All of them that are not retired, our own first.
pub(in crate::http::routes) fn all<'a>(running: &Running, cards: &'a Cards, now: Timestamp) -> Vec<Listed<'a>> {
    let service = &running.service;
    let local = iter::once(Listed::of_model(running, cards, &service.model, now));
    let remote = service.gateway.models();
    let remote = remote.iter().filter(|model| !service.model.answers_to(&model.id));
    let all = local.chain(remote.map(|model| Listed::of_remote(running, cards, model, now)));
    all.filter(|model| model.phase != Some(Phase::Retired)).collect()
}

impl<'a> Listed<'a> {
    fn of_model(running: &Running, cards: &'a Cards, model: &Model, now: Timestamp) -> Self {
        let spoken = match model.languages {
            Languages::English => vec![Language::ENGLISH.code().to_owned()],
            Languages::Multilingual => whispers(),
        };
        let known = Self {
            aliases: model.aliases.clone(),
            description: model.description.clone(),
            licence: Some(model.licence.clone()),
            languages: spoken,
            services: vec![Service::Transcription],
            is_local: true,
            ..Self::named(&model.id)
        };
        known.with_card(running, cards, now)
    }

    fn of_remote(running: &Running, cards: &'a Cards, model: &RemoteModel, now: Timestamp) -> Self {
        let known = Self {
            capabilities: model.capabilities.iter().map(|capability| capability.name()).collect(),
            services: model.capabilities.iter().map(|capability| service_at_backend(*capability)).collect(),
            ..Self::named(&model.id)
        };
        known.with_card(running, cards, now)
    }

    /// A model of which nothing else is known.
    pub(super) fn named(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            aliases: Vec::new(),
            description: String::new(),
            licence: None,
            languages: Vec::new(),
            capabilities: Vec::new(),
            services: Vec::new(),
            card: None,
            phase: None,
            successor: None,
            is_local: false,
        }
    }

    /// A model that is gone, as its card has it.
    pub(super) fn of_card(running: &Running, cards: &'a Cards, card: &Card, now: Timestamp) -> Self {
        let known = Self { aliases: card.aliases.clone(), ..Self::named(&card.id) };
        Self { services: Vec::new(), ..known.with_card(running, cards, now) }
    }

    /// What the card says goes before what is known without it.
    fn with_card(self, running: &Running, cards: &'a Cards, now: Timestamp) -> Self {
        let Some(card) = cards.find(&self.id) else { return self };
        let capabilities: Vec<_> = card.capabilities.iter().map(|capability| capability.as_str()).collect();
        let services = card.capabilities.iter().map(|capability| super::price::service(*capability)).collect();
        Self {
            description: Some(&card.description).filter(|text| !text.is_empty()).unwrap_or(&self.description).clone(),
            licence: Some(card.licence.clone()),
            languages: if self.is_local { self.languages } else { codes(card) },
            services: if capabilities.is_empty() { self.services } else { services },
            capabilities: if capabilities.is_empty() { self.capabilities } else { capabilities },
            card: Some(card),
            phase: Some(card.life.phase(now)),
            successor: cards.successor(card, now).map(|card| card.served_as(|name| running.served(name))),
            ..self
        }
    }

    /// What it costs, in one currency or in all that there are prices in.
    pub(in crate::http::routes) fn prices(
        &self,
        running: &Running,
        currency: Option<Currency>,
        now: Timestamp,
    ) -> Vec<PriceObject> {
        prices(running.service.desk.meter().sheet(), &self.id, &self.services, currency, now)
    }
}

fn codes(card: &Card) -> Vec<String> {
    let multilingual = card.languages.iter().any(|language| language == "multilingual");
    if multilingual { whispers() } else { card.languages.clone() }
}

fn whispers() -> Vec<String> {
    (0..).map_while(Language::from_index).map(|language| language.code().to_owned()).collect()
}

/// As what a capability is charged that a backend says of a model.
fn service_at_backend(capability: gateway::Capability) -> Service {
    match capability {
        gateway::Capability::Text | gateway::Capability::Vision | gateway::Capability::Tools => Service::Completion,
        gateway::Capability::Embeddings => Service::Embedding,
        gateway::Capability::Audio => Service::Transcription,
        gateway::Capability::Rerank
        | gateway::Capability::Moderation
        | gateway::Capability::Images
        | gateway::Capability::Speech => Service::Other,
    }
}
