//! `GET /openapi.json`: the routes, described for programs.

use axum::Json;

use crate::http::router;

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "Service", operation_id = "openapi",
    responses((status = 200, description = "The OpenAPI document", content_type = "application/json")))]
pub(in crate::http) async fn show() -> Json<utoipa::openapi::OpenApi> {
    Json(router::openapi())
}
