//! Those whose key this process has not seen to be right of late. A right key comes in whoever else is at the door, since
//! many people may share a proxy: so all are looked up, but only a few at once, and the store has time for the others.
//! Who has shown wrong ones is told to wait, by the network that they came from.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::{GateError, REMEMBERED};
use crate::accounts::pace::Pace;
use crate::domain::{KeyId, Timestamp};

/// Wrong keys a minute from one network.
const WRONG_PER_MINUTE: u32 = 30;

/// How long a key that was right is looked up without waiting for strangers.
const TRUSTED: Duration = Duration::from_mins(10);

/// Strangers' keys that are looked up at once: few enough to leave the store most of its connections.
const LOOKS: usize = 4;

/// How long a stranger waits for that: a store that is away lets nobody else wait for those who wait for it.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Strangers {
    wrong: Mutex<Pace<Network>>,
    trusted: Cache<KeyId, ()>,
    looks: Semaphore,
}

/// The first 24 bits of an IPv4 address, or 64 of an IPv6 one: what one holder usually has of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Network {
    V4([u8; 3]),
    V6([u16; 4]),
}

impl Strangers {
    pub(super) fn new() -> Self {
        let trusted = Cache::builder().max_capacity(REMEMBERED).time_to_idle(TRUSTED).build();
        Self { wrong: Mutex::new(Pace::new()), trusted, looks: Semaphore::new(LOOKS) }
    }

    /// Waits until this key may be looked up; `None` for one that need not wait. Who has waited longest is next.
    ///
    /// # Errors
    /// [`GateError::Store`] after [`PATIENCE`].
    pub(super) async fn turn(&self, key: &KeyId) -> Result<Option<SemaphorePermit<'_>>, GateError> {
        if self.trusted.contains_key(key) {
            return Ok(None);
        }
        let turn = timeout(PATIENCE, self.looks.acquire()).await;
        turn.map(Result::ok).map_err(|_| GateError::Store("the store takes too long to look up keys".to_owned()))
    }

    /// Remembers a wrong key, and gives what its sender is told.
    pub(super) fn refuse(&self, from: IpAddr, now: Timestamp, error: GateError) -> GateError {
        match self.wrong().take(&[(network(from), WRONG_PER_MINUTE)], now) {
            Ok(_) => error,
            // In whole seconds, rounded up.
            Err((_, _, wait)) => GateError::Strangers(Duration::from_secs(wait.as_secs() + 1)),
        }
    }

    /// This key was right.
    pub(super) fn trust(&self, key: &KeyId) {
        // Known already, it is only read, which costs less and keeps it as long.
        self.trusted.get_with_by_ref(key, || ());
    }

    fn wrong(&self) -> MutexGuard<'_, Pace<Network>> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn network(address: IpAddr) -> Network {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            Network::V4([first, second, third])
        }
        IpAddr::V6(address) => {
            let [first, second, third, fourth, ..] = address.segments();
            Network::V6([first, second, third, fourth])
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn strangers_wait_for_each_other_and_a_key_that_was_right_does_not() {
        let strangers = Strangers::new();
        let key = |name: String| name.parse::<KeyId>().expect("an id");
        let turn = |name: &str| strangers.turn(&key(format!("key_{name}"))).now_or_never();
        let mut turns: Vec<_> = (0..LOOKS).map(|number| turn(&number.to_string()).expect("there is a place")).collect();
        assert!(turns.iter().all(|turn| matches!(turn, Ok(Some(_)))));
        assert!(turn("new").is_none(), "it waits");
        strangers.trust(&key("key_known".to_owned()));
        assert!(turn("known").is_some_and(|turn| matches!(turn, Ok(None))), "it need not wait");
        let late = strangers.turn(&key("key_late".to_owned())).await;
        assert!(matches!(late, Err(GateError::Store(_))), "nobody waits for ever");
        turns.pop();
        assert!(turn("new").is_some());
    }

    #[test]
    fn neighbours_are_one_network() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("192.0.2.1"), of("192.0.2.200"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
    }
}
