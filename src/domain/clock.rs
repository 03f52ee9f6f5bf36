//! The time of day, as a parameter: what depends on it can be tested at any date.

pub use jiff::Timestamp;

/// Tells the time, in UTC.
pub trait Clock: Send + Sync {
    /// The present moment, to the microsecond, which is as fine as the stores keep it.
    fn now(&self) -> Timestamp;
}

/// The first whole second of Unix time that is not before a moment.
#[must_use]
pub fn seconds_up(moment: Timestamp) -> i64 {
    moment.as_second() + i64::from(moment.subsec_nanosecond() > 0)
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        to_the_microsecond(Timestamp::now())
    }
}

/// A moment without what the stores would not keep of it.
#[must_use]
pub fn to_the_microsecond(moment: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(moment.as_microsecond()).unwrap_or(moment)
}
