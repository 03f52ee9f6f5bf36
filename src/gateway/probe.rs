//! Whether the backends of a model that nobody asks are there: each is asked for what its kind answers without work, such
//! as `GET /health`. It costs nobody anything, and has no say in which backend is next: that is for requests to tell. A
//! model that is retired is not looked at: its backends may go, and that is no failure. A look at a backend is one for all
//! of its models.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;
use tokio::time::timeout;

use super::attempt::Fault;
use super::backend::Backend;
use super::forward::Gateway;
use crate::catalog::{Cards, Verdict};
use crate::domain::{Clock, Live, Timestamp};
use crate::status::{self, Outcome, Probe};

/// How long a backend may take to say that it is there.
const LIMIT: Duration = Duration::from_secs(10);

/// How old a look may be that is not taken again. Each model is asked for once a minute.
const FRESH: SignedDuration = SignedDuration::from_secs(30);

/// Looks at the backends of models that may still be called.
pub struct Lookout {
    /// Has the backends.
    pub gateway: Arc<Gateway>,
    /// Say which models are retired.
    pub cards: Live<Cards>,
    /// Says since when.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Probe for Lookout {
    fn models(&self) -> Vec<String> {
        let (cards, now) = (self.cards.get(), self.clock.now());
        let all = self.gateway.models().into_iter().map(|model| model.id);
        all.filter(|id| matches!(cards.admit(id, false, now, |_| None), Verdict::Serve(_))).collect()
    }

    /// A model is there if one of its backends is.
    async fn ask(&self, model: &str) -> Option<Outcome> {
        let offers = self.gateway.table().offers(model);
        let now = self.clock.now();
        let found = join_all(offers.iter().map(|offer| glance(&offer.backend, now))).await;
        if found.contains(&Found::There) {
            return Some(Outcome::Reached);
        }
        let fault = found.iter().map(|found| match found {
            Found::Faulty(Fault::Silence) => Some(status::Fault::TimedOut),
            Found::Faulty(_) => Some(status::Fault::Backend),
            Found::There | Found::Untold => None,
        });
        // Where one does not tell, nobody knows.
        let faults: Vec<_> = fault.collect::<Option<_>>()?;
        faults.first().map(|fault| Outcome::Failed(*fault))
    }
}

/// What a look at a backend found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    There,
    Faulty(Fault),
    /// It does not know the question.
    Untold,
}

/// A look at a backend, and when it began.
#[derive(Debug)]
pub(super) struct Seen {
    at: Timestamp,
    found: Found,
}

/// What a look finds, or found a moment ago; where one is under way, what that finds.
async fn glance(backend: &Backend, now: Timestamp) -> Found {
    let mut seen = backend.seen.lock().await;
    match &*seen {
        Some(last) if now.duration_since(last.at).abs() < FRESH => last.found,
        _ => {
            let found = look(backend).await;
            *seen = Some(Seen { at: now, found });
            found
        }
    }
}

async fn look(backend: &Backend) -> Found {
    let mut request = backend.client.get(backend.health());
    if let Some(authorization) = &backend.terms.authorization {
        request = request.header(AUTHORIZATION, authorization.clone());
    }
    let fault = match timeout(LIMIT, request.send()).await {
        Ok(Ok(answer)) => match answer.status() {
            status if status.is_success() || status == StatusCode::TOO_MANY_REQUESTS => return Found::There,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
                return Found::Untold;
            }
            status => Fault::Status(status),
        },
        Ok(Err(error)) if !error.is_timeout() => Fault::Connection,
        Ok(Err(_)) | Err(_) => Fault::Silence,
    };
    fault.tell(&backend.terms.name);
    Found::Faulty(fault)
}
