//! What is told, rendered once by the keeper and handed out as it is: a request for the status costs a look into a map.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Notify;

use super::dialects::{Feed, atom, badge, html, platform, statuspage};
use super::keeper::Keeper;
use super::{Operator, Recorder, Settings, Snapshot, StatusStore};
use crate::domain::{Clock, Live};

/// Hands out what is told; cheap to clone.
#[derive(Clone)]
pub struct Board(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub store: Arc<dyn StatusStore>,
    pub clock: Arc<dyn Clock>,
    pub settings: Settings,
    /// The ids of the models that are served here.
    pub served: Vec<String>,
    pub recorder: Recorder,
    /// Wakes the keeper before its time.
    pub news: Notify,
    told: Live<BTreeMap<Page, Bytes>>,
}

/// Something that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Page {
    /// For people.
    Html,
    /// For readers of feeds.
    Atom,
    /// One of Statuspage's documents.
    Statuspage(Feed),
    /// How the whole is, in short.
    Platform,
    /// How a model is, in short.
    PlatformOf(String),
    /// A model's availability, as a picture.
    AvailabilityBadge(String),
    /// A model's time to the first byte, as a picture.
    LatencyBadge(String),
}

impl Board {
    /// A board, and the keeper that has to run for it. `served` are the ids of the models that are served here.
    #[must_use]
    pub fn new(
        store: Arc<dyn StatusStore>,
        clock: Arc<dyn Clock>,
        served: Vec<String>,
        settings: Settings,
    ) -> (Self, Keeper) {
        let (recorder, samples) = Recorder::new(clock.clone());
        let told = Live::new(BTreeMap::new());
        let board = Self(Arc::new(Inner { store, clock, settings, served, recorder, news: Notify::new(), told }));
        let empty = super::snapshot::Found::default().snapshot(&board.0.served, board.0.clock.now());
        board.publish(&empty);
        let keeper = Keeper::new(board.clone(), samples);
        (board, keeper)
    }

    /// Where requests that have ended are handed in.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    /// What was rendered last; `None` for a model of which nothing is known.
    #[must_use]
    pub fn page(&self, page: &Page) -> Option<Bytes> {
        self.0.told.get().get(page).cloned()
    }

    /// One who writes notices, which the board tells at once.
    #[must_use]
    pub fn operator(&self) -> Operator {
        Operator::new(self.0.store.clone(), self.0.clock.clone())
    }

    /// Something was written that should not wait for the keeper's next round.
    pub fn hurry(&self) {
        self.0.news.notify_one();
    }

    /// Renders all that can be asked for.
    pub(super) fn publish(&self, snapshot: &Snapshot) {
        let settings = &self.0.settings;
        let mut pages = BTreeMap::from([
            (Page::Html, html::page(snapshot, settings).into()),
            (Page::Atom, atom::feed(snapshot, settings).into()),
            (Page::Platform, json(&platform::whole(snapshot))),
        ]);
        for feed in Feed::ALL {
            pages.insert(Page::Statuspage(feed), json(&statuspage::document(feed, snapshot, settings)));
        }
        for model in &snapshot.models {
            let id = model.id.clone();
            pages.insert(Page::PlatformOf(id.clone()), json(&platform::model(model)));
            pages.insert(Page::AvailabilityBadge(id.clone()), badge::availability(model).into());
            pages.insert(Page::LatencyBadge(id), badge::latency(model).into());
        }
        self.0.told.replace(pages);
    }
}

fn json(document: &impl serde::Serialize) -> Bytes {
    serde_json::to_vec(document).unwrap_or_default().into()
}
