//! `GET /v1/models` and `GET /v1/models/{id}`: what recognises here and what backends have, in OpenAI's shape and a
//! little more.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::{Extension, Json};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Caller;
use crate::audio;
use crate::catalog::{Card, Languages, Life, Model, Phase, Verdict};
use crate::domain::Language;
use crate::gateway::RemoteModel;
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::{Running, Shared};

use super::catalog::{PriceObject, prices};

/// A list of models.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ModelList {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// The default model first.
    data: Vec<ModelObject>,
}

/// A model that answers requests.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Model)]
pub(in crate::http) struct ModelObject {
    /// The name under which requests ask for it.
    #[schema(example = "minuted-nano.en")]
    id: String,
    /// Always `model`.
    #[schema(example = "model")]
    object: &'static str,
    /// When this service began to serve it, in seconds since 1970.
    created: u64,
    /// Who serves it.
    #[schema(example = "minuted")]
    owned_by: &'static str,
    /// The first day on which it is gone, in UTC; null while no end has been announced.
    #[schema(required = true, example = "2027-03-01")]
    shutdown_date: Option<String>,
    /// What OpenAI's shape has no place for.
    minuted: Facts,
}

/// What to expect of a model.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum Facts {
    /// It recognises here.
    Local(ModelFacts),
    /// A backend has it.
    Remote(RemoteFacts),
}

/// What to expect of a model that a backend has.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RemoteFacts {
    /// What it can do: `text`, `vision`, `tools`, `embeddings`, `audio`, `rerank`, `moderation`, `images`, `speech`.
    capabilities: Vec<&'static str>,
}

/// What to expect of a model that recognises here.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ModelFacts {
    /// In a sentence.
    description: String,
    /// Who made it.
    #[schema(required = true, example = "OpenAI")]
    vendor: Option<String>,
    /// How many weights it has.
    #[schema(required = true)]
    parameters: Option<u64>,
    /// The most tokens that it reads and writes together.
    #[schema(required = true)]
    context_tokens: Option<u32>,
    /// SPDX expression of the licence of its weights.
    licence: String,
    /// Where the text of the licence is.
    #[schema(required = true)]
    licence_file: Option<String>,
    /// Other names that mean it.
    aliases: Vec<String>,
    /// ISO 639-1 codes of what it understands.
    languages: Vec<&'static str>,
    /// What it can be asked for, such as `transcription` or `chat`.
    capabilities: Vec<&'static str>,
    /// Where it computes.
    #[schema(required = true)]
    location: Option<String>,
    /// What the operator or the vendor stands in for.
    #[schema(required = true)]
    indemnification: Option<String>,
    /// What it costs, in the currency of the account.
    price: Vec<PriceObject>,
    /// `evaluation`, `production` or `deprecated`; null if nobody has said.
    #[schema(required = true, example = "production")]
    phase: Option<&'static str>,
    /// The first day of its production.
    #[schema(required = true)]
    production_date: Option<String>,
    /// The day on which its end was announced.
    #[schema(required = true)]
    deprecation_date: Option<String>,
    /// Whether it is supported for longer than others.
    lts: bool,
    /// The id of the model that takes its place.
    #[schema(required = true)]
    successor: Option<String>,
    /// The longest recording that it takes, in seconds.
    max_audio_seconds: f64,
    /// The largest request that it takes, in bytes.
    max_upload_bytes: u64,
}

/// List the models that the key may use. One that is retired is in no list.
#[utoipa::path(get, path = "/v1/models", tag = "Models", operation_id = "listModels",
    responses((status = 200, description = "The models served", body = ModelList)))]
pub(in crate::http) async fn list(
    State(running): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Json<ModelList> {
    let (cards, now) = (&running.service.cards, running.service.gate.now());
    let gone = |id: &str| cards.find(id).is_some_and(|card| card.life.phase(now) == Phase::Retired);
    let local = running.service.catalog.models().iter().map(|model| object(model, &running, &caller));
    let remote = running.service.gateway.models();
    let remote = remote.iter().filter(|model| running.service.catalog.resolve(&model.id).is_none());
    let all = local.chain(remote.map(|model| remote_object(model, &running)));
    Json(ModelList {
        object: "list",
        data: all.filter(|model| caller.may_use(&model.id) && !gone(&model.id)).collect(),
    })
}

/// Describe a model, by its name or an alias.
#[utoipa::path(get, path = "/v1/models/{*id}", tag = "Models", operation_id = "retrieveModel",
    params(("id" = String, Path, description = "Name or alias; it may hold slashes")),
    responses(
        (status = 200, description = "The model", body = ModelObject),
        (status = 404, description = "No such model", body = ErrorBody),
        (status = 410, description = "The model has ended", body = ErrorBody),
    ))]
pub(in crate::http) async fn retrieve(
    State(running): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ModelObject>, Error> {
    // A name that is not UTF-8 is told as it was sent.
    let id = id.map_or_else(|_| uri.path().replacen("/v1/models/", "", 1), |Path(id)| id);
    let service = &running.service;
    let local = service.catalog.resolve(&id);
    let found = local.map(|model| object(model, &running, &caller)).or_else(|| {
        let models = service.gateway.models();
        models.iter().find(|model| model.id == id).map(|model| remote_object(model, &running))
    });
    let found = found.filter(|model| caller.may_use(&model.id));
    // What is gone is told with its successor, whoever follows: this is a question, and no call.
    let name = found.as_ref().map_or(id.as_str(), |model| &model.id);
    if let Verdict::Gone(notice) = service.cards.admit(name, false, service.gate.now()) {
        return Err(Error::ModelRetired { model: notice.model, successor: notice.successor });
    }
    found.map(Json).ok_or_else(|| Error::ModelNotFound(id.chars().take(100).collect()))
}

fn object(model: &Model, running: &Running, caller: &Caller) -> ModelObject {
    let service = &running.service;
    let (card, now) = (service.cards.find(&model.id), service.gate.now());
    let sheet = service.desk.meter().sheet();
    let price = prices(sheet, &model.id, card, Some(caller.rights().currency), now);
    let life = card.map(|card| &card.life);
    let said = |field: fn(&Card) -> &Option<String>| card.and_then(|card| field(card).clone());
    let day = |field: fn(&Life) -> Option<Date>| life.and_then(field).map(|day| day.to_string());
    let audio::Settings { max_audio, max_upload_bytes, .. } = running.service.audio;
    ModelObject {
        id: model.id.clone(),
        object: "model",
        created: running.since,
        owned_by: "minuted",
        shutdown_date: day(|life| life.ends_on),
        minuted: Facts::Local(ModelFacts {
            description: model.description.clone(),
            vendor: card.map(|card| card.vendor.clone()),
            parameters: card.and_then(|card| card.parameters),
            context_tokens: card.and_then(|card| card.context_tokens),
            licence: card.map_or(&model.licence, |card| &card.licence).clone(),
            licence_file: said(|card| &card.licence_file),
            aliases: model.aliases.clone(),
            languages: languages(model.languages),
            capabilities: card.iter().flat_map(|card| &card.capabilities).map(|it| it.as_str()).collect(),
            location: said(|card| &card.location),
            indemnification: said(|card| &card.indemnification),
            price,
            phase: life.map(|life| life.phase(now).as_str()),
            production_date: day(|life| life.production_on),
            deprecation_date: day(|life| life.announced_on),
            lts: life.is_some_and(|life| life.lts),
            successor: card.and_then(|card| service.cards.successor(card, now)).map(|card| card.id.clone()),
            max_audio_seconds: max_audio.as_secs_f64(),
            max_upload_bytes,
        }),
    }
}

fn remote_object(model: &RemoteModel, running: &Running) -> ModelObject {
    let ends_on = running.service.cards.find(&model.id).and_then(|card| card.life.ends_on);
    let capabilities = model.capabilities.iter().map(|capability| capability.name()).collect();
    ModelObject {
        id: model.id.clone(),
        object: "model",
        created: running.since,
        owned_by: "minuted",
        shutdown_date: ends_on.map(|day| day.to_string()),
        minuted: Facts::Remote(RemoteFacts { capabilities }),
    }
}

fn languages(languages: Languages) -> Vec<&'static str> {
    match languages {
        Languages::English => vec![Language::ENGLISH.code()],
        Languages::Multilingual => (0..).map_while(Language::from_index).map(Language::code).collect(),
    }
}
