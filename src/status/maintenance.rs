//! What a planned maintenance does by itself: it begins and ends on time, unless an operator is ahead of it.

use super::{Kind, Notice, Stage, Update};
use crate::domain::Timestamp;

/// The update that is due, if one is.
#[must_use]
pub fn due(notice: &Notice, now: Timestamp) -> Option<Update> {
    let Kind::Maintenance { from, until } = notice.kind else { return None };
    let (stage, body) = match notice.stage() {
        Stage::Completed => return None,
        _ if now >= until => (Stage::Completed, "The maintenance is over."),
        Stage::Scheduled if now >= from => (Stage::InProgress, "The maintenance has begun."),
        _ => return None,
    };
    Some(Update { stage, body: body.to_owned(), at: now })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::NoticeId;
    use crate::status::Impact;

    #[test]
    fn it_begins_and_ends_on_time() {
        use Stage::{Completed, InProgress, Scheduled, Verifying};
        let at = |hour: i64| Timestamp::from_second(hour * 3600).expect("a time");
        for (stage, hour, expected) in [
            (Scheduled, 0, None),
            (Scheduled, 1, Some(InProgress)),
            (Scheduled, 5, Some(Completed)),
            (InProgress, 1, None),
            (InProgress, 2, Some(Completed)),
            (Verifying, 1, None),
            (Verifying, 2, Some(Completed)),
            (Completed, 1, None),
        ] {
            let maintenance = Notice {
                id: NoticeId::new(),
                name: "disks".to_owned(),
                models: Vec::new(),
                impact: Impact::None,
                kind: Kind::Maintenance { from: at(1), until: at(2) },
                updates: vec![Update { stage, body: String::new(), at: at(0) }],
            };
            assert_eq!(due(&maintenance, at(hour)).map(|update| update.stage), expected, "{stage} at {hour}");
            let excused = stage != Completed && hour == 1;
            assert_eq!(maintenance.excuses(at(hour)), excused, "{stage} at {hour}");
        }
    }
}
