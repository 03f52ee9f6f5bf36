//! The catalogue and the guardrails, read again when the operator says so (`SIGHUP`). A file that cannot be used changes
//! nothing, and the log says why. The backends look after themselves, since their file is also watched.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::catalog::Cards;
use crate::domain::{Clock, Live, SystemClock};
use crate::guardrails::Guardrails;

/// What is read again, and from where; `None` for what comes with the program.
pub(super) struct Rereading {
    pub cards: (Live<Cards>, Option<PathBuf>),
    pub guardrails: (Live<Guardrails>, Option<PathBuf>),
}

impl Rereading {
    /// Reads whenever it is `told`, until `stop` is cancelled.
    pub async fn until(self, told: Arc<Notify>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = told.notified() => self.read(),
                () = stop.cancelled() => return,
            }
        }
    }

    fn read(&self) {
        if let (cards, Some(path)) = &self.cards {
            replace(cards, Cards::load(Some(path), SystemClock.now()), "catalogue");
        }
        if let (guardrails, Some(path)) = &self.guardrails {
            replace(guardrails, Guardrails::load(Some(path)), "guardrails");
        }
    }
}

fn replace<T>(live: &Live<T>, read: Result<T, impl std::error::Error>, what: &str) {
    match read {
        Ok(new) => {
            live.replace(new);
            tracing::info!("the file of the {what} was read anew");
        }
        Err(error) => tracing::error!(%error, "the file of the {what} cannot be used: what it said before holds"),
    }
}
