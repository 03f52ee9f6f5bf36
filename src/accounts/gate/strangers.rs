//! Those who show wrong keys, by the network that they come from: after a few they are told to wait, without another
//! look into the store. Keys that were right a short while ago go on working from there: many people may share an
//! address, or a proxy.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

use super::{GateError, REMEMBERED};
use crate::accounts::pace::Pace;
use crate::domain::{KeyId, Timestamp};

/// Wrong keys a minute from one network.
const WRONG_PER_MINUTE: u32 = 30;

/// How long a key that was right is let through to a closer look.
const TRUSTED: Duration = Duration::from_mins(10);

pub(super) struct Strangers {
    wrong: Mutex<Pace<Network>>,
    trusted: Cache<KeyId, ()>,
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
        Self { wrong: Mutex::new(Pace::new()), trusted }
    }

    /// Whether this key is worth a look.
    pub(super) fn pass(&self, key: &KeyId, from: IpAddr, now: Timestamp) -> Result<(), GateError> {
        let wait = self.wrong().wait(&network(from), WRONG_PER_MINUTE, now);
        if wait.is_zero() || self.trusted.contains_key(key) { Ok(()) } else { Err(told_to_wait(wait)) }
    }

    /// Remembers a wrong key, and gives what its sender is told.
    pub(super) fn refuse(&self, from: IpAddr, now: Timestamp, error: GateError) -> GateError {
        match self.wrong().take(&[(network(from), WRONG_PER_MINUTE)], now) {
            Ok(_) => error,
            Err((_, _, wait)) => told_to_wait(wait),
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

/// In whole seconds, rounded up.
fn told_to_wait(wait: Duration) -> GateError {
    GateError::Strangers(Duration::from_secs(wait.as_secs() + 1))
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
    use super::*;

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
