//! Sessions under way, by name, and those that wait for a client to come back.
//!
//! SDKs that lose patience send a request again, byte for byte. So a session whose last listener has left before the end
//! stands here for a while; of its windows only those at the engine are still recognised, and its twin goes on with it.
//! Nobody's turn comes: what waits too long is dropped, and with it what was reserved.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

use super::Error;
use super::order::Name;
use super::session::Session;

/// The most sessions that wait for somebody. One more, and the one that has waited longest ends.
pub const MAX_PARKED: usize = 64;

/// The register; cheap to clone.
#[derive(Clone)]
pub(super) struct WaitingRoom(Arc<Inner>);

struct Inner {
    grace: Duration,
    sessions: Mutex<Sessions>,
}

#[derive(Default)]
struct Sessions {
    by_name: HashMap<Name, Entry>,
    /// Counts departures, so that an alarm knows the one it was set for.
    departures: u64,
    closed: bool,
}

struct Entry {
    session: Arc<Session>,
    body: [u8; 32],
    listeners: usize,
    /// Which departure it was that left it alone.
    parked: Option<u64>,
}

impl WaitingRoom {
    /// One that keeps a session for `grace` after its last client has gone. With none at all, only requests that their
    /// callers named are ever joined.
    pub fn new(grace: Duration) -> Self {
        Self(Arc::new(Inner { grace, sessions: Mutex::default() }))
    }

    /// Whether requests without a key of their own are joined.
    pub fn joins_twins(&self) -> bool {
        !self.0.grace.is_zero()
    }

    /// The session of this name, or a new one that others may join from now on.
    ///
    /// # Errors
    /// [`Error::KeyInUse`] if the session of this name is for something else.
    pub fn enter(&self, name: &Name, body: [u8; 32], open: impl FnOnce() -> Session) -> Result<Arc<Session>, Error> {
        let mut sessions = self.lock();
        if let Some(entry) = sessions.by_name.get_mut(name) {
            if entry.body != body {
                return Err(Error::KeyInUse);
            }
            entry.listeners += 1;
            entry.parked = None;
            return Ok(Arc::clone(&entry.session));
        }
        let session = Arc::new(open());
        let entry = Entry { session: Arc::clone(&session), body, listeners: 1, parked: None };
        sessions.by_name.insert(name.clone(), entry);
        Ok(session)
    }

    /// A listener goes. If it was the last one and did not hear the end, the session waits for another.
    pub fn leave(&self, name: &Name, session: &Arc<Session>, is_over: bool) {
        let mut sessions = self.lock();
        sessions.departures += 1;
        let departure = sessions.departures;
        let stays = !sessions.closed && !self.0.grace.is_zero() && !is_over;
        let Some(entry) = sessions.by_name.get_mut(name).filter(|entry| Arc::ptr_eq(&entry.session, session)) else {
            return;
        };
        entry.listeners -= 1;
        // To end a session has no place under this lock.
        let ended = match entry.listeners {
            _ if is_over => sessions.by_name.remove(name),
            0 if stays => {
                entry.parked = Some(departure);
                self.set_alarm(name.clone(), departure);
                sessions.crowded_out()
            }
            0 => sessions.by_name.remove(name),
            _ => None,
        };
        drop(sessions);
        if let Some(entry) = ended {
            entry.session.abandon();
        }
    }

    /// From now on nothing waits: what does, ends.
    pub fn close(&self) {
        let mut sessions = self.lock();
        sessions.closed = true;
        let parked: Vec<Entry> =
            sessions.by_name.extract_if(|_, entry| entry.parked.is_some()).map(|(_, e)| e).collect();
        drop(sessions);
        for entry in parked {
            entry.session.abandon();
        }
    }

    /// Sessions that wait for somebody.
    pub fn parked(&self) -> usize {
        self.lock().by_name.values().filter(|entry| entry.parked.is_some()).count()
    }

    fn set_alarm(&self, name: Name, departure: u64) {
        let Ok(runtime) = Handle::try_current() else { return };
        let room = self.clone();
        runtime.spawn(async move {
            tokio::time::sleep(room.0.grace).await;
            let mut sessions = room.lock();
            let is_alone = sessions.by_name.get(&name).is_some_and(|entry| entry.parked == Some(departure));
            let ended = if is_alone { sessions.by_name.remove(&name) } else { None };
            drop(sessions);
            if let Some(entry) = ended {
                entry.session.abandon();
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions {
    /// Takes out the session that has waited longest, if there are too many.
    fn crowded_out(&mut self) -> Option<Entry> {
        let parked = || self.by_name.iter().filter_map(|(name, entry)| Some((entry.parked?, name)));
        if parked().count() <= MAX_PARKED {
            return None;
        }
        let (_, oldest) = parked().min_by_key(|(departure, _)| *departure)?;
        let oldest = oldest.clone();
        self.by_name.remove(&oldest)
    }
}
