//! Who comes in: the request's key is looked at and the request counted before a byte of its body is read. What follows
//! finds its [`Caller`] among the request's extensions.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderValue, request};
use axum::response::{IntoResponse, Response};
use tracing::Span;
use tracing::field::display;

use super::through::Through;
use crate::accounts::{Caller, Gate, Pass, Scope};
use crate::http::access::{self, Access};
use crate::http::connection::Peer;
use crate::http::local::{self, Foreign};
use crate::http::service::Running;
use crate::http::watch::Watch;
use crate::http::{Error, ratelimit};

/// Lets a request through that may go where it wants to; the answer says what is left of its limits.
pub(in crate::http) async fn keep(
    running: &Running,
    mut request: Request,
    next: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let Some(visit) = Visit::of(running, &request) else { return next(request).await };
    let (caller, pass) = match visit.let_in(&running.service.gate).await {
        Ok(through) => through,
        Err(error) => {
            // Of other routes nobody knows which model was meant.
            if is_for_a_transcript(visit.access) {
                Watch::over(running).failed(&error);
            }
            return refuse(error);
        }
    };
    request.extensions_mut().insert(caller.clone());
    let mut response = next(request).await;
    if let Some(turn) = &pass.turn {
        ratelimit::note_requests(response.headers_mut(), turn);
    }
    if is_for_a_transcript(visit.access) {
        let (service, overdue) = (&running.service, &running.overdue);
        // The answer is there, and may have been charged: it does not wait for what is only said beside it.
        tokio::select! {
            biased;
            () = ratelimit::note_audio(response.headers_mut(), &*service.ledger, &caller, service.gate.now()) => {}
            () = overdue.cancelled() => {}
        }
    }
    // The request is inside until its answer has been sent.
    let keep = move |_: bool| _ = &pass;
    response.map(|body| Body::new(Through { body, after_frame: keep }))
}

fn is_for_a_transcript(access: Access) -> bool {
    matches!(access, Access::Metered(Scope::Transcribe | Scope::Translate))
}

/// Who sent the request, as was found out here.
///
/// # Errors
/// [`Error::Internal`] on a route that is free, where nobody is asked.
pub(in crate::http) fn caller(head: &request::Parts) -> Result<Caller, Error> {
    head.extensions.get::<Caller>().cloned().ok_or(Error::Internal)
}

/// Somebody at the door.
struct Visit {
    /// What the route asks.
    access: Access,
    authorization: Option<HeaderValue>,
    from: IpAddr,
    /// What of it names another machine than this one.
    foreign: Option<Foreign>,
}

impl Visit {
    /// `None` where nothing is asked, or nothing is there.
    fn of(running: &Running, request: &Request) -> Option<Self> {
        let path = request.extensions().get::<MatchedPath>()?.as_str();
        if path == access::METRICS && running.service.settings.public_metrics {
            return None;
        }
        // A method that the route does not have is told so, but only to those who have a key.
        let access = access::of(request.method(), path).unwrap_or(Access::Key);
        if access == Access::Free {
            return None;
        }
        let authorization = request.headers().get(AUTHORIZATION).cloned();
        let from = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(from)| *from);
        Some(Self { access, authorization, from, foreign: local::foreign(request) })
    }

    async fn let_in(&self, gate: &Gate) -> Result<(Caller, Pass), Error> {
        if let Some(foreign) = &self.foreign
            && gate.trusts_its_machine().await?
        {
            return Err(Error::Foreign { header: foreign.header, name: foreign.name.clone() });
        }
        let caller = gate.admit(self.authorization.as_ref().map(HeaderValue::as_bytes), self.from).await?;
        let rights = caller.rights();
        Span::current().record("account", display(&rights.account));
        if let Some(key) = &rights.key {
            Span::current().record("key", display(key));
        }
        if let Some(scope) = self.access.scope().filter(|scope| !caller.may(*scope)) {
            return Err(Error::InsufficientScope(scope));
        }
        let pass = gate.enter(&caller)?;
        Ok((caller, pass))
    }
}

fn refuse(error: Error) -> Response {
    let turn = match &error {
        Error::TooMany(too_many) => too_many.turn,
        _ => None,
    };
    let mut response = error.into_response();
    if let Some(turn) = &turn {
        ratelimit::note_requests(response.headers_mut(), turn);
    }
    response
}
