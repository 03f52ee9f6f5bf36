//! Which headers pass, by a list of those that may: whatever is not on it does not, neither a caller's key and cookies on
//! their way in nor a backend's on their way out.

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};

use super::backend::Backend;
use super::request::Outgoing;
use crate::domain::RequestId;

/// From a caller to a backend.
const IN: [HeaderName; 4] =
    [ACCEPT, CONTENT_TYPE, HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

/// From a backend to a caller.
const OUT: [HeaderName; 6] =
    [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CACHE_CONTROL];

/// What a backend is sent, under a name of its own for this try: a caller may give two requests the same one, by which vLLM
/// would take one for the other. The answer is to be plain, so that its usage can be read.
pub(super) fn to_backend(from: &HeaderMap, backend: &Backend, name: &RequestId, outgoing: &Outgoing) -> HeaderMap {
    let mut to = listed(from, &IN);
    if let Some(value) = outgoing.content_type.as_ref().and_then(|text| HeaderValue::from_str(text).ok()) {
        to.insert(CONTENT_TYPE, value);
    }
    if let Some(length) = outgoing.length {
        to.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    to.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(authorization) = &backend.terms.authorization {
        to.insert(AUTHORIZATION, authorization.clone());
    }
    if let Ok(value) = HeaderValue::from_str(name.as_str()) {
        to.insert(HeaderName::from_static("x-request-id"), value);
    }
    to
}

/// What a caller is sent. Where the body may come out shorter, its length is not told.
pub(super) fn to_caller(from: &HeaderMap, edited: bool) -> HeaderMap {
    let mut to = listed(from, &OUT);
    if edited {
        to.remove(CONTENT_LENGTH);
    }
    // nginx would otherwise collect a stream before it passes any of it on.
    to.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    to
}

fn listed(from: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    names.iter().filter_map(|name| Some((name.clone(), from.get(name)?.clone()))).collect()
}
