//! Holds whose time is over are given back: their requests have died, or their servers.
//!
//! The list of holds is written together with the rows of the ledger, so that a charge that is listed is under way. Where
//! it is not, somebody has been in the database, and no step can end it: it is set aside, so that the log tells of it
//! once instead of every few seconds, and the holds behind it get their turn.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::book::Step;
use super::engine::{Engine, Store};
use super::sql;
use crate::billing::{LedgerError, State};
use crate::domain::Timestamp;

/// How many are looked at together.
const AT_ONCE: u32 = 100;

impl<E: Engine> Store<E> {
    /// Voids what has expired, and says how many holds that were.
    pub(super) async fn void_expired(&self, now: Timestamp) -> Result<u64, LedgerError> {
        // What was ended here, and whether that gave something back.
        let mut ended = BTreeMap::new();
        loop {
            let listed = sql::expired(&mut *self.connection().await?, now, AT_ONCE).await?;
            let (still, due): (Vec<_>, Vec<_>) = listed.into_iter().partition(|listed| ended.contains_key(listed));
            // It has ended, and is listed all the same.
            for listed in &still {
                ended.remove(listed);
                self.set_aside(listed).await?;
            }
            let steps = due.iter().map(|listed| self.expire(listed, now));
            let (before, mut failed) = (ended.len(), None);
            for (listed, step) in due.iter().zip(join_all(steps).await) {
                match step {
                    // It was extended at the last moment.
                    Ok(Some(State::Held)) => {}
                    Ok(state) => {
                        ended.insert(listed.clone(), state == Some(State::Voided));
                    }
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
            if still.is_empty() && ended.len() == before {
                return Ok(ended.values().map(|voided| u64::from(*voided)).sum());
            }
        }
    }

    /// How a charge stands after its hold has expired; `None` if there is none of that name.
    async fn expire(&self, listed: &str, now: Timestamp) -> Result<Option<State>, LedgerError> {
        let Ok(charge) = listed.parse() else { return Ok(None) };
        match self.engine.step(Step::Expire(charge, now)).await {
            Ok(charge) => Ok(Some(charge.state)),
            Err(LedgerError::Unknown) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn set_aside(&self, listed: &str) -> Result<(), LedgerError> {
        if sql::set_aside(&mut *self.connection().await?, listed).await? {
            tracing::error!(
                charge = ?listed,
                "the list of holds has a charge that is not under way by the rows of the ledger; it is set aside: \
                 `minuted ledger verify` says more"
            );
        }
        Ok(())
    }
}
