//! `/admin/v1/accounts`: who is billed.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::Uri;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{present, read};
use super::names::Names;
use super::page::{Page, PageQuery};
use crate::accounts::{AccountChange, AccountObject, Limits, NewAccount, RegistryError, WrittenLimits};
use crate::domain::{AccountId, Currency};
use crate::http::Error;
use crate::http::error::ErrorBody;
use crate::http::service::Shared;

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct CreateAccount {
    /// What people call it; no other account has the name.
    name: String,
    /// What it pays in, for good; `EUR` if it is missing.
    currency: Option<String>,
    /// The name of a plan.
    plan: Option<String>,
    /// Its own limits.
    #[serde(default)]
    limits: WrittenLimits,
}

/// What is to be otherwise with an account; what is missing stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "to leave the plan alone and to take it away are two things")]
pub(in crate::http) struct ChangeAccount {
    /// Another name.
    name: Option<String>,
    /// Another plan, or null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    plan: Option<Option<String>>,
    /// Other limits, in place of all that it has of its own.
    limits: Option<WrittenLimits>,
    /// True: its keys rest until it is false again.
    suspended: Option<bool>,
    /// True: a request for a model that is retired is answered by its successor, at the successor's price.
    follows_successors: Option<bool>,
}

/// Make an account.
#[utoipa::path(post, path = "/admin/v1/accounts", tag = "Admin", operation_id = "createAccount",
    request_body = CreateAccount,
    responses(
        (status = 200, description = "The account", body = AccountObject),
        (status = 400, description = "It cannot be made like that", body = ErrorBody),
    ))]
pub(in crate::http) async fn create(
    State(running): State<Shared>,
    request: Request,
) -> Result<Json<AccountObject>, Error> {
    let wish: CreateAccount = read(request, &running.service.settings).await?;
    let currency = match wish.currency {
        None => Currency::EUR,
        Some(code) => {
            code.parse().map_err(|error| Error::InvalidValue { param: "currency", why: format!("{error}") })?
        }
    };
    let limits = wish.limits.try_into().map_err(RegistryError::from)?;
    let registry = &running.service.registry;
    let account = registry.open_account(NewAccount { name: wish.name, currency, plan: wish.plan, limits }).await?;
    Ok(Json(AccountObject::of(account, registry)))
}

/// List the accounts, in the order in which they were made.
#[utoipa::path(get, path = "/admin/v1/accounts", tag = "Admin", operation_id = "listAccounts",
    params(PageQuery), responses((status = 200, description = "A page of accounts", body = Page<AccountObject>)))]
pub(in crate::http) async fn list(State(running): State<Shared>, uri: Uri) -> Result<Json<Page<AccountObject>>, Error> {
    let query = PageQuery::read(&uri)?;
    let registry = &running.service.registry;
    let accounts = registry.accounts(query.after()?.as_ref(), query.limit_and_one()).await?;
    let accounts = accounts.into_iter().map(|account| AccountObject::of(account, registry)).collect();
    Ok(Json(query.page(accounts, |account| account.id.clone())))
}

/// Describe an account.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}", tag = "Admin", operation_id = "retrieveAccount",
    params(("account" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The account", body = AccountObject),
        (status = 404, description = "No such account", body = ErrorBody),
    ))]
pub(in crate::http) async fn retrieve(
    State(running): State<Shared>,
    Names(account): Names<String>,
) -> Result<Json<AccountObject>, Error> {
    let registry = &running.service.registry;
    let account = registry.account(account_id(&account)?.as_str()).await?;
    Ok(Json(AccountObject::of(account, registry)))
}

/// Change an account's name, plan or limits, or suspend it.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}", tag = "Admin", operation_id = "changeAccount",
    params(("account" = String, Path, description = "Its id")), request_body = ChangeAccount,
    responses(
        (status = 200, description = "The account, as it is now", body = AccountObject),
        (status = 400, description = "It cannot be like that", body = ErrorBody),
        (status = 404, description = "No such account", body = ErrorBody),
    ))]
pub(in crate::http) async fn change(
    State(running): State<Shared>,
    Names(account): Names<String>,
    request: Request,
) -> Result<Json<AccountObject>, Error> {
    let id = account_id(&account)?;
    let ChangeAccount { name, plan, limits, suspended, follows_successors } =
        read(request, &running.service.settings).await?;
    let limits = limits.map(TryInto::try_into).transpose().map_err(RegistryError::from)?;
    let registry = &running.service.registry;
    let further_limits = Limits::default();
    let change = AccountChange { name, plan, limits, further_limits, suspended, follows_successors };
    let account = registry.change_account(&id, change).await?;
    running.service.gate.forget();
    Ok(Json(AccountObject::of(account, registry)))
}

/// The id in a path; whatever is none names no account.
pub(super) fn account_id(text: &str) -> Result<AccountId, Error> {
    text.parse().map_err(|_| Error::NotFound(format!("account `{text:.100}`")))
}
