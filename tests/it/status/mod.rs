//! How the service says how it is doing: what counts, when an incident begins and ends, and every way of telling it.

mod clocks;
mod counted;
mod incidents;
mod looks;
mod notices;
mod passed_on;
mod patient;
mod told;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use minuted::domain::Timestamp;
use minuted::status::{Detail, Fault, Measure, Outcome, Probe, Settings, Span, Tally};
use minuted::storage::Stores;
use serde_json::Value;

use crate::app::TestApp;

/// The id of the model that a [`TestApp`] serves.
pub const MODEL: &str = "minuted-nano.en";

/// Everything that was counted, whenever.
pub async fn counted(app: &TestApp) -> Tally {
    sum(&app.stores).await
}

/// The same, of a store.
pub async fn sum(stores: &Stores) -> Tally {
    let all = stores.status.tallies(Span::Day, Timestamp::UNIX_EPOCH, Timestamp::MAX, Detail::Whole).await;
    all.expect("it answers").into_values().fold(Tally::default(), |mut sum, tally| {
        sum.merge(&tally);
        sum
    })
}

/// Waits until so many requests of a measure have been counted, and gives all counts.
pub async fn counting(app: &TestApp, measure: Measure, count: u64) -> Tally {
    crate::app::until_async(async || {
        app.status.hurry();
        counted(app).await.total(measure) >= count
    })
    .await;
    counted(app).await
}

pub async fn json(app: &TestApp, path: &str) -> Value {
    let response = app.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    response.json().await.expect("JSON")
}

/// Without probes.
pub fn quiet() -> Settings {
    Settings { probe: false, ..Settings::default() }
}

/// A probe that fails as often as it is asked, and counts that.
pub struct Failing(pub Arc<AtomicUsize>);

#[async_trait]
impl Probe for Failing {
    fn models(&self) -> Vec<String> {
        vec![MODEL.to_owned()]
    }

    async fn ask(&self, _: &str) -> Option<Outcome> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Some(Outcome::Failed(Fault::Backend))
    }
}
