//! The routes whose requests a backend answers: text, vectors, pictures and speech. What is asked and answered is the
//! backend's affair, and OpenAI's reference describes it; here it is only let through.
//!
//! What an answer cost is not known when its headers are sent, and nothing is added to its bytes: `x-minuted-charge-id`
//! names the charge, which the usage API and the exports tell once the answer is over.

use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_ENCODING;
use axum::http::request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};

use super::answers::{PASSED_ONCE, Passed, Sound, Streamed};
use crate::accounts::Caller;
use crate::billing::IdempotencyClaim;
use crate::domain::RequestId;
use crate::gateway::{Answer, Asked, Broken, Endpoint, Error as GatewayError, Order};
use crate::http::Error;
use crate::http::manner::{self, Manner};
use crate::http::middleware::door::caller;
use crate::http::service::{Running, Shared};
use crate::http::{form, guard, sunset};

/// The most of a body that is looked at of a request that is sent away, or that nobody can answer, in bytes.
const LONGEST_LOOK: u64 = 64 << 10;

/// How long is waited for that.
const PATIENCE: Duration = Duration::from_millis(500);

macro_rules! passed_on {
    ($($name:ident, $endpoint:ident, $answer:ident, $path:literal, $operation:literal, $about:literal;)*) => {$(
        #[doc = $about]
        #[utoipa::path(
            post,
            path = $path,
            tag = "Models of backends",
            operation_id = $operation,
            params(("idempotency-key" = Option<String>, Header, description = PASSED_ONCE)),
            request_body(content = Object, content_type = "application/json"),
            responses($answer),
        )]
        pub(in crate::http) async fn $name(State(running): State<Shared>, request: Request) -> Result<Response, Error> {
            answer(&running, Endpoint::$endpoint, request).await
        }
    )*};
}

passed_on! {
    chat,        Chat,        Streamed, "/v1/chat/completions",   "createChatCompletion", "Write the next message of a conversation.";
    completions, Completions, Streamed, "/v1/completions",        "createCompletion",     "Write how a text goes on.";
    responses,   Responses,   Streamed, "/v1/responses",          "createResponse",       "Write a response; none is kept.";
    embeddings,  Embeddings,  Passed,   "/v1/embeddings",         "createEmbedding",      "Make vectors of texts.";
    rerank,      Rerank,      Passed,   "/v1/rerank",             "rerank",               "Order documents by how well they fit.";
    rerank_v2,   RerankV2,    Passed,   "/v2/rerank",             "rerankV2",             "Order documents by how well they fit, in the second form.";
    moderations, Moderations, Passed,   "/v1/moderations",        "createModeration",     "Judge whether a text is harmful.";
    images,      Images,      Passed,   "/v1/images/generations", "createImage",          "Make pictures of a text.";
    speech,      Speech,      Sound,    "/v1/audio/speech",       "createSpeech",         "Speak a text.";
}

/// Nobody can say what a backend will write.
pub(super) fn no_dry_run() -> Error {
    let why = "A backend has this model, and a request for it is not priced beforehand.".to_owned();
    Error::UnsupportedValue { param: "dry_run", why }
}

/// From request to answer.
async fn answer(running: &Running, endpoint: Endpoint, request: Request) -> Result<Response, Error> {
    let gateway = &running.service.gateway;
    let (head, body) = request.into_parts();
    let caller = caller(&head)?;
    let place = match gateway.enter(&caller.rights().account) {
        Ok(place) => place,
        Err(refusal) => {
            let refusal = refusal.into();
            turn_away(running, &head, body, (&caller, &refusal)).await;
            return Err(refusal);
        }
    };
    if Manner::of(&head)?.dry_run {
        return Err(no_dry_run());
    }
    if let Some(encoding) = head.headers.get(CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        return Err(Error::encoded(encoding));
    }
    let body = whole(running, &head, body, &caller).await?;
    let claim = claim(&head, endpoint, &body)?;
    let asked = read(running, endpoint, &head, &caller, &body).await?;
    let model = asked.model().to_owned();
    let taken: Result<Response, Error> = async {
        guard::check_body(running, &caller, &body).await?;
        let order = Order {
            caller,
            request: head.extensions.get::<RequestId>().cloned().unwrap_or_default(),
            endpoint,
            headers: head.headers,
            asked,
            claim,
            place,
            overdue: running.overdue.clone(),
        };
        Ok(response(gateway.take(order).await?))
    }
    .await;
    taken.inspect_err(|error| note_failure(running, &model, error))
}

/// Counts a failure of ours against the model that was asked for. Of those that came after the reservation the gateway
/// knows more, and has counted them.
pub(super) fn note_failure(running: &Running, model: &str, error: &Error) {
    let is_counted =
        matches!(error, Error::Gateway(error) if !matches!(error, GatewayError::Full(_) | GatewayError::Billing(_)));
    if let Some(fault) = error.failure().fault().filter(|_| !is_counted) {
        running.service.gateway.failed(model, fault);
    }
}

/// Counts a request for which there is no place against its model, if a short body says at once which that is.
async fn turn_away(running: &Running, head: &request::Parts, body: Body, (caller, why): (&Caller, &Error)) {
    if why.failure().fault().is_none() {
        return;
    }
    let gateway = &running.service.gateway;
    let memory = gateway.memory_for(&caller.rights().account);
    let body = form::whole(&head.headers, body, LONGEST_LOOK, &running.service.settings, memory);
    if let Ok(Ok(body)) = tokio::time::timeout(PATIENCE, body).await
        && let Some(model) = Asked::model_of(&body)
    {
        note_failure(running, &model, why);
    }
}

/// The body of a request. Where there is no backend, only as much of it as tells which model is not there.
async fn whole(running: &Running, head: &request::Parts, body: Body, caller: &Caller) -> Result<Bytes, Error> {
    let gateway = &running.service.gateway;
    let memory = gateway.memory_for(&caller.rights().account);
    let has_backends = gateway.has_backends();
    let limit = if has_backends { gateway.max_body_bytes() } else { LONGEST_LOOK };
    let body = form::whole(&head.headers, body, limit, &running.service.settings, memory).await;
    body.map_err(|error| match error {
        Error::TooLarge { .. } if !has_backends => GatewayError::Nobody.into(),
        other => other,
    })
}

/// What is asked, and of which model: the one that is named, its successor, or the one that reads its pictures. The
/// catalogue is asked for each of them, and the caller must be allowed each, before anything of the request goes anywhere.
async fn read(
    running: &Running,
    endpoint: Endpoint,
    head: &request::Parts,
    caller: &Caller,
    body: &Bytes,
) -> Result<Asked, Error> {
    let gateway = &running.service.gateway;
    let admit = |model: String| sunset::admit(running, &head.extensions, model);
    let mut asked = match gateway.read(endpoint, body.clone()).await {
        Ok(asked) => asked,
        Err(error) => {
            // Whoever names a model that ends is told so, whatever else is wrong.
            Asked::model_of(body).map(admit).transpose()?;
            return Err(error.into());
        }
    };
    let permit = |model: &str| {
        let is_forbidden = gateway.has(model) && !caller.may_use(model);
        if is_forbidden { Err(Error::ModelForbidden(model.to_owned())) } else { Ok(()) }
    };
    asked.answer_by(admit(asked.model().to_owned())?);
    permit(asked.model())?;
    can_answer(running, endpoint, caller, asked.model())?;
    if let Some(stand_in) = gateway.stand_in(endpoint, &asked) {
        asked.answer_by(admit(stand_in)?);
        permit(asked.model())?;
    }
    Ok(asked)
}

/// A model of our own is there, and transcribes only.
fn can_answer(running: &Running, endpoint: Endpoint, caller: &Caller, model: &str) -> Result<(), Error> {
    let service = &running.service;
    let ours = &service.model;
    if !ours.answers_to(model) || service.gateway.has(model) {
        return Ok(());
    }
    if !caller.may_use(&ours.id) {
        return Err(Error::ModelForbidden(model.to_owned()));
    }
    Err(GatewayError::Incapable { model: ours.id.clone(), capability: endpoint.capability() }.into())
}

/// The claim to the request's `Idempotency-Key`: it is passed on once.
fn claim(head: &request::Parts, endpoint: Endpoint, body: &Bytes) -> Result<Option<IdempotencyClaim>, Error> {
    let Some(key) = manner::idempotency_key(head)? else { return Ok(None) };
    let digest = Sha256::new().chain_update(endpoint.path()).chain_update([0]).chain_update(body).finalize();
    Ok(Some(key.claim(digest.into())))
}

/// A backend's answer as ours.
pub(super) fn response(answer: Answer) -> Response {
    let mut response = Response::new(Body::from_stream(told(answer.body)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

/// An answer that breaks off between two events says why in one of its own, which SDKs raise as an exception. Otherwise
/// the connection is cut, so that nobody takes a part for the whole.
fn told(
    body: Pin<Box<dyn Stream<Item = Result<Bytes, Broken>> + Send>>,
) -> impl Stream<Item = Result<Bytes, Error>> + Send {
    body.map(|item| match item {
        Ok(chunk) => Ok(chunk),
        Err(Broken { why, between_events }) => {
            let error = Error::from(why);
            tracing::warn!(%error, "an answer that was passed on broke off");
            if !between_events {
                return Err(error);
            }
            let data = serde_json::to_string(&error.body()).unwrap_or_default();
            Ok(format!("event: error\ndata: {data}\n\n").into())
        }
    })
}
