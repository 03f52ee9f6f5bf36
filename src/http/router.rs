//! Every route, registered once: the router and the OpenAPI document come from the same list.

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use utoipa::OpenApi;
use utoipa::openapi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::access;
use super::charge::DryRun;
use super::middleware::measure::known;
use super::service::Shared;
use super::stream::StreamEvent;
use super::{Error, ErrorBody, middleware, routes as at};
use crate::accounts::Scope;
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
        (name = "Models of backends", description = "Text, vectors, pictures and speech: passed on to the backends that compute them"),
        (name = "Models", description = "What can be asked for"),
        (name = "Organization", description = "Usage and costs"),
        (name = "Admin", description = "Accounts, keys, plans and exports: what only the operator may see"),
        (name = "Status", description = "How the models are doing, for whoever asks"),
        (name = "Service", description = "Health, metrics and this document"),
    )
)]
struct Api;

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(at::transcriptions::create))
        .routes(routes!(at::translations::create))
        .routes(routes!(at::passed_on::chat))
        .routes(routes!(at::passed_on::completions))
        .routes(routes!(at::passed_on::responses))
        .routes(routes!(at::passed_on::embeddings))
        .routes(routes!(at::passed_on::rerank))
        .routes(routes!(at::passed_on::rerank_v2))
        .routes(routes!(at::passed_on::moderations))
        .routes(routes!(at::passed_on::images))
        .routes(routes!(at::passed_on::speech))
        .routes(routes!(at::models::list))
        .routes(routes!(at::models::retrieve))
        .routes(routes!(at::catalog::show))
        .routes(routes!(at::admin::plans::list))
        .routes(routes!(at::admin::accounts::list, at::admin::accounts::create))
        .routes(routes!(at::admin::accounts::retrieve, at::admin::accounts::change))
        .routes(routes!(at::admin::keys::list, at::admin::keys::create))
        .routes(routes!(at::admin::keys::revoke))
        .routes(routes!(at::admin::keys::rotate))
        .routes(routes!(at::admin::calls::list))
        .routes(routes!(at::organization::usage::audio_transcriptions))
        .routes(routes!(at::organization::usage::completions))
        .routes(routes!(at::organization::usage::embeddings))
        .routes(routes!(at::organization::costs::costs))
        .routes(routes!(at::admin::exports::download))
        .routes(routes!(at::admin::status::list))
        .routes(routes!(at::admin::status::open))
        .routes(routes!(at::admin::status::plan))
        .routes(routes!(at::admin::status::update))
        .routes(routes!(at::status::page::show))
        .routes(routes!(at::status::page::feed))
        .routes(routes!(at::status::page::badge))
        .routes(routes!(at::status::platform::show))
        .routes(routes!(at::status::feeds::summary))
        .routes(routes!(at::status::feeds::status))
        .routes(routes!(at::status::feeds::components))
        .routes(routes!(at::status::feeds::incidents))
        .routes(routes!(at::status::feeds::unresolved))
        .routes(routes!(at::status::feeds::maintenances))
        .routes(routes!(at::status::feeds::upcoming))
        .routes(routes!(at::status::feeds::active))
        .routes(routes!(at::health::alive))
        .routes(routes!(at::health::ready))
        .routes(routes!(at::metrics::show))
        .routes(routes!(at::openapi::show))
        .routes(routes!(at::docs::show))
}

/// What a person types; a program has no use for it, and the document does not show it.
const EXTRA: [&str; 2] = ["/", "/docs/"];

/// The name of the one way to say who one is.
const BEARER: &str = "api_key";

/// The OpenAPI document of the routes.
#[must_use]
pub fn openapi() -> openapi::OpenApi {
    let mut document = routes().into_openapi();
    let scheme = Http::builder().scheme(HttpAuthScheme::Bearer).description(Some("`mnt_…`")).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let access = access::of(&method, path).unwrap_or(access::Access::Key);
            operation.security = Some(security(access));
            let responses = &mut operation.responses.responses;
            if access != access::Access::Free && !responses.contains_key("4XX") {
                for (status, response) in at::answers::at_the_door() {
                    responses.entry(status).or_insert(response);
                }
            }
        }
    }
    // OpenAPI has no word for a parameter that may hold slashes.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    document
}

/// What a route asks, in OpenAPI's words.
fn security(access: access::Access) -> Vec<SecurityRequirement> {
    match access {
        access::Access::Free => Vec::new(),
        other => vec![SecurityRequirement::new(BEARER, other.scope().map(Scope::name))],
    }
}

/// What can be done at a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Every method and path that is served, as they are registered.
pub(super) fn registered() -> Vec<(Method, String)> {
    let mut document = routes().into_openapi();
    let documented = document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let path = path.clone();
        operations(item).map(move |(method, _)| (method, path.clone())).collect::<Vec<_>>()
    });
    documented.chain(EXTRA.map(|path| (Method::GET, path.to_owned()))).collect()
}

/// The service as one function from request to answer.
///
/// # Panics
/// If a route has no line in [`access`]: nothing must be served of which nobody has said who may have it.
pub(super) fn router(running: Shared) -> Router {
    for (method, path) in registered() {
        assert!(access::of(&method, &path).is_some(), "{method} {path} has no line in the table of access");
    }
    let (router, _) = routes().split_for_parts();
    let page: MethodRouter<Shared> = get(at::docs::redirect);
    EXTRA
        .iter()
        .fold(router, |router, path| router.route(path, page.clone()))
        .fallback(unknown_url)
        .method_not_allowed_fallback(method_not_supported)
        .layer(from_fn_with_state(running.clone(), middleware::pass))
        .with_state(running)
}

async fn unknown_url(method: Method, uri: Uri) -> Error {
    Error::unknown_url(&method, &uri)
}

async fn method_not_supported(method: Method) -> Error {
    Error::MethodNotSupported(known(&method).to_owned())
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
