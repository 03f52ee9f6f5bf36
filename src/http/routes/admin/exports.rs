//! `GET /admin/v1/exports`: charges as a file, sent as it is written; and, asked for apart, the trailer that says whether
//! what arrived is whole. Trailing headers would be lost in most proxies and clients.

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::billing::Period;
use crate::billing::export::{Export, Format, Selection, Trailer};
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::Shared;

/// What is exported, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Parameters {
    /// `csv`, `jsonl`, `focus` or `openai`.
    #[param(required = true)]
    #[serde(default)]
    format: String,
    /// From when, inclusive: a month, a day or a moment, in UTC.
    #[param(required = true, example = "2026-10")]
    #[serde(default)]
    from: String,
    /// To when, exclusive.
    #[param(required = true, example = "2026-11")]
    #[serde(default)]
    to: String,
    /// Only this account.
    account: Option<String>,
    /// With `true` the answer is not the file, but its trailer: rows, sums and SHA-256.
    #[serde(default)]
    trailer: bool,
}

/// Download charges.
#[utoipa::path(get, path = "/admin/v1/exports", tag = "Admin", operation_id = "downloadExport", params(Parameters),
    responses(
        (status = 200, description = "The file, or its trailer", content(
            (String = "text/csv"), (String = "application/jsonl"), (Trailer = "application/json"),
        )),
        (status = 400, description = "A parameter cannot be used", body = ErrorBody),
    ))]
pub(in crate::http) async fn download(State(running): State<Shared>, request: Request) -> Result<Response, Error> {
    let Parameters { format, from, to, account, trailer } = parameters(request.uri())?;
    let format: Format = required("format", &format)?.parse().map_err(|why| invalid("format", &why))?;
    let (from, to) = (required("from", &from)?, required("to", &to)?);
    let period = Period::between(from, to).map_err(|why| invalid("from", &why))?;
    let account = account.map(|id| id.parse()).transpose().map_err(|why| invalid("account", &why))?;
    let service = &running.service;
    let selection = Selection { account, period };
    let mut export = Export::begin(service.ledger.clone(), selection, format, &service.provider).await?;
    if trailer {
        while export.next().await?.is_some() {}
        return Ok(Json(export.trailer()).into_response());
    }
    let pieces = stream::try_unfold(export, async |mut export| match export.next().await {
        Ok(piece) => Ok(piece.map(|piece| (piece, export))),
        Err(error) => {
            tracing::error!(%error, "an export broke off");
            Err(error)
        }
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let ending = match format {
        Format::Csv | Format::Focus => "csv",
        Format::Jsonl => "jsonl",
        Format::OpenAi => "json",
    };
    let name = format!("attachment; filename=\"minuted-{format}.{ending}\"");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.extend(HeaderValue::from_str(&name).ok().map(|name| (CONTENT_DISPOSITION, name)));
    Ok(response)
}

fn parameters(uri: &Uri) -> Result<Parameters, Error> {
    let parameters = Query::<Parameters>::try_from_uri(uri);
    parameters.map(|Query(parameters)| parameters).map_err(|rejection| invalid("query", &rejection.body_text()))
}

fn required<'a>(name: &'static str, value: &'a str) -> Result<&'a str, Error> {
    if value.is_empty() { Err(Error::MissingParameter(name)) } else { Ok(value) }
}

fn invalid(param: &'static str, why: &dyn std::fmt::Display) -> Error {
    Error::InvalidValue { param, why: why.to_string() }
}
