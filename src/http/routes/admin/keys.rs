//! `/admin/v1/accounts/{account}/keys`: what programs show to be let in.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::Uri;
use serde::Deserialize;
use utoipa::ToSchema;

use super::accounts::account_id;
use super::body::read;
use super::names::Names;
use super::page::{Page, PageQuery};
use crate::accounts::{KeyObject, NewKey, OVERLAP, RegistryError, Scopes, WrittenLimits};
use crate::domain::KeyId;
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::Shared;

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CreateKey {
    /// What people call it.
    name: String,
    /// What it may be used for: `transcribe`, `translate`, `chat`, `embeddings`, `files`, `batches`, `usage`, `admin`;
    /// all but `admin` if it is missing.
    scopes: Option<Vec<String>>,
    /// The models that it may ask for, each by its id or an alias; all if it is missing.
    models: Option<BTreeSet<String>>,
    /// Its own limits, beside those of its account.
    #[serde(default)]
    limits: WrittenLimits,
    /// How long it works; until it is revoked if it is missing.
    expires_in_seconds: Option<u64>,
}

/// How a key is replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct RotateKey {
    /// How long the old key goes on working; a day if it is missing.
    overlap_seconds: Option<u64>,
}

/// Make a key. Its value is in this answer and never again.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/keys", tag = "Admin", operation_id = "createKey",
    params(("account" = String, Path, description = "The account's id")), request_body = CreateKey,
    responses(
        (status = 200, description = "The key, with its value", body = KeyObject),
        (status = 400, description = "It cannot be made like that", body = ErrorBody),
        (status = 404, description = "No such account", body = ErrorBody),
    ))]
pub(in crate::http) async fn create(
    State(running): State<Shared>,
    Names(account): Names<String>,
    request: Request,
) -> Result<Json<KeyObject>, Error> {
    let account = account_id(&account)?;
    let CreateKey { name, scopes, models, limits, expires_in_seconds } =
        read(request, &running.service.settings).await?;
    let scopes = match scopes {
        None => Scopes::ordinary(),
        Some(names) => {
            names.join(",").parse().map_err(|error| Error::InvalidValue { param: "scopes", why: format!("{error}") })?
        }
    };
    let models = models.map(|models| running.names().ids(models)).transpose();
    let models = models.map_err(|error| Error::InvalidValue { param: "models", why: error.to_string() })?;
    let limits = limits.try_into().map_err(RegistryError::from)?;
    let lifetime = expires_in_seconds.map(Duration::from_secs);
    let registry = &running.service.registry;
    let issued = registry.issue(&account, NewKey { name, scopes, models, limits, lifetime }).await?;
    running.service.gate.forget();
    Ok(Json(KeyObject::issued(issued, registry.now())))
}

/// List an account's keys, oldest first, without their secrets.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/keys", tag = "Admin", operation_id = "listKeys",
    params(("account" = String, Path, description = "The account's id"), PageQuery),
    responses(
        (status = 200, description = "A page of keys", body = Page<KeyObject>),
        (status = 400, description = "There is no such page", body = ErrorBody),
        (status = 404, description = "No such account", body = ErrorBody),
    ))]
pub(in crate::http) async fn list(
    State(running): State<Shared>,
    Names(account): Names<String>,
    uri: Uri,
) -> Result<Json<Page<KeyObject>>, Error> {
    let query = PageQuery::read(&uri)?;
    let registry = &running.service.registry;
    let keys = registry.keys(&account_id(&account)?, query.after()?.as_ref(), query.limit_and_one()).await?;
    let now = registry.now();
    Ok(Json(query.page(keys.into_iter().map(|key| KeyObject::of(key, now)).collect(), |key| key.id.clone())))
}

/// Revoke a key. It works nowhere any more within two seconds.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/keys/{key}", tag = "Admin", operation_id = "revokeKey",
    params(("account" = String, Path, description = "The account's id"), ("key" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The key, revoked", body = KeyObject),
        (status = 404, description = "No such key in this account", body = ErrorBody),
    ))]
pub(in crate::http) async fn revoke(
    State(running): State<Shared>,
    Names((account, key)): Names<(String, String)>,
) -> Result<Json<KeyObject>, Error> {
    let registry = &running.service.registry;
    let key = registry.revoke(&account_id(&account)?, &key_id(&key)?).await?;
    running.service.gate.forget();
    Ok(Json(KeyObject::of(key, registry.now())))
}

/// Replace a key by a new one that may do the same; both work for a while. The new value is in this answer and never
/// again.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/keys/{key}/rotate", tag = "Admin", operation_id = "rotateKey",
    params(("account" = String, Path, description = "The account's id"), ("key" = String, Path, description = "Its id")),
    request_body = RotateKey,
    responses(
        (status = 200, description = "The new key, with its value", body = KeyObject),
        (status = 400, description = "The key works no more, or has been replaced already", body = ErrorBody),
        (status = 404, description = "No such key in this account", body = ErrorBody),
    ))]
pub(in crate::http) async fn rotate(
    State(running): State<Shared>,
    Names((account, key)): Names<(String, String)>,
    request: Request,
) -> Result<Json<KeyObject>, Error> {
    let (account, key) = (account_id(&account)?, key_id(&key)?);
    let RotateKey { overlap_seconds } = read(request, &running.service.settings).await?;
    let overlap = overlap_seconds.map_or(OVERLAP, Duration::from_secs);
    let registry = &running.service.registry;
    let issued = registry.rotate(&account, &key, overlap).await?;
    running.service.gate.forget();
    Ok(Json(KeyObject::issued(issued, registry.now())))
}

fn key_id(text: &str) -> Result<KeyId, Error> {
    text.parse().map_err(|_| Error::NotFound(format!("key `{text:.100}`")))
}
