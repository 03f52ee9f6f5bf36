//! `GET /v1/models` and `GET /v1/models/{id}`: what recognises here and what backends have, in OpenAI's shape and a
//! little more.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::Caller;
use crate::audio;
use crate::catalog::{Languages, Model};
use crate::domain::Language;
use crate::gateway::RemoteModel;
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::{Running, Shared};

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
    /// Always null: no end is planned.
    #[schema(required = true, value_type = Option<String>)]
    shutdown_date: (),
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
    /// SPDX expression of the licence of its weights.
    licence: String,
    /// Other names that mean it.
    aliases: Vec<String>,
    /// ISO 639-1 codes of what it understands.
    languages: Vec<&'static str>,
    /// The longest recording that it takes, in seconds.
    max_audio_seconds: f64,
    /// The largest request that it takes, in bytes.
    max_upload_bytes: u64,
}

/// List the models that the key may use.
#[utoipa::path(get, path = "/v1/models", tag = "Models", operation_id = "listModels",
    responses((status = 200, description = "The models served", body = ModelList)))]
pub(in crate::http) async fn list(
    State(running): State<Shared>,
    Extension(caller): Extension<Caller>,
) -> Json<ModelList> {
    let local = running.service.catalog.models().iter().map(|model| object(model, &running));
    let remote = running.service.gateway.models();
    let remote = remote.iter().filter(|model| running.service.catalog.resolve(&model.id).is_none());
    let all = local.chain(remote.map(|model| remote_object(model, running.since)));
    Json(ModelList { object: "list", data: all.filter(|model| caller.may_use(&model.id)).collect() })
}

/// Describe a model, by its name or an alias.
#[utoipa::path(get, path = "/v1/models/{*id}", tag = "Models", operation_id = "retrieveModel",
    params(("id" = String, Path, description = "Name or alias; it may hold slashes")),
    responses(
        (status = 200, description = "The model", body = ModelObject),
        (status = 404, description = "No such model", body = ErrorBody),
    ))]
pub(in crate::http) async fn retrieve(
    State(running): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ModelObject>, Error> {
    // A name that is not UTF-8 is told as it was sent.
    let id = id.map_or_else(|_| uri.path().replacen("/v1/models/", "", 1), |Path(id)| id);
    let local = running.service.catalog.resolve(&id).map(|model| object(model, &running));
    let remote = || {
        let models = running.service.gateway.models();
        models.iter().find(|model| model.id == id).map(|model| remote_object(model, running.since))
    };
    let model = local.or_else(remote).filter(|model| caller.may_use(&model.id));
    model.map(Json).ok_or_else(|| Error::ModelNotFound(id.chars().take(100).collect()))
}

fn object(model: &Model, running: &Running) -> ModelObject {
    let audio::Settings { max_audio, max_upload_bytes, .. } = running.service.audio;
    ModelObject {
        id: model.id.clone(),
        object: "model",
        created: running.since,
        owned_by: "minuted",
        shutdown_date: (),
        minuted: Facts::Local(ModelFacts {
            description: model.description.clone(),
            licence: model.licence.clone(),
            aliases: model.aliases.clone(),
            languages: languages(model.languages),
            max_audio_seconds: max_audio.as_secs_f64(),
            max_upload_bytes,
        }),
    }
}

fn remote_object(model: &RemoteModel, since: u64) -> ModelObject {
    let capabilities = model.capabilities.iter().map(|capability| capability.name()).collect();
    ModelObject {
        id: model.id.clone(),
        object: "model",
        created: since,
        owned_by: "minuted",
        shutdown_date: (),
        minuted: Facts::Remote(RemoteFacts { capabilities }),
    }
}

fn languages(languages: Languages) -> Vec<&'static str> {
    match languages {
        Languages::English => vec![Language::ENGLISH.code()],
        Languages::Multilingual => (0..).map_while(Language::from_index).map(Language::code).collect(),
    }
}
