//! `GET /openapi.json`: the routes, described for programs.

use std::sync::OnceLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use bytes::Bytes;

use crate::http::{Error, router};

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "Service", operation_id = "openapi",
    responses((status = 200, description = "The OpenAPI document", content_type = "application/json")))]
pub(in crate::http) async fn show() -> Result<impl IntoResponse, Error> {
    Ok(([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], document()?))
}

/// Made once: it takes milliseconds, and whoever comes may ask for it.
fn document() -> Result<Bytes, Error> {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    if let Some(document) = DOCUMENT.get() {
        return Ok(document.clone());
    }
    let document = serde_json::to_vec(&router::openapi()).map_err(|_| Error::Internal)?;
    Ok(DOCUMENT.get_or_init(|| document.into()).clone())
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn it_is_made_once_and_may_be_kept() {
        let answers = [show().await, show().await].map(|answer| answer.expect("a document").into_response());
        let mut bodies = Vec::new();
        for answer in answers {
            assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
            assert!(answer.headers().contains_key(CACHE_CONTROL));
            bodies.push(to_bytes(answer.into_body(), usize::MAX).await.expect("a body"));
        }
        assert_eq!(bodies[0].as_ptr(), bodies[1].as_ptr(), "the same bytes, not others that are alike");
        let expected = serde_json::to_vec(&router::openapi()).expect("JSON");
        assert!(bodies[0] == expected);
    }
}
