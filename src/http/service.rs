//! What the routes need: given by the composition root, shared by every request.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;

use super::admission::Admission;
use super::{Exporter, Settings};
use crate::accounts::{Gate, Registry};
use crate::audio;
use crate::billing::Ledger;
use crate::catalog::{CallCounter, Cards, Model, Names};
use crate::domain::{Live, Pool};
use crate::gateway::Gateway;
use crate::guardrails::Guardrails;
use crate::status::Board;
use crate::transcription::{Desk, Transcriber};

/// What [`serve`](super::serve()) serves.
pub struct Service {
    /// Answers every request for a transcript.
    pub transcriber: Transcriber,
    /// Where requests for a transcript are paid for.
    pub desk: Desk,
    /// The model that it answers with, unless a request names one that backends have.
    pub model: Model,
    /// What customers read of models, and which may still be called.
    pub cards: Live<Cards>,
    /// Who calls models that end.
    pub calls: Arc<CallCounter>,
    /// What requests are looked at for.
    pub guardrails: Live<Guardrails>,
    /// What passes requests for other models on.
    pub gateway: Arc<Gateway>,
    /// Limits of an upload and of a recording.
    pub audio: audio::Settings,
    /// Limits of this room.
    pub settings: Settings,
    /// Shows the process's metrics.
    pub metrics: Exporter,
    /// What requests cost.
    pub ledger: Arc<dyn Ledger>,
    /// Who offers the service, as exports name it.
    pub provider: String,
    /// Who may make them.
    pub gate: Arc<Gate>,
    /// Where accounts and keys are made and changed.
    pub registry: Arc<Registry>,
    /// How it is doing, and where it is told how it does.
    pub status: Board,
}

/// The service with what it knows of itself while it runs.
pub(super) struct Running {
    pub service: Service,
    pub admission: Admission,
    /// Space for uploads, in bytes.
    pub spools: Pool,
    /// When it began to serve, in seconds since 1970.
    pub since: u64,
    /// Cancelled when the service has been told to stop.
    pub stopping: CancellationToken,
    /// Cancelled when requests in flight have had their time.
    pub overdue: CancellationToken,
}

/// The state of the router.
pub(super) type Shared = Arc<Running>;

impl Running {
    /// Takes up service.
    pub(super) fn new(mut service: Service, stopping: CancellationToken) -> Shared {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let admission = Admission::new(service.settings.max_requests);
        let spools = Pool::new(service.audio.max_spooled);
        // One that is larger would never find room.
        service.audio.max_upload_bytes = service.audio.max_upload_bytes.min(spools.most_for_one());
        Arc::new(Self { service, admission, spools, since, stopping, overdue: CancellationToken::new() })
    }

    /// The id of the model that is served under this name; upper and lower case are the same.
    pub(super) fn served(&self, name: &str) -> Option<String> {
        if self.service.model.answers_to(name) {
            return Some(self.service.model.id.clone());
        }
        let mut ids = self.service.gateway.models().into_iter().map(|model| model.id);
        ids.find(|id| id.eq_ignore_ascii_case(name))
    }

    /// The id of our own model where this is a name of it, and otherwise the name.
    pub(super) fn id_of(&self, name: &str) -> String {
        let model = &self.service.model;
        if model.answers_to(name) { model.id.clone() } else { name.to_owned() }
    }

    /// What names of models mean at the moment.
    pub(super) fn names(&self) -> Names {
        let remote = self.service.gateway.models().into_iter().map(|model| model.id);
        Names::of(&self.service.model, remote, &self.service.cards.get())
    }
}
