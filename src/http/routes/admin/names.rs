//! What stands in the path of an admin request: ids, of which the routes say whether they name anything.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::http::Error;

/// The names in a path, in their order.
pub(in crate::http) struct Names<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Names<T> {
    type Rejection = Error;

    /// # Errors
    /// [`Error::UnknownUrl`], if they are no text: nothing is called so.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let names = Path::from_request_parts(parts, state).await;
        names.map(|Path(names)| Self(names)).map_err(|_| Error::unknown_url(&parts.method, &parts.uri))
    }
}
