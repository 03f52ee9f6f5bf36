//! The body of an admin request: JSON, of one kind, bounded.

use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;

use crate::http::{Error, Settings};

/// The most bytes of a body: a hundred models and their names are a tenth of it.
const MAX_BYTES: usize = 64 << 10;

/// Reads the body. One that is empty is an empty object.
///
/// # Errors
/// [`Error::InvalidJson`] names the field that is unknown or wrong. A body that says that it is something else is
/// refused, since a browser sends such a body across sites without asking first.
pub(super) async fn read<T: DeserializeOwned>(request: Request, settings: &Settings) -> Result<T, Error> {
    if let Some(encoding) = request.headers().get(CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        return Err(Error::encoded(encoding));
    }
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = axum::body::to_bytes(request.into_body(), MAX_BYTES);
    let Ok(bytes) = timeout(settings.body_idle_timeout, body).await else {
        return Err(Error::RequestTimeout(format!("it took more than {} s", settings.body_idle_timeout.as_secs())));
    };
    let bytes = bytes.map_err(|_| Error::InvalidJson(format!("it broke off, or has more than {MAX_BYTES} bytes")))?;
    let is_json = media_type.as_deref().is_some_and(|text| {
        text.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json"))
    });
    match (bytes.is_empty(), is_json) {
        (true, _) => serde_json::from_slice(b"{}"),
        (false, true) => serde_json::from_slice(&bytes),
        (false, false) => return Err(Error::InvalidJson("its Content-Type is not application/json".to_owned())),
    }
    .map_err(|error| Error::InvalidJson(error.to_string()))
}

/// Tells a field that is `null` from one that is not there.
#[expect(clippy::option_option, reason = "that is what it is for")]
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}
