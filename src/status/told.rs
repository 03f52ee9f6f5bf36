//! Notices as they are told to those who run the service, over the admin API and on the command line. Times are seconds
//! since 1970.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Impact, Kind, Notice, Stage};

/// An incident or a maintenance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
pub struct NoticeObject {
    /// Always `notice`.
    #[schema(example = "notice")]
    object: &'static str,
    /// Its id.
    #[schema(example = "note_0190f3a2b4c87d10a6e2f1b3c4d5e6f7")]
    pub id: String,
    /// `incident` or `maintenance`.
    #[schema(example = "incident")]
    kind: &'static str,
    /// Whether a rule opened it.
    automatic: bool,
    /// In a few words.
    name: String,
    /// What it is about; none: everything.
    models: Vec<String>,
    /// How bad it is.
    impact: Impact,
    /// How far it is.
    stage: Stage,
    /// From when, of a maintenance.
    #[schema(required = true)]
    scheduled_for: Option<i64>,
    /// To when, of a maintenance.
    #[schema(required = true)]
    scheduled_until: Option<i64>,
    /// When it was put up.
    opened_at: i64,
    /// When it was over.
    #[schema(required = true)]
    closed_at: Option<i64>,
    /// What was said, the oldest first.
    updates: Vec<UpdateObject>,
}

/// What was said of a notice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NoticeUpdate)]
struct UpdateObject {
    stage: Stage,
    body: String,
    at: i64,
}

impl From<&Notice> for NoticeObject {
    fn from(notice: &Notice) -> Self {
        let schedule = match notice.kind {
            Kind::Incident { .. } => None,
            Kind::Maintenance { from, until } => Some((from.as_second(), until.as_second())),
        };
        let updates = notice.updates.iter();
        Self {
            object: "notice",
            id: notice.id.to_string(),
            kind: if notice.is_incident() { "incident" } else { "maintenance" },
            automatic: notice.is_by_rule(),
            name: notice.name.clone(),
            models: notice.models.clone(),
            impact: notice.impact,
            stage: notice.stage(),
            scheduled_for: schedule.map(|(from, _)| from),
            scheduled_until: schedule.map(|(_, until)| until),
            opened_at: notice.opened_at().as_second(),
            closed_at: notice.closed_at().map(crate::domain::Timestamp::as_second),
            updates: updates
                .map(|update| UpdateObject {
                    stage: update.stage,
                    body: update.body.clone(),
                    at: update.at.as_second(),
                })
                .collect(),
        }
    }
}
