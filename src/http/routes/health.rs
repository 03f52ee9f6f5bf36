//! `GET /healthz` and `GET /readyz`: is the process alive, and should it get requests?

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::service::Shared;

/// How the service is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Health {
    /// `ok`, or `ready`; `stopping` or `stuck` if no requests should come.
    #[schema(example = "ready")]
    status: &'static str,
}

/// Is the process alive?
#[utoipa::path(get, path = "/healthz", tag = "Service", operation_id = "alive",
    responses((status = 200, description = "It is alive", body = Health)))]
pub(in crate::http) async fn alive() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Should requests be sent here? The model is loaded before the service listens.
#[utoipa::path(get, path = "/readyz", tag = "Service", operation_id = "ready",
    responses(
        (status = 200, description = "The model is loaded and its queue moves", body = Health),
        (status = 503, description = "It is stopping, or its queue is stuck", body = Health),
    ))]
pub(in crate::http) async fn ready(State(running): State<Shared>) -> (StatusCode, Json<Health>) {
    let (code, status) = if running.stopping.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if !running.service.transcriber.health().moving {
        (StatusCode::SERVICE_UNAVAILABLE, "stuck")
    } else {
        (StatusCode::OK, "ready")
    };
    (code, Json(Health { status }))
}
