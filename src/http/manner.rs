//! What is said about a request beside its body: that it is only to be priced, and the caller's own name for it.

use axum::extract::Query;
use axum::http::{HeaderName, request};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Error;
use crate::transcription::IdempotencyKey;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What stands in the address.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Manner {
    /// With `true` the recording is decoded and priced, and nothing is recognised or charged.
    #[serde(default)]
    pub dry_run: bool,
}

impl Manner {
    /// Of a request.
    ///
    /// # Errors
    /// [`Error::InvalidValue`].
    pub fn of(head: &request::Parts) -> Result<Self, Error> {
        let manner = Query::<Self>::try_from_uri(&head.uri);
        let wrong = |_| Error::InvalidValue { param: "dry_run", why: "it is true or false".to_owned() };
        manner.map(|Query(manner)| manner).map_err(wrong)
    }
}

/// The caller's own name for a request, under which it is done once.
///
/// # Errors
/// [`Error::InvalidValue`].
pub(super) fn idempotency_key(head: &request::Parts) -> Result<Option<IdempotencyKey>, Error> {
    let Some(value) = head.headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().ok().and_then(|text| text.parse().ok());
    let wrong = || Error::InvalidValue {
        param: "Idempotency-Key",
        why: "it has 1 to 255 printable characters of ASCII".to_owned(),
    };
    key.map(Some).ok_or_else(wrong)
}
