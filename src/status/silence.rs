//! What is told while the store does not answer: that it does not, and since when. The same database has keys and
//! charges, so that without it nearly nothing works; whoever looks at the status must not read that all is well.

use jiff::SignedDuration;

use super::{Impact, Kind, Notice, Stage, Update};
use crate::domain::{NoticeId, Timestamp};

/// How long the store may be silent before that is told.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// How long the store has been silent; not at all, to begin with.
#[derive(Default)]
pub(super) struct Silence {
    /// When it was first found to be.
    since: Option<Timestamp>,
    /// The incident that is told, and not written as long as nothing can be.
    incident: Option<Notice>,
}

impl Silence {
    /// It is still silent: the incident that is to be told, if it has been so for long.
    pub fn goes_on(&mut self, now: Timestamp) -> Option<&Notice> {
        // A clock that was ahead, and has been put right, must not make it wait.
        let since = *self.since.insert(self.since.map_or(now, |since| since.min(now)));
        if self.incident.is_none() && now.duration_since(since) > PATIENCE {
            let body = "Since then nothing could be read or written, and requests fail. All else that is told here is \
                        what was known before.";
            self.incident = Some(Notice {
                id: NoticeId::new(),
                name: "The database is out of reach".to_owned(),
                models: Vec::new(),
                impact: Impact::Critical,
                kind: Kind::Incident { by_rule: false },
                updates: vec![Update { stage: Stage::Identified, body: body.to_owned(), at: since }],
            });
        }
        self.incident.as_ref()
    }

    /// The incident that was told and is over now, to be written, unless another server that told the same was first.
    pub fn ended(&self, now: Timestamp, written: &[Notice]) -> Option<Notice> {
        let mut incident = self.incident.clone()?;
        let is_same = |other: &Notice| {
            other.name == incident.name && other.closed_at().is_some_and(|closed| closed >= incident.opened_at())
        };
        if written.iter().any(is_same) {
            return None;
        }
        let body = "It is within reach again.".to_owned();
        incident.updates.push(Update { stage: Stage::Resolved, body, at: now });
        Some(incident)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_silence_is_not_told_and_a_long_one_is_written_once() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let mut silence = Silence::default();
        assert_eq!(silence.goes_on(at(100)), None);
        assert_eq!(silence.goes_on(at(130)), None);
        let told = silence.goes_on(at(131)).cloned().expect("it is long enough");
        assert_eq!((told.opened_at(), told.impact, told.is_open()), (at(100), Impact::Critical, true));
        assert_eq!(silence.goes_on(at(200)), Some(&told), "it is one incident");
        let written = silence.ended(at(210), &[]).expect("nobody has written it");
        assert_eq!((&written.id, written.closed_at()), (&told.id, Some(at(210))));
        let told = |from| {
            let mut other = Silence::default();
            assert!(other.goes_on(at(from)).is_none() && other.goes_on(at(from + 40)).is_some());
            other
        };
        assert_eq!(told(105).ended(at(211), std::slice::from_ref(&written)), None, "another server has");
        assert!(told(211).ended(at(260), &[written]).is_some(), "it is silent again");
    }

    #[test]
    fn a_clock_that_was_ahead_makes_nobody_wait() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let mut silence = Silence::default();
        assert_eq!(silence.goes_on(at(1_000_000)), None);
        assert_eq!(silence.goes_on(at(100)), None);
        assert!(silence.goes_on(at(131)).is_some());
    }
}
