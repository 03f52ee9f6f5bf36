//! `/admin/v1/status/…`: notices of incidents and maintenance, written by those who run the service.

use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::read;
use super::names::Names;
use crate::domain::Timestamp;
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::{Running, Shared};
use crate::status::{Impact, NewIncident, NewMaintenance, NewUpdate, Notice, NoticeObject, Stage, StatusError};

/// The most notices that are listed, of those that are over.
const LISTED: u32 = 1000;

/// An incident to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct OpenIncident {
    /// In a few words.
    name: String,
    /// The models that it is about, by their ids or aliases; none: all.
    #[serde(default)]
    models: Vec<String>,
    /// How bad it is; `minor` if it is missing.
    impact: Option<Impact>,
    /// For people.
    body: String,
}

/// A maintenance to be announced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct PlanMaintenance {
    /// In a few words.
    name: String,
    /// The models that it is about, by their ids or aliases; none: all.
    #[serde(default)]
    models: Vec<String>,
    /// From when, as in `2026-12-01T02:00:00Z`.
    #[schema(value_type = String, example = "2026-12-01T02:00:00Z")]
    from: Timestamp,
    /// To when.
    #[schema(value_type = String, example = "2026-12-01T04:00:00Z")]
    until: Timestamp,
    /// For people.
    body: String,
}

/// Something to be said about a notice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct UpdateNotice {
    /// How far it is now; as far as it was if it is missing.
    stage: Option<Stage>,
    /// How bad it is now; as bad as it was if it is missing.
    impact: Option<Impact>,
    /// For people.
    body: String,
}

/// Notices, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct NoticeList {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// The notices.
    data: Vec<NoticeObject>,
}

/// List all incidents and maintenances, the newest first.
#[utoipa::path(get, path = "/admin/v1/status/notices", tag = "Admin", operation_id = "listNotices",
    responses((status = 200, description = "The notices", body = NoticeList)))]
pub(in crate::http) async fn list(State(running): State<Shared>) -> Result<Json<NoticeList>, Error> {
    let notices = running.service.status.operator().notices(LISTED).await?;
    Ok(Json(NoticeList { object: "list", data: notices.iter().map(NoticeObject::from).collect() }))
}

/// Open an incident.
#[utoipa::path(post, path = "/admin/v1/status/incidents", tag = "Admin", operation_id = "openIncident",
    request_body = OpenIncident,
    responses(
        (status = 200, description = "The incident", body = NoticeObject),
        (status = 400, description = "It cannot be opened like that", body = ErrorBody),
    ))]
pub(in crate::http) async fn open(
    State(running): State<Shared>,
    request: Request,
) -> Result<Json<NoticeObject>, Error> {
    let OpenIncident { name, models, impact, body } = read(request, &running.service.settings).await?;
    let models = ids(&running, models)?;
    let wish = NewIncident { name, models, impact: impact.unwrap_or(Impact::Minor), body };
    written(&running, running.service.status.operator().open(wish).await)
}

/// Announce a maintenance.
#[utoipa::path(post, path = "/admin/v1/status/maintenances", tag = "Admin", operation_id = "planMaintenance",
    request_body = PlanMaintenance,
    responses(
        (status = 200, description = "The maintenance", body = NoticeObject),
        (status = 400, description = "It cannot be announced like that", body = ErrorBody),
    ))]
pub(in crate::http) async fn plan(
    State(running): State<Shared>,
    request: Request,
) -> Result<Json<NoticeObject>, Error> {
    let PlanMaintenance { name, models, from, until, body } = read(request, &running.service.settings).await?;
    let models = ids(&running, models)?;
    let wish = NewMaintenance { name, models, from, until, body };
    written(&running, running.service.status.operator().plan(wish).await)
}

/// Say something about an incident or a maintenance, and move it on.
#[utoipa::path(post, path = "/admin/v1/status/notices/{notice}/updates", tag = "Admin", operation_id = "updateNotice",
    params(("notice" = String, Path, description = "Its id")), request_body = UpdateNotice,
    responses(
        (status = 200, description = "The notice, as it is now", body = NoticeObject),
        (status = 400, description = "It cannot be like that", body = ErrorBody),
        (status = 404, description = "No such notice", body = ErrorBody),
    ))]
pub(in crate::http) async fn update(
    State(running): State<Shared>,
    Names(notice): Names<String>,
    request: Request,
) -> Result<Json<NoticeObject>, Error> {
    let UpdateNotice { stage, impact, body } = read(request, &running.service.settings).await?;
    let wish = NewUpdate { stage, impact, body };
    written(&running, running.service.status.operator().update(&notice, wish).await)
}

/// The ids that these names of models mean: a notice concerns no others.
fn ids(running: &Running, names: Vec<String>) -> Result<Vec<String>, Error> {
    let ids =
        running.names().ids(names).map_err(|error| Error::InvalidValue { param: "models", why: error.to_string() })?;
    Ok(ids.into_iter().collect())
}

/// What was written is told to everybody at once.
fn written(running: &Running, notice: Result<Notice, StatusError>) -> Result<Json<NoticeObject>, Error> {
    let notice = notice?;
    running.service.status.hurry();
    Ok(Json(NoticeObject::from(&notice)))
}
