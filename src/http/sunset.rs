//! What a caller is told whose model ends: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link` (RFC 8288).
//!
//! A route asks [`admit`] as soon as it knows the model that is named; the layer [`tell`] puts the headers on whatever
//! comes of the request, a stream and an error as well.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, header::LINK};
use axum::response::Response;

use super::Error;
use super::service::Running;
use crate::accounts::Caller;
use crate::catalog::{Notice, Verdict};

/// Since when the model is deprecated, as RFC 9745 has it: `@` and seconds since 1970.
pub(super) const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");

/// When it ends.
pub(super) const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// Where a route leaves what the layer tells.
#[derive(Clone, Default)]
struct Slot(Arc<OnceLock<Notice>>);

/// The layer: tells what the route has left, on its answer.
pub(super) async fn tell(mut request: Request, next: impl AsyncFnOnce(Request) -> Response) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let mut response = next(request).await;
    if let Some(notice) = slot.0.get() {
        note(response.headers_mut(), notice);
    }
    response
}

/// The model that is to serve a request for `model`: the same, or its successor. Both are ids or, where no table knows
/// the name, the name as it was sent. A call of what ends is counted, if it is one of somebody who may have it: whoever
/// may not is to be refused.
///
/// # Errors
/// [`Error::ModelRetired`] if it is gone, and the account has not asked for its successor.
pub(super) fn admit(running: &Running, request: &Extensions, model: String) -> Result<String, Error> {
    let service = &running.service;
    let caller = request.get::<Caller>().ok_or(Error::Internal)?;
    let now = service.gate.now();
    let told = |notice: &Notice, wanted: &str| {
        if caller.may_use(wanted) {
            service.calls.count(&notice.model, &caller.rights().account, now);
        }
        leave(request, notice);
    };
    match service.cards.get().admit(&model, caller.rights().follows_successors, now, |name| running.served(name)) {
        Verdict::Serve(notice) => {
            if let Some(notice) = &notice {
                told(notice, &model);
            }
            Ok(model)
        }
        Verdict::Succeed { by, notice } => {
            told(&notice, &by);
            Ok(by)
        }
        Verdict::Gone(notice) => {
            told(&notice, &notice.model);
            Err(Error::ModelRetired { model: notice.model, successor: notice.successor })
        }
    }
}

/// Has the answer tell this, unless it tells of another model already. It is no call.
pub(super) fn leave(request: &Extensions, notice: &Notice) {
    if let Some(slot) = request.get::<Slot>() {
        let _ = slot.0.set(notice.clone());
    }
}

fn note(headers: &mut HeaderMap, notice: &Notice) {
    let deprecation = format!("@{}", notice.deprecated_at.as_second());
    let sunset = notice.ends_at.map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    // Ids of the catalogue can stand in a path as they are.
    let link = notice.successor.as_ref().map(|id| format!("</v1/models/{id}>; rel=\"successor-version\""));
    for (name, text) in [(DEPRECATION, Some(deprecation)), (SUNSET, sunset), (LINK, link)] {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_standards_have_them() {
        let notice = Notice {
            model: "old".to_owned(),
            deprecated_at: "2026-06-01T00:00:00Z".parse().expect("a time"),
            ends_at: "2026-09-01T00:00:00Z".parse().ok(),
            successor: Some("acme/new:8b".to_owned()),
        };
        let mut headers = HeaderMap::new();
        note(&mut headers, &notice);
        assert_eq!(headers[DEPRECATION], "@1780272000");
        assert_eq!(headers[SUNSET], "Tue, 01 Sep 2026 00:00:00 GMT");
        assert_eq!(headers[LINK], "</v1/models/acme/new:8b>; rel=\"successor-version\"");
        let mut headers = HeaderMap::new();
        note(&mut headers, &Notice { ends_at: None, successor: None, ..notice });
        assert_eq!(headers.len(), 1, "{headers:?}");
    }
}
