//! Every route, registered once: the router and the OpenAPI document come from the same list.

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::charge::DryRun;
use super::service::Shared;
use super::stream::StreamEvent;
use super::{Error, ErrorBody, middleware, routes as at};
use crate::transcript::render::{Json, VerboseJson};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "minuted",
        description = "Recordings become text. The audio and model routes are those of the OpenAI API: its SDKs work with \
                       this address as their base URL."
    ),
    components(schemas(Json, VerboseJson, StreamEvent, DryRun, ErrorBody)),
    tags(
        (name = "Audio", description = "Transcription and translation"),
        (name = "Models", description = "What recognises"),
        (name = "Organization", description = "Usage and costs"),
        (name = "Admin", description = "What only the operator may see"),
        (name = "Service", description = "Health, metrics and this document"),
    )
)]
struct Api;

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(at::transcriptions::create))
        .routes(routes!(at::translations::create))
        .routes(routes!(at::models::list))
        .routes(routes!(at::models::retrieve))
        .routes(routes!(at::organization::usage::audio_transcriptions))
        .routes(routes!(at::organization::usage::completions))
        .routes(routes!(at::organization::usage::embeddings))
        .routes(routes!(at::organization::costs::costs))
        .routes(routes!(at::admin::exports::download))
        .routes(routes!(at::health::alive))
        .routes(routes!(at::health::ready))
        .routes(routes!(at::metrics::show))
        .routes(routes!(at::openapi::show))
        .routes(routes!(at::docs::show))
}

/// The OpenAPI document of the routes.
#[must_use]
pub fn openapi() -> openapi::OpenApi {
    let mut document = routes().into_openapi();
    // OpenAPI has no word for a parameter that may hold slashes.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    document
}

/// The service as one function from request to answer.
pub(super) fn router(running: Shared) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .route("/", get(at::docs::redirect)) // what a person types; a program has no use for it
        .route("/docs/", get(at::docs::redirect))
        .fallback(unknown_url)
        .method_not_allowed_fallback(method_not_supported)
        // From the inside out: each layer sees the answers of those before it.
        .layer(from_fn_with_state(running.clone(), middleware::stop::answer_when_overdue)) // late requests get a 503
        .layer(from_fn(middleware::hang_up::hang_up_if_unread)) // an answer before the end of the body says so
        .layer(middleware::panic::layer()) // a panic is a 500, and the connection lives on
        .layer(from_fn(middleware::measure::measure)) // counts and times every answer
        .layer(from_fn(middleware::trace::trace)) // one line in the log for each request
        .layer(from_fn(middleware::request_id::identify)) // every answer has a name
        .with_state(running)
}

async fn unknown_url(method: Method, uri: Uri) -> Error {
    Error::UnknownUrl(format!("{method} {:.200}", uri.path()))
}

async fn method_not_supported(method: Method) -> Error {
    Error::MethodNotSupported(method.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_openapi_document_is_what_it_was() {
        let mut document = super::openapi();
        document.info.version = "any".to_owned();
        insta::assert_json_snapshot!(document);
    }
}
