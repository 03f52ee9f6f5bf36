//! `GET /v1/models` and `GET /v1/models/{id}`: what recognises here and what backends have, in OpenAI's shape and a
//! little more.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{Extensions, Uri};
use axum::{Extension, Json};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Caller;
use crate::audio;
use crate::catalog::{Card, Life, Phase, Verdict};
use crate::domain::Timestamp;
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::{Running, Shared};
use crate::http::sunset;

use super::catalog::{self, Listed, PriceObject};

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
    minuted: ModelFacts,
}

/// What to expect of a model.
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
    #[schema(required = true)]
    licence: Option<String>,
    /// Where the text of the licence is.
    #[schema(required = true)]
    licence_file: Option<String>,
    /// Other names that mean it.
    aliases: Vec<String>,
    /// ISO 639-1 codes of what it understands.
    languages: Vec<String>,
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
    /// The longest recording that it takes, in seconds, if it takes any.
    #[schema(required = true)]
    max_audio_seconds: Option<f64>,
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
    let now = running.service.gate.now();
    let cards = running.service.cards.get();
    let models = catalog::all(&running, &cards, now).into_iter().filter(|model| caller.may_use(&model.id));
    Json(ModelList { object: "list", data: models.map(|model| object(model, &running, &caller, now)).collect() })
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
    extensions: Extensions,
    uri: Uri,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ModelObject>, Error> {
    // A name that is not UTF-8 is told as it was sent.
    let id = id.map_or_else(|_| uri.path().replacen("/v1/models/", "", 1), |Path(id)| id);
    let service = &running.service;
    let (now, id) = (service.gate.now(), running.id_of(&id));
    // What is gone is told with its successor, whoever follows: this is a question, and no call.
    let cards = service.cards.get();
    match cards.admit(&id, false, now, |name| running.served(name)) {
        Verdict::Serve(None) => {}
        Verdict::Serve(Some(notice)) | Verdict::Succeed { notice, .. } => sunset::leave(&extensions, &notice),
        Verdict::Gone(notice) => {
            sunset::leave(&extensions, &notice);
            return Err(Error::ModelRetired { model: notice.model, successor: notice.successor });
        }
    }
    let model = catalog::all(&running, &cards, now).into_iter().find(|model| model.id == id && caller.may_use(&id));
    let model = model.ok_or_else(|| Error::ModelNotFound(id.chars().take(100).collect()))?;
    Ok(Json(object(model, &running, &caller, now)))
}

fn object(model: Listed<'_>, running: &Running, caller: &Caller, now: Timestamp) -> ModelObject {
    let audio::Settings { max_audio, max_upload_bytes, .. } = running.service.audio;
    let price = model.prices(running, Some(caller.rights().currency), now);
    let life = model.card.map(|card| &card.life);
    let said = |field: fn(&Card) -> &Option<String>| model.card.and_then(|card| field(card).clone());
    let day = |field: fn(&Life) -> Option<Date>| life.and_then(field).map(|day| day.to_string());
    let takes_audio = model.is_local || model.capabilities.iter().any(|it| matches!(*it, "transcription" | "audio"));
    let max_body_bytes = if takes_audio { max_upload_bytes } else { running.service.gateway.max_body_bytes() };
    ModelObject {
        object: "model",
        created: running.since,
        owned_by: "minuted",
        shutdown_date: day(|life| life.ends_on),
        minuted: ModelFacts {
            vendor: model.card.map(|card| card.vendor.clone()),
            parameters: model.card.and_then(|card| card.parameters),
            context_tokens: model.card.and_then(|card| card.context_tokens),
            licence_file: said(|card| &card.licence_file),
            location: said(|card| &card.location),
            indemnification: said(|card| &card.indemnification),
            price,
            phase: model.phase.map(Phase::as_str),
            production_date: day(|life| life.production_on),
            deprecation_date: day(|life| life.announced_on),
            lts: life.is_some_and(|life| life.lts),
            max_audio_seconds: takes_audio.then(|| max_audio.as_secs_f64()),
            max_upload_bytes: max_body_bytes,
            description: model.description,
            licence: model.licence,
            aliases: model.aliases,
            languages: model.languages,
            capabilities: model.capabilities,
            successor: model.successor,
        },
        id: model.id,
    }
}
