//! What is told while the store does not answer: that it does not, and since when. The same database has keys and
//! charges, so that without it nearly nothing works; whoever looks at the status must not read that all is well.

use jiff::SignedDuration;

use super::{Impact, Kind, Notice, Stage, Update};
use crate::domain::{NoticeId, Timestamp};

/// How long the store may be silent before that is told.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// How long the store has been silent.
pub(super) struct Silence {
    /// When it last answered.
    answered: Timestamp,
    /// The incident that is told, and not written as long as nothing can be.
    incident: Option<Notice>,
}

impl Silence {
    /// None so far.
    pub fn since(answered: Timestamp) -> Self {
        Self { answered, incident: None }
    }

    /// It is still silent: the incident that is to be told, if it has been so for long.
    pub fn goes_on(&mut self, now: Timestamp) -> Option<&Notice> {
        // A clock that was ahead, and has been put right, must not make it wait.
        self.answered = self.answered.min(now);
        if self.incident.is_none() && now.duration_since(self.answered) > PATIENCE {
            let body = "Since then nothing could be read or written, and requests fail. All else that is told here is \
                        what was known before.";
            self.incident = Some(Notice {
                id: NoticeId::new(),
                name: "The database is out of reach".to_owned(),
                models: Vec::new(),
                impact: Impact::Critical,
                kind: Kind::Incident { by_rule: false },
                updates: vec![Update { stage: Stage::Identified, body: body.to_owned(), at: self.answered }],
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
        let mut silence = Silence::since(at(100));
        assert_eq!(silence.goes_on(at(130)), None);
        let told = silence.goes_on(at(131)).cloned().expect("it is long enough");
        assert_eq!((told.opened_at(), told.impact, told.is_open()), (at(100), Impact::Critical, true));
        assert_eq!(silence.goes_on(at(200)), Some(&told), "it is one incident");
        let written = silence.ended(at(210), &[]).expect("nobody has written it");
        assert_eq!((&written.id, written.closed_at()), (&told.id, Some(at(210))));
        let mut other = Silence::since(at(105));
        assert!(other.goes_on(at(140)).is_some());
        assert_eq!(other.ended(at(211), &[written]), None, "another server has");
    }

    #[test]
    fn a_clock_that_was_ahead_makes_nobody_wait() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let mut silence = Silence::since(at(1_000_000));
        assert_eq!(silence.goes_on(at(100)), None);
        assert!(silence.goes_on(at(131)).is_some());
    }
}
