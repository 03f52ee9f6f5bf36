//! `/admin/v1/plans`: what accounts can be on. They stand in a file, and are read when the service starts.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::PlanObject;
use crate::http::service::Shared;

/// All plans.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct PlanList {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// In the order of the file.
    data: Vec<PlanObject>,
}

/// List the plans.
#[utoipa::path(get, path = "/admin/v1/plans", tag = "Admin", operation_id = "listPlans",
    responses((status = 200, description = "The plans", body = PlanList)))]
pub(in crate::http) async fn list(State(running): State<Shared>) -> Json<PlanList> {
    Json(PlanList { object: "list", data: running.service.registry.plans().iter().map(PlanObject::from).collect() })
}
