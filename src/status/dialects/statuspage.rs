//! Statuspage's public API, version 2, which most tools that watch services can read. A model is a component; the page
//! has no groups.

use serde::Serialize;
use utoipa::ToSchema;

use super::Feed;
use crate::domain::Timestamp;
use crate::status::{Kind, Notice, Settings, Snapshot, Stage, State, Update};

/// The name of the page in ids.
const PAGE: &str = "minuted";

/// Notices in a list of the latest; Statuspage has as many.
const LATEST: usize = 50;

/// Any of the documents; what is not asked for is not in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statuspage)]
pub struct Document {
    page: PageObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status: Option<StatusObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    components: Option<Vec<Component>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    incidents: Option<Vec<NoticeObject>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scheduled_maintenances: Option<Vec<NoticeObject>>,
}

/// The page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatuspagePage)]
struct PageObject {
    id: &'static str,
    name: String,
    url: String,
    time_zone: &'static str,
    updated_at: String,
}

/// The whole in a word.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatuspageStatus)]
struct StatusObject {
    /// `none`, `minor`, `major`, `critical` or `maintenance`.
    #[schema(example = "none")]
    indicator: &'static str,
    #[schema(example = "All systems operational")]
    description: &'static str,
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatuspageComponent)]
struct Component {
    id: String,
    name: String,
    status: State,
    #[schema(required = true)]
    created_at: Option<String>,
    updated_at: String,
    position: usize,
    #[schema(required = true)]
    description: Option<String>,
    showcase: bool,
    #[schema(required = true)]
    start_date: Option<String>,
    #[schema(required = true)]
    group_id: Option<String>,
    page_id: &'static str,
    group: bool,
    only_show_if_degraded: bool,
}

/// An incident or a maintenance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatuspageNotice)]
struct NoticeObject {
    id: String,
    name: String,
    status: Stage,
    /// `none`, `minor`, `major`, `critical` or `maintenance`.
    impact: &'static str,
    shortlink: String,
    started_at: String,
    created_at: String,
    updated_at: String,
    #[schema(required = true)]
    monitoring_at: Option<String>,
    #[schema(required = true)]
    resolved_at: Option<String>,
    page_id: &'static str,
    components: Vec<Component>,
    /// The newest first.
    incident_updates: Vec<UpdateObject>,
    /// Only of a maintenance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scheduled_for: Option<String>,
    /// Only of a maintenance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scheduled_until: Option<String>,
}

/// What was said of a notice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatuspageUpdate)]
struct UpdateObject {
    id: String,
    status: Stage,
    body: String,
    created_at: String,
    display_at: String,
    updated_at: String,
    incident_id: String,
    affected_components: Vec<Affected>,
}

/// A model that an update is about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatuspageAffected)]
struct Affected {
    code: String,
    name: String,
    old_status: State,
    new_status: State,
}

/// One of the documents.
#[must_use]
pub fn document(feed: Feed, snapshot: &Snapshot, settings: &Settings) -> Document {
    let page = settings.url.clone().unwrap_or_else(|| "/status".to_owned());
    let teller = Teller { snapshot, page };
    let (open, started) = (Notice::is_open, |notice: &Notice| notice.stage() != Stage::Scheduled);
    let mut document = teller.empty(settings);
    match feed {
        Feed::Summary => {
            document.status = Some(status(snapshot));
            document.components = Some(teller.components(|_| true));
            document.incidents = Some(teller.notices(true, open));
            document.scheduled_maintenances = Some(teller.notices(false, open));
        }
        Feed::Status => document.status = Some(status(snapshot)),
        Feed::Components => document.components = Some(teller.components(|_| true)),
        Feed::Incidents => document.incidents = Some(teller.notices(true, |_| true)),
        Feed::Unresolved => document.incidents = Some(teller.notices(true, open)),
        Feed::Maintenances => document.scheduled_maintenances = Some(teller.notices(false, |_| true)),
        Feed::Upcoming => document.scheduled_maintenances = Some(teller.notices(false, |n| open(n) && !started(n))),
        Feed::Active => document.scheduled_maintenances = Some(teller.notices(false, |n| open(n) && started(n))),
    }
    document
}

fn status(snapshot: &Snapshot) -> StatusObject {
    let state = snapshot.state();
    let indicator = match state {
        State::Operational => "none",
        State::UnderMaintenance => "maintenance",
        State::DegradedPerformance => "minor",
        State::PartialOutage => "major",
        State::MajorOutage => "critical",
    };
    StatusObject { indicator, description: state.of_all() }
}

struct Teller<'a> {
    snapshot: &'a Snapshot,
    page: String,
}

impl Teller<'_> {
    fn empty(&self, settings: &Settings) -> Document {
        let page = PageObject {
            id: PAGE,
            name: settings.name.clone(),
            url: self.page.clone(),
            time_zone: "Etc/UTC",
            updated_at: moment(self.snapshot.at),
        };
        Document { page, status: None, components: None, incidents: None, scheduled_maintenances: None }
    }

    fn components(&self, wanted: impl Fn(&str) -> bool) -> Vec<Component> {
        let models = self.snapshot.models.iter().enumerate().filter(|(_, model)| wanted(&model.id));
        models
            .map(|(place, model)| Component {
                id: model.id.clone(),
                name: model.id.clone(),
                status: model.state,
                created_at: None,
                updated_at: moment(self.snapshot.at),
                position: place + 1,
                description: None,
                showcase: true,
                start_date: None,
                group_id: None,
                page_id: PAGE,
                group: false,
                only_show_if_degraded: false,
            })
            .collect()
    }

    fn notices(&self, incidents: bool, wanted: impl Fn(&Notice) -> bool) -> Vec<NoticeObject> {
        self.snapshot.notices(incidents, wanted).take(LATEST).map(|notice| self.notice(notice)).collect()
    }

    fn notice(&self, notice: &Notice) -> NoticeObject {
        let (impact, schedule) = match notice.kind {
            Kind::Incident { .. } => (notice.impact.name(), None),
            Kind::Maintenance { from, until } => ("maintenance", Some((moment(from), moment(until)))),
        };
        let updates = notice.updates.iter().enumerate().rev();
        NoticeObject {
            id: notice.id.to_string(),
            name: notice.name.clone(),
            status: notice.stage(),
            impact,
            shortlink: format!("{}#{}", self.page, notice.id),
            started_at: schedule.as_ref().map_or_else(|| moment(notice.opened_at()), |(from, _)| from.clone()),
            created_at: moment(notice.opened_at()),
            updated_at: moment(notice.updated_at()),
            monitoring_at: notice.reached(Stage::Monitoring).map(moment),
            resolved_at: notice.closed_at().map(moment),
            page_id: PAGE,
            components: self.components(|model| notice.concerns(model)),
            incident_updates: updates.map(|(number, update)| self.update(notice, number, update)).collect(),
            scheduled_until: schedule.as_ref().map(|(_, until)| until.clone()),
            scheduled_for: schedule.map(|(from, _)| from),
        }
    }

    fn update(&self, notice: &Notice, number: usize, update: &Update) -> UpdateObject {
        let state = |stage: Option<Stage>| stage.map_or(State::Operational, |stage| State::during(notice, stage));
        let old = number.checked_sub(1).and_then(|before| notice.updates.get(before)).map(|update| update.stage);
        let models = self.snapshot.models.iter().filter(|model| notice.concerns(&model.id));
        let affected = models.map(|model| Affected {
            code: model.id.clone(),
            name: model.id.clone(),
            old_status: state(old),
            new_status: state(Some(update.stage)),
        });
        UpdateObject {
            id: format!("{}-{}", notice.id, number + 1),
            status: update.stage,
            body: update.body.clone(),
            created_at: moment(update.at),
            display_at: moment(update.at),
            updated_at: moment(update.at),
            incident_id: notice.id.to_string(),
            affected_components: affected.collect(),
        }
    }
}

/// In milliseconds and UTC, as Statuspage has them.
fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}
