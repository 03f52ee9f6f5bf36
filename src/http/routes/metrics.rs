//! `GET /metrics`: what the process has counted, for Prometheus.

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;

use crate::http::service::Shared;

/// Metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "Service", operation_id = "metrics",
    responses((status = 200, description = "All metrics, described", body = String, content_type = "text/plain")))]
pub(in crate::http) async fn show(State(running): State<Shared>) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], running.service.metrics.render())
}
