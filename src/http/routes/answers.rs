//! What routes may answer, for the OpenAPI document: those of audio, those whose answers are a backend's, and all that ask
//! for a key.

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::http::charge::DryRun;
use crate::http::error::ErrorBody;
use crate::http::stream::StreamEvent;
use crate::transcript::render::{Json, VerboseJson};

/// A header and what it says.
type Header = (&'static str, &'static str);

const REQUEST_ID: Header = ("x-request-id", "Names the request in the service's log");

const NOTES: [Header; 17] = [
    DEPRECATION,
    SUNSET,
    SUCCESSOR,
    ("x-minuted-billed-seconds", "Seconds of audio that were billed; a streamed answer says so in its last event"),
    ("x-minuted-billed-minutes", "The same in minutes"),
    ("x-minuted-cost", "What that cost, and in what currency"),
    CHARGE,
    (
        "x-ratelimit-limit-requests",
        "Requests that the account or the key may send in a minute, if there is such a limit",
    ),
    ("x-ratelimit-remaining-requests", "How many of them can still come at once"),
    ("x-ratelimit-reset-requests", "How long until all of them can, as in `6m0s`"),
    (
        "x-ratelimit-limit-audio-seconds",
        "Seconds of audio in the tightest budget of the account or the key, if there is one",
    ),
    ("x-ratelimit-remaining-audio-seconds", "How many of them are neither used nor reserved"),
    ("x-ratelimit-reset-audio-seconds", "How long until that budget begins anew"),
    ("x-minuted-ignored-params", "Fields that had no effect"),
    ("x-minuted-warnings", "Stretches whose text is doubtful; a streamed answer says so in its last event"),
    ("x-minuted-damage", "What was wrong with the file; a streamed answer says so in its last event"),
    ("x-minuted-prompt-truncated", "Only the end of the prompt was used"),
];

/// On the answer of a backend.
const PASSED_NOTES: [Header; 4] = [DEPRECATION, SUNSET, SUCCESSOR, CHARGE];

const CHARGE: Header = ("x-minuted-charge-id", "Names the charge in the account's ledger");

const DEPRECATION: Header =
    ("deprecation", "Since when the model is deprecated, as in `@1780272000`; on errors as well");

const SUNSET: Header = ("sunset", "When it ends, a date of HTTP; on errors as well");

const SUCCESSOR: Header = ("link", "The model to call instead, as `rel=\"successor-version\"`; on errors as well");

const RETRY_AFTER: Header = ("retry-after", "Seconds to wait before the next try");

const SHOULD_RETRY: Header = ("x-should-retry", "`false` if the same request would fail again");

/// Every status of a failure on these routes.
#[rustfmt::skip]
const FAILURES: [(&str, &str, &[Header]); 14] = [
    ("400", "The form or the file cannot be used", &[]),
    ("401", "There is no API key, or none that works", &[]),
    ("403", "The key may not be used for this, or with this model, or a guardrail stopped the prompt", &[]),
    ("404", "No such model", &[]),
    ("408", "The body stopped coming, came too slowly or took too long", &[]),
    ("409", "The `Idempotency-Key` was used before", &[RETRY_AFTER, SHOULD_RETRY]),
    ("410", "The model has ended", &[DEPRECATION, SUNSET, SUCCESSOR]),
    ("413", "The body is too large", &[]),
    ("422", "The `Idempotency-Key` was used for another request", &[]),
    ("429", "Too many requests, at once or in a minute, or no budget left", &[RETRY_AFTER, SHOULD_RETRY]),
    ("500", "The service failed", &[SHOULD_RETRY]),
    ("502", "The backend of the model failed", &[]),
    ("503", "The service is stopping, could not store the upload, could not bill, or could not have the prompt judged", &[RETRY_AFTER]),
    ("504", "The backend of the model was silent for too long", &[]),
];

/// Failures of whoever comes without the right key, too often, or at the wrong time.
#[rustfmt::skip]
const DOOR: [(&str, &str, &[Header]); 4] = [
    ("401", "There is no API key, or none that works", &[]),
    ("403", "The key may not be used for this", &[]),
    ("429", "Too many requests, at once or in a minute", &[RETRY_AFTER, SHOULD_RETRY]),
    ("503", "The service cannot check the key, or cannot reach what it keeps", &[RETRY_AFTER]),
];

/// A transcript in one of its forms, or a failure.
pub(super) struct Answers;

impl IntoResponses for Answers {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut responses: BTreeMap<_, _> = FAILURES.into_iter().map(failure).collect();
        responses.insert("200".to_owned(), transcript().into());
        responses
    }
}

/// What every route that asks for a key may answer instead of what it is for.
pub(in crate::http) fn at_the_door() -> impl Iterator<Item = (String, RefOr<Response>)> {
    DOOR.into_iter().map(failure)
}

fn failure((status, about, headers): (&str, &str, &[Header])) -> (String, RefOr<Response>) {
    let body = Content::new(Some(Ref::from_schema_name(ErrorBody::name())));
    (status.to_owned(), described(about, headers).content("application/json", body).build().into())
}

/// A backend's answer that is JSON.
pub(super) struct Passed;

/// A backend's answer that is JSON, or events where they were asked for.
pub(super) struct Streamed;

/// A backend's answer that is sound.
pub(super) struct Sound;

/// What the header of that name is for, on the routes of backends.
pub(super) const PASSED_ONCE: &str = "Your own name for the request, 1 to 255 printable characters. It is passed on and \
                                      charged once under that name; sent again it is a 409.";

impl IntoResponses for Passed {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        passed(|answer| answer.content("application/json", anything()))
    }
}

impl IntoResponses for Streamed {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let events = Content::new(Some(String::schema()));
        passed(|answer| answer.content("application/json", anything()).content("text/event-stream", events))
    }
}

impl IntoResponses for Sound {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let bytes =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        passed(|answer| answer.content("audio/*", Content::new(Some(bytes))))
    }
}

/// An object of which nothing is said.
fn anything() -> Content {
    Content::new(Some(ObjectBuilder::new()))
}

fn passed(form: impl FnOnce(ResponseBuilder) -> ResponseBuilder) -> BTreeMap<String, RefOr<Response>> {
    let answer = form(described("The backend's answer, as it comes", &PASSED_NOTES)).build();
    BTreeMap::from([
        ("200".to_owned(), answer.into()),
        failure(("4XX", "The request cannot be passed on, or the backend refuses it", &[])),
        failure(("5XX", "No backend answers", &[])),
    ])
}

fn transcript() -> Response {
    // Whatever is a verbose transcript has all that a transcript has.
    let json = AnyOfBuilder::new()
        .item(Ref::from_schema_name(VerboseJson::name()))
        .item(Ref::from_schema_name(Json::name()))
        .item(Ref::from_schema_name(DryRun::name()));
    let events = AnyOfBuilder::new()
        .item(Ref::from_schema_name(StreamEvent::name()))
        .item(Ref::from_schema_name(ErrorBody::name()))
        .description(Some("An event; one that is named `error` ends the answer, and has the body of an error"));
    described("What was said, in the form asked for", &NOTES)
        .content("application/json", Content::new(Some(json)))
        .content("text/plain", Content::new(Some(String::schema())))
        .content("text/vtt", Content::new(Some(String::schema())))
        .content("text/event-stream", Content::new(Some(events)))
        .build()
}

fn described(about: &str, headers: &[Header]) -> ResponseBuilder {
    let response = ResponseBuilder::new().description(about);
    headers.iter().chain([&REQUEST_ID]).fold(response, |response, (name, about)| {
        let header = HeaderBuilder::new().schema(Some(String::schema())).description(Some(*about));
        response.header(*name, header.build())
    })
}
