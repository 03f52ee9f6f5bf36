//! How often the same request comes from the same account. Of a request only a keyed hash is kept, in memory, for two
//! spans at most; the key is made anew with each process, so that the hash says nothing to anybody.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Blocked;
use crate::domain::{AccountId, Timestamp};

/// Hashes that are kept of a span. Should there ever be more, a new span begins.
const KEPT: usize = 1 << 16;

/// A request of an account.
type Name = [u8; 16];

/// Counts requests that are alike in every byte.
pub(super) struct Repeats {
    most: u32,
    seconds: u32,
    keyed: Hmac<Sha256>,
    counts: Mutex<Counts>,
}

/// What has come, in two spans.
struct Counts {
    /// When the present span began, in microseconds since 1970.
    since: i64,
    present: HashMap<Name, u32>,
    past: HashMap<Name, u32>,
}

impl Repeats {
    /// A request may come `most` times in `seconds`.
    pub(super) fn new(most: u32, seconds: u32, secret: [u8; 32]) -> Self {
        let keyed = Hmac::new_from_slice(&secret).expect("HMAC takes a key of any length");
        let counts = Counts { since: 0, present: HashMap::new(), past: HashMap::new() };
        Self { most, seconds, keyed, counts: Mutex::new(counts) }
    }

    /// Counts a request. What it has come to is the count of the present span, and of the past one by the part of it that
    /// lies within the last `seconds`.
    ///
    /// # Errors
    /// [`Blocked::Repeated`] if it came too often. It is counted all the same: who goes on stays out.
    pub(super) fn count(&self, account: &AccountId, body: &[u8], now: Timestamp) -> Result<(), Blocked> {
        // A large body takes its time, in which nobody else should wait.
        let name = self.name(account, body);
        let count = self.counts.lock().unwrap_or_else(PoisonError::into_inner).add(name, self.seconds, now);
        if count > i64::from(self.most) {
            return Err(Blocked::Repeated { most: self.most, seconds: self.seconds });
        }
        Ok(())
    }

    fn name(&self, account: &AccountId, body: &[u8]) -> Name {
        let mut keyed = self.keyed.clone();
        keyed.update(account.as_str().as_bytes());
        // No id has this byte, so that no two pairs of an account and a body are the same bytes.
        keyed.update(&[0]);
        keyed.update(body);
        let mut name = Name::default();
        name.copy_from_slice(&keyed.finalize().into_bytes()[..16]);
        name
    }
}

impl Counts {
    fn add(&mut self, name: Name, seconds: u32, now: Timestamp) -> i64 {
        let span = i64::from(seconds) * 1_000_000;
        let mut age = now.as_microsecond() - self.since;
        if age >= span || age < 0 || self.present.len() >= KEPT {
            let present = std::mem::take(&mut self.present);
            self.past = if age < 2 * span { present } else { HashMap::new() };
            // A span begins where the one before it ends, so that what is left of that one is what the last `seconds`
            // have in common with it.
            age = if (span..2 * span).contains(&age) { age - span } else { 0 };
            self.since = now.as_microsecond() - age;
        }
        let left = span - age;
        let before = i64::from(self.past.get(&name).copied().unwrap_or(0)) * left / span;
        let count = self.present.entry(name).or_default();
        *count = count.saturating_add(1);
        i64::from(*count) + before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).expect("a time")
    }

    fn repeats() -> Repeats {
        Repeats::new(3, 60, [1; 32])
    }

    #[test]
    fn the_same_request_may_come_so_often_in_a_span_and_again_later() {
        let (repeats, alice, bob) = (repeats(), "acc_a".parse().expect("an id"), "acc_b".parse().expect("an id"));
        for second in 0..3 {
            assert_eq!(repeats.count(&alice, b"same", at(second)), Ok(()));
        }
        let often = Err(Blocked::Repeated { most: 3, seconds: 60 });
        assert_eq!(repeats.count(&alice, b"same", at(3)), often);
        assert_eq!(repeats.count(&alice, b"other", at(3)), Ok(()), "another request");
        assert_eq!(repeats.count(&bob, b"same", at(3)), Ok(()), "another account");
        assert_eq!(repeats.count(&alice, b"same", at(61)), often, "the past span counts for what it is worth");
        assert_eq!(repeats.count(&alice, b"same", at(240)), Ok(()), "all is forgotten");
    }

    #[test]
    fn what_lies_further_back_than_a_span_does_not_count() {
        let (repeats, alice) = (repeats(), "acc_a".parse().expect("an id"));
        for second in [0, 1, 2, 110, 112, 114] {
            assert_eq!(repeats.count(&alice, b"same", at(second)), Ok(()), "never four times in a minute: {second}");
        }
        assert!(repeats.count(&alice, b"same", at(115)).is_err());
        assert!(repeats.count(&alice, b"same", at(130)).is_err(), "the fifth time in 20 seconds");
    }

    #[test]
    fn memory_is_bounded_and_a_clock_that_goes_back_is_survived() {
        let (repeats, alice) = (repeats(), "acc_a".parse().expect("an id"));
        for number in 0..(3 * KEPT + 7) {
            assert_eq!(repeats.count(&alice, &number.to_be_bytes(), at(0)), Ok(()));
            let counts = repeats.counts.lock().expect("no panic");
            assert!(counts.present.len() <= KEPT && counts.past.len() <= KEPT);
        }
        assert_eq!(repeats.count(&alice, b"late", at(-500)), Ok(()));
    }
}
