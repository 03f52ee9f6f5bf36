//! `GET /api/platform-status`: the whole or a model, in short.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::told;
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::Shared;
use crate::status::Page;
use crate::status::dialects::platform::{OfModel, Whole};

/// Of what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct About {
    /// A model's name or alias. The answer is then a `PlatformModelStatus`.
    model: Option<String>,
}

/// How the service is doing, or one of its models.
#[utoipa::path(get, path = "/api/platform-status", tag = "Status", operation_id = "platformStatus", params(About),
    responses(
        (status = 200, description = "The whole; with `model`, a `PlatformModelStatus`", body = inline(Answer)),
        (status = 400, description = "The query cannot be read", body = ErrorBody),
        (status = 404, description = "No such model", body = ErrorBody),
    ))]
pub(in crate::http) async fn show(
    State(running): State<Shared>,
    about: Result<Query<About>, QueryRejection>,
) -> Result<Response, Error> {
    let wrong = |error: QueryRejection| Error::InvalidValue { param: "model", why: error.body_text() };
    let page = match about.map_err(wrong)?.0.model {
        Some(model) => Page::PlatformOf(running.id_of(&model)),
        None => Page::Platform,
    };
    told(&running, &page, "application/json")
}

/// Either of them, for the document.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the document alone needs it")]
enum Answer {
    Whole(Whole),
    Model(OfModel),
}
