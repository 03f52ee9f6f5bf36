//! `/admin/v1/deprecated-calls`: who still calls a model whose end has been announced.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::catalog::CallsObject;
use crate::domain::AccountId;
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::Shared;

/// What is shown at most.
const LIMIT: u32 = 1000;

/// Which part of the list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct CallsQuery {
    /// Only calls of the model with this id.
    model: Option<String>,
    /// The model of the last row of the page before; it comes with `after_account`.
    after_model: Option<String>,
    /// The account of that row.
    #[param(value_type = Option<String>)]
    after_account: Option<String>,
}

/// Calls of models that are deprecated or retired.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CallsList {
    /// Always `list`.
    #[schema(example = "list")]
    object: &'static str,
    /// In order of model and account; what is counted is there within five seconds.
    data: Vec<CallsObject>,
    /// Whether more come after the last one.
    has_more: bool,
}

/// List who still calls models that end.
#[utoipa::path(get, path = "/admin/v1/deprecated-calls", tag = "Admin", operation_id = "listDeprecatedCalls",
    params(CallsQuery),
    responses(
        (status = 200, description = "A row for each model and account", body = CallsList),
        (status = 400, description = "There is no such part", body = ErrorBody),
    ))]
pub(in crate::http) async fn list(State(running): State<Shared>, uri: Uri) -> Result<Json<CallsList>, Error> {
    let wrong = |param, why: String| Error::InvalidValue { param, why };
    let Query(CallsQuery { model, after_model, after_account }) =
        Query::try_from_uri(&uri).map_err(|error| wrong("query", error.body_text()))?;
    let id = |text: String| text.parse().map_err(|error| wrong("after_account", format!("{error}")));
    let after: Option<(String, AccountId)> = match (after_model, after_account) {
        (Some(model), Some(account)) => Some((model, id(account)?)),
        (None, None) => None,
        (Some(_), None) => return Err(wrong("after_model", "it comes with after_account".to_owned())),
        (None, Some(_)) => return Err(wrong("after_account", "it comes with after_model".to_owned())),
    };
    let after = after.as_ref().map(|(model, account)| (model.as_str(), account));
    let calls = running.service.calls.store().calls(model.as_deref(), after, LIMIT + 1).await?;
    let has_more = calls.len() > LIMIT as usize;
    let data = calls.iter().take(LIMIT as usize).map(CallsObject::from).collect();
    Ok(Json(CallsList { object: "list", data, has_more }))
}
