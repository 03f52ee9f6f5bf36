//! How long the chunks of a stream are on their way: the backend writes the time into each, and the client looks at the
//! clock when it has read it. Both are this process, and have one clock.

use std::io;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::load::{Outcome, Target};
use crate::wire::Connection;

/// Stands in a chunk before the time.
const MARK: &str = "sent at ";

/// As many as a time in nanoseconds has, whatever it is.
const DIGITS: usize = 20;

static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The time, as it is written into a chunk.
pub fn stamp() -> String {
    format!("{MARK}{:0DIGITS$}", BEGIN.elapsed().as_nanos())
}

/// How long chunks were on their way: the first of each stream, and the others.
pub type Delays = [Outcome; 2];

impl Target {
    /// One client, which reads one slow stream after the other.
    pub async fn slow(&self, time: Duration) -> io::Result<Delays> {
        let mut connection = Connection::open(self.address).await?;
        let ([mut first, mut later], begin) = (Delays::default(), Instant::now());
        while begin.elapsed() < time {
            let mut arrivals = Arrivals::default();
            let read = connection.exchange(&self.request, |answer| arrivals.look(answer)).await;
            first.failed += u64::from(read.is_err());
            let mut delays = arrivals.delays.into_iter();
            first.waits.extend(delays.next());
            later.waits.extend(delays);
        }
        first.waits.sort_unstable();
        later.waits.sort_unstable();
        Ok([first, later])
    }
}

/// The chunks of one stream.
#[derive(Default)]
struct Arrivals {
    delays: Vec<Duration>,
    /// How much of the answer has been looked at.
    seen: usize,
}

impl Arrivals {
    /// Looks at an answer as far as it is there.
    fn look(&mut self, answer: &[u8]) {
        let now = BEGIN.elapsed();
        while let Some(at) = answer[self.seen..].windows(MARK.len()).position(|window| window == MARK.as_bytes()) {
            let start = self.seen + at + MARK.len();
            let Some(digits) = answer.get(start..start + DIGITS) else { return };
            let sent = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
            self.delays.extend(sent.map(|sent| now.saturating_sub(Duration::from_nanos(sent))));
            self.seen = start + DIGITS;
        }
    }
}
