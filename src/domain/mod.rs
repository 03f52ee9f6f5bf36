//! Words that every room shares: time of day and on the recording's clock, money, languages, ids, hexadecimal digits, values
//! that are replaced while the service runs, what there is only so much of, what is wrong with a file, and what others mean:
//! by an error, by a wish to be left alone, by a name that there is not.
//!
//! Nothing here knows of audio or whisper.cpp or speaks HTTP, and nothing here is imported from another room.

mod cause;
mod clock;
mod file;
mod hex;
mod id;
mod language;
mod likeness;
mod live;
mod mistake;
mod money;
mod pool;
mod time;
mod wait;

pub use cause::innermost;
pub use clock::{Clock, SystemClock, Timestamp, seconds_up, to_the_microsecond};
pub use file::{FileError, read_file};
pub use hex::{hex, unhex};
pub use id::{AccountId, ChargeId, KeyId, NoticeId, RequestId, UnfitId, UnfitRequestId};
pub use language::Language;
pub use likeness::most_alike;
pub use live::Live;
pub use mistake::mistake;
pub use money::{Currency, NANOS, NanoMoney, NoAmount, NoCurrency, decimal, parse_decimal};
pub use pool::{Pool, Share, Short};
pub use time::{Millis, PCM_RATE, SampleCount, SampleRate};
pub use wait::retry_after;
