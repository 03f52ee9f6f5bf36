//! Words that every room shares: time of day and on the recording's clock, money, languages, ids, values that are replaced
//! while the service runs, what there is only so much of, and what is wrong with a file.
//!
//! Nothing here knows of audio, HTTP or whisper.cpp, and nothing here is imported from another room.

mod clock;
mod id;
mod language;
mod live;
mod mistake;
mod money;
mod pool;
mod time;

pub use clock::{Clock, SystemClock, Timestamp, to_the_microsecond};
pub use id::{AccountId, ChargeId, KeyId, NoticeId, RequestId, UnfitId, UnfitRequestId};
pub use language::Language;
pub use live::Live;
pub use mistake::mistake;
pub use money::{Currency, NANOS, NanoMoney, NoAmount, NoCurrency, decimal, parse_decimal};
pub use pool::{Pool, Share, Short};
pub use time::{Millis, PCM_RATE, SampleCount, SampleRate};
