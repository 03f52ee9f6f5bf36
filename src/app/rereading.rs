//! The backends, the catalogue and the guardrails, read again when the operator says so (`SIGHUP`); the backends also when
//! their file changes. A file that cannot be used changes nothing, and the log says why.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::catalog::Cards;
use crate::domain::{Clock, Live, SystemClock};
use crate::gateway::Gateway;
use crate::guardrails::Guardrails;

/// Between two looks at the file of backends.
const LOOK: Duration = Duration::from_secs(2);

/// What is read again, and from where; `None` for what comes with the program.
pub(super) struct Rereading {
    /// It knows its file.
    pub gateway: Arc<Gateway>,
    pub cards: (Live<Cards>, Option<PathBuf>),
    pub guardrails: (Live<Guardrails>, Option<PathBuf>),
}

impl Rereading {
    /// Reads whenever it is `told`, and the backends whenever their file changes, until `stop` is cancelled.
    pub async fn until(self, told: Arc<Notify>, stop: CancellationToken) {
        let mut known = self.gateway.stamp().await;
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = looks.tick() => false,
                () = told.notified() => true,
                () = stop.cancelled() => return,
            };
            let now = self.gateway.stamp().await;
            if asked || now != known {
                known = now;
                if let Err(error) = self.gateway.reload() {
                    tracing::error!(%error, "the backends stay as they were");
                }
            }
            if asked {
                self.read();
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
