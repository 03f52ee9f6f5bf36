//! `GET /v1/organization/costs`.

use axum::Json;
use axum::extract::{Request, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::question::{Kind, Question};
use crate::billing::organization::{CostsResult, Page};
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::Shared;

/// What a question about costs can say; for the document of the API, which [`Question`] reads by itself.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query to readers of the OpenAPI document")]
pub(in crate::http) struct CostsParameters {
    /// The first second that is asked for, since 1970; rounded down to a whole day.
    start_time: i64,
    /// The first second that is not; rounded up to a whole day. Now, if it is not given.
    end_time: Option<i64>,
    /// Always `1d`. Days begin in UTC.
    #[param(default = "1d")]
    bucket_width: Option<String>,
    /// Only these accounts.
    project_ids: Option<Vec<String>>,
    /// Only these keys.
    api_key_ids: Option<Vec<String>>,
    /// Only these line items, such as `minuted-nano.en, transcription`.
    line_items: Option<Vec<String>>,
    /// What is told apart: `project_id`, `line_item`, `api_key_id`.
    group_by: Option<Vec<String>>,
    /// Days in an answer: 7, and at most 180.
    limit: Option<i64>,
    /// The `next_page` of the answer before.
    page: Option<String>,
}

const COSTS: Kind = Kind {
    services: &[],
    widths: &[("1d", 86_400, 7, 180)],
    filters: &["project_ids", "api_key_ids", "line_items"],
    groups: &["project_id", "user_id", "line_item", "api_key_id", "api_source"],
};

/// Tell what everything cost.
#[utoipa::path(get, path = "/v1/organization/costs", tag = "Organization", operation_id = "usageCosts",
    params(CostsParameters),
    responses(
        (status = 200, description = "Costs by day", body = Page<CostsResult>),
        (status = 400, description = "A parameter cannot be used", body = ErrorBody),
    ))]
pub(in crate::http) async fn costs(
    State(running): State<Shared>,
    request: Request,
) -> Result<Json<Page<CostsResult>>, Error> {
    let question = Question::of(&COSTS, &running, &request.into_parts().0)?;
    Ok(Json(question.answer(&running, |sum| sum.into()).await?))
}
