//! What those who run the service write: incidents of their own, words to any notice, planned maintenance. Over the
//! admin API and on the command line alike; the board reads it within seconds.

use std::sync::Arc;

use super::notice::MAX_UPDATES;
use super::{Impact, Kind, Notice, Stage, StatusError, StatusStore, Update};
use crate::domain::{Clock, NoticeId, Timestamp};

/// The longest name of a notice, in characters.
const MAX_NAME: usize = 200;

/// The longest text of an update, in characters.
const MAX_BODY: usize = 5_000;

/// The most models that a notice names.
const MAX_MODELS: usize = 100;

/// An incident to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIncident {
    /// In a few words.
    pub name: String,
    /// The ids of the models that it is about; none: everything.
    pub models: Vec<String>,
    /// How bad it is.
    pub impact: Impact,
    /// For people.
    pub body: String,
}

/// A maintenance to be announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMaintenance {
    /// In a few words.
    pub name: String,
    /// The ids of the models that it is about; none: everything.
    pub models: Vec<String>,
    /// From when.
    pub from: Timestamp,
    /// To when.
    pub until: Timestamp,
    /// For people.
    pub body: String,
}

/// Something to be said about a notice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewUpdate {
    /// Where it goes; where it is, if nothing is said.
    pub stage: Option<Stage>,
    /// How bad it is now; as bad as it was, if nothing is said.
    pub impact: Option<Impact>,
    /// For people.
    pub body: String,
}

/// Writes notices by hand; cheap to clone.
#[derive(Clone)]
pub struct Operator {
    store: Arc<dyn StatusStore>,
    clock: Arc<dyn Clock>,
}

impl Operator {
    /// One who writes to this store.
    #[must_use]
    pub fn new(store: Arc<dyn StatusStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Opens an incident.
    ///
    /// # Errors
    /// [`StatusError::Unfit`] and [`StatusError::Store`].
    pub async fn open(&self, wish: NewIncident) -> Result<Notice, StatusError> {
        let kind = Kind::Incident { by_rule: false };
        self.post((wish.name, wish.models, wish.body), wish.impact, kind, Stage::Investigating).await
    }

    /// Announces a maintenance.
    ///
    /// # Errors
    /// [`StatusError::Unfit`] and [`StatusError::Store`].
    pub async fn plan(&self, wish: NewMaintenance) -> Result<Notice, StatusError> {
        let unfit = |why: &str| StatusError::Unfit { field: "until", why: why.to_owned() };
        if wish.until <= wish.from {
            return Err(unfit("it is after its begin"));
        }
        if wish.until <= self.clock.now() {
            return Err(unfit("it is in the future"));
        }
        let kind = Kind::Maintenance { from: wish.from, until: wish.until };
        self.post((wish.name, wish.models, wish.body), Impact::None, kind, Stage::Scheduled).await
    }

    async fn post(
        &self,
        (name, models, body): (String, Vec<String>, String),
        impact: Impact,
        kind: Kind,
        stage: Stage,
    ) -> Result<Notice, StatusError> {
        let name = text("name", &name, MAX_NAME, false)?;
        let unfit =
            || StatusError::Unfit { field: "models", why: format!("they are at most {MAX_MODELS} ids of models") };
        if models.len() > MAX_MODELS {
            return Err(unfit());
        }
        let models = models.iter().map(|model| text("models", model, MAX_NAME, false));
        let models = models.collect::<Result<_, _>>().map_err(|_| unfit())?;
        let first = Update { stage, body: text("body", &body, MAX_BODY, true)?, at: self.clock.now() };
        let notice = Notice { id: NoticeId::new(), name, models, impact, kind, updates: vec![first] };
        self.store.post(&notice).await?;
        Ok(notice)
    }

    /// Says something about a notice, and moves it on if that is wished. One that is over can still be spoken of.
    ///
    /// # Errors
    /// [`StatusError::Unknown`], [`StatusError::Unfit`] and [`StatusError::Store`].
    pub async fn update(&self, id: &str, wish: NewUpdate) -> Result<Notice, StatusError> {
        let unknown = || StatusError::Unknown(id.chars().take(100).collect());
        let id: NoticeId = id.parse().map_err(|_| unknown())?;
        let body = text("body", &wish.body, MAX_BODY, true)?;
        // A rule may say something at the same moment; it does so once a minute at most.
        for _ in 0..5 {
            let notice = self.store.notice(&id).await?.ok_or_else(unknown)?;
            let (now, before) = (notice.stage(), notice.updates.len());
            let stage = wish.stage.unwrap_or(now);
            if !notice.kind.knows(stage) {
                let why = format!(
                    "`{stage}` is not for {}",
                    if notice.is_incident() { "an incident" } else { "a maintenance" }
                );
                return Err(StatusError::Unfit { field: "stage", why });
            }
            if now.is_end() && stage != now {
                let why = format!("it is {now}: what comes back is a notice of its own");
                return Err(StatusError::Unfit { field: "stage", why });
            }
            let ends_it = stage.is_end() && !now.is_end();
            if before >= MAX_UPDATES && !ends_it {
                return Err(StatusError::Unfit {
                    field: "body",
                    why: format!("there are {MAX_UPDATES} updates already; all that it can do is end"),
                });
            }
            let update = Update { stage, body: body.clone(), at: self.clock.now() };
            let impact = wish.impact.unwrap_or(notice.impact);
            if self.store.update(&id, (now, before), &update, impact).await? {
                let updates = notice.updates.into_iter().chain([update]).collect();
                return Ok(Notice { impact, updates, ..notice });
            }
        }
        Err(StatusError::Store("others go on changing the notice".to_owned()))
    }

    /// Ends an incident or a maintenance.
    ///
    /// # Errors
    /// As [`Self::update`]; and [`StatusError::Unfit`] if it is over.
    pub async fn end(&self, id: &str, body: String) -> Result<Notice, StatusError> {
        let unknown = || StatusError::Unknown(id.chars().take(100).collect());
        let known = self.store.notice(&id.parse().map_err(|_| unknown())?).await?.ok_or_else(unknown)?;
        if known.stage().is_end() {
            let why = format!("it is already {}", known.stage());
            return Err(StatusError::Unfit { field: "stage", why });
        }
        self.update(id, NewUpdate { stage: Some(known.kind.end()), impact: None, body }).await
    }

    /// All notices that are open, and so many that are closed, the newest first.
    ///
    /// # Errors
    /// [`StatusError::Store`].
    pub async fn notices(&self, closed: u32) -> Result<Vec<Notice>, StatusError> {
        self.store.notices(Timestamp::UNIX_EPOCH, closed).await
    }
}

/// A text without spaces around it, of at least one character.
fn text(field: &'static str, text: &str, limit: usize, has_lines: bool) -> Result<String, StatusError> {
    let text = text.trim();
    let is_bad = |c: char| c.is_control() && !(has_lines && matches!(c, '\n' | '\r' | '\t'));
    if text.is_empty() || text.chars().count() > limit || text.contains(is_bad) {
        let why = format!("it has 1 to {limit} characters that can be seen");
        return Err(StatusError::Unfit { field, why });
    }
    Ok(text.to_owned())
}
