//! `GET /docs`: the routes, described for people. One page that reads `/openapi.json` and nothing else.

use axum::http::HeaderName;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, Redirect};

/// The page may run its own script and style, and ask this service; nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page that shows this document.
#[utoipa::path(get, path = "/docs", tag = "Service", operation_id = "docs",
    responses((status = 200, description = "A page for people", body = String, content_type = "text/html")))]
pub(in crate::http) async fn show() -> ([(HeaderName, &'static str); 1], Html<&'static str>) {
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("docs.html")))
}

/// To the page, from where people look for it.
pub(in crate::http) async fn redirect() -> Redirect {
    Redirect::temporary("/docs")
}
