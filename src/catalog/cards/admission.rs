//! Whether a model may still be called, and what its callers are told.

use super::life::midnight;
use super::{Cards, Life, Phase};
use crate::domain::Timestamp;

/// What is to be done with a request that names a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Serve it, and tell this if there is something to tell.
    Serve(Option<Notice>),
    /// Serve the successor: the model is gone, and the account wants what comes after it.
    Succeed {
        /// The successor's id.
        by: String,
        /// What its callers are told.
        notice: Notice,
    },
    /// Refuse it: the model is gone. The notice names the successor, if there is one.
    Gone(Notice),
}

/// What the callers of a model are told whose end has been announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The model's id.
    pub model: String,
    /// Since when it is deprecated.
    pub deprecated_at: Timestamp,
    /// When it goes, or went.
    pub ends_at: Option<Timestamp>,
    /// The id of the model to call instead, under which it is served.
    pub successor: Option<String>,
}

impl Cards {
    /// What is to be done with a request for the model of this id. `follows` says whether the account wants the successor
    /// of what is gone, and `served` tells the id that a name means among the models that are served. A model without a
    /// card is served: nobody has said that it ends.
    #[must_use]
    pub fn admit(
        &self,
        model: &str,
        follows: bool,
        now: Timestamp,
        served: impl Fn(&str) -> Option<String>,
    ) -> Verdict {
        let Some(card) = self.find(model) else { return Verdict::Serve(None) };
        let phase = card.life.phase(now);
        if phase < Phase::Deprecated {
            return Verdict::Serve(None);
        }
        let Life { announced_on, ends_on, .. } = card.life;
        let notice = Notice {
            model: card.id.clone(),
            deprecated_at: announced_on.map_or(Timestamp::UNIX_EPOCH, midnight),
            ends_at: ends_on.map(midnight),
            successor: self.successor(card, now).map(|card| card.served_as(served)),
        };
        match (phase, follows, &notice.successor) {
            (Phase::Retired, true, Some(by)) => Verdict::Succeed { by: by.clone(), notice },
            (Phase::Retired, ..) => Verdict::Gone(notice),
            _ => Verdict::Serve(Some(notice)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        [[model]]
        id = "first"
        vendor = "acme"
        licence = "MIT"
        phase = "production"
        announced_on = "2026-06-01"
        ends_on = "2026-09-01"
        successor = "second"

        [[model]]
        id = "second"
        aliases = ["second-q8"]
        vendor = "acme"
        licence = "MIT"
        phase = "production"
        announced_on = "2026-10-01"
        ends_on = "2027-01-01"
        successor = "third"

        [[model]]
        id = "third"
        vendor = "acme"
        licence = "MIT"
        phase = "production"

        [[model]]
        id = "last"
        vendor = "acme"
        licence = "MIT"
        phase = "deprecated"
        announced_on = "2026-06-01"
        ends_on = "2026-09-01"
    "#;

    fn admit(model: &str, follows: bool, at: &str) -> Verdict {
        let now = at.parse().expect("a time");
        Cards::read(FILE, now).expect("a good file").admit(model, follows, now, |_| None)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn notice(successor: &str) -> Notice {
        Notice {
            model: "first".to_owned(),
            deprecated_at: at("2026-06-01T00:00:00Z"),
            ends_at: Some(at("2026-09-01T00:00:00Z")),
            successor: Some(successor.to_owned()),
        }
    }

    #[test]
    fn a_model_is_served_then_served_with_a_notice_then_gone() {
        assert_eq!(admit("first", true, "2026-05-31T23:59:59Z"), Verdict::Serve(None));
        for follows in [false, true] {
            let told = Verdict::Serve(Some(notice("second")));
            assert_eq!(admit("first", follows, "2026-06-01T00:00:00Z"), told);
            assert_eq!(admit("FIRST", follows, "2026-08-31T23:59:59.999999Z"), told);
        }
        assert_eq!(admit("first", false, "2026-09-01T00:00:00Z"), Verdict::Gone(notice("second")));
        let succeeded = Verdict::Succeed { by: "second".to_owned(), notice: notice("second") };
        assert_eq!(admit("first", true, "2026-09-01T00:00:00Z"), succeeded);
    }

    #[test]
    fn the_line_of_successors_is_followed_to_one_that_lives() {
        let succeeded = Verdict::Succeed { by: "third".to_owned(), notice: notice("third") };
        assert_eq!(admit("first", true, "2027-01-01T00:00:00Z"), succeeded);
        let Verdict::Gone(told) = admit("second-q8", false, "2027-01-01T00:00:00Z") else { panic!("it is gone") };
        assert_eq!((told.model.as_str(), told.successor.as_deref()), ("second", Some("third")));
    }

    #[test]
    fn a_successor_is_told_under_the_id_that_is_served() {
        let now = at("2026-09-01T00:00:00Z");
        let served = |name: &str| name.eq_ignore_ascii_case("second-q8").then(|| "Second-Q8".to_owned());
        let verdict = Cards::read(FILE, now).expect("a good file").admit("first", true, now, served);
        let expected = Verdict::Succeed { by: "Second-Q8".to_owned(), notice: notice("Second-Q8") };
        assert_eq!(verdict, expected);
    }

    #[test]
    fn what_has_no_successor_is_gone_for_everybody_and_what_has_no_card_is_served() {
        assert!(matches!(admit("last", true, "2026-09-01T00:00:00Z"), Verdict::Gone(told) if told.successor.is_none()));
        assert_eq!(admit("house-model", false, "2026-09-01T00:00:00Z"), Verdict::Serve(None));
    }
}
