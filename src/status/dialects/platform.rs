//! `/api/platform-status`: how the whole is, or one model, in a handful of fields that a script can use. The shape is one
//! that clients of hosted models know; `real_time_factor`, `availability_percent` and `measured_at` are ours.

use serde::Serialize;
use utoipa::ToSchema;

use crate::status::{Measure, ModelStatus, Snapshot, State};

/// How the whole is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlatformStatus)]
pub struct Whole {
    /// `operational`, `under_maintenance`, `degraded_performance`, `partial_outage` or `major_outage`.
    status: State,
    /// The same, for people.
    #[schema(example = "All systems operational")]
    message: &'static str,
    /// When that was so.
    updated_at: String,
    /// How many models there are.
    stats: Stats,
    /// The ids of those that do not work.
    failed_models: Vec<String>,
}

/// How many models there are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlatformStats)]
pub struct Stats {
    /// Those that work.
    operational_models: usize,
    /// All.
    total_models: usize,
}

/// How a model is. What was not measured in the last hour is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlatformModelStatus)]
pub struct OfModel {
    /// Its id.
    model: String,
    /// Whether it works.
    ok: bool,
    /// In Statuspage's words.
    status: State,
    /// What a request is likely to be answered with: 200 or 503.
    http_status: u16,
    /// Time to the first byte of an answer, in milliseconds: half of them were faster.
    #[schema(required = true)]
    ttfb_ms: Option<u64>,
    /// Tokens a second, for a model that writes text.
    #[schema(required = true)]
    tokens_per_sec: Option<f64>,
    /// Time taken over length of audio, for a model that hears: 0.1 is ten times real time.
    #[schema(required = true)]
    real_time_factor: Option<f64>,
    /// Of the last 24 hours, with two decimals.
    #[schema(required = true, example = "99.95")]
    availability_percent: Option<String>,
    /// What was measured for it.
    usage: Usage,
}

/// What was measured.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlatformUsage)]
pub struct Usage {
    /// Tokens written in the last hour.
    total_tokens: u64,
    /// Requests answered in the last hour, probes included.
    requests: u64,
    /// How many of them were probes.
    probes: u64,
}

/// How the whole is.
#[must_use]
pub fn whole(snapshot: &Snapshot) -> Whole {
    let failed: Vec<_> = snapshot.models.iter().filter(|model| !works(model)).map(|model| model.id.clone()).collect();
    let total_models = snapshot.models.len();
    Whole {
        status: snapshot.state(),
        message: snapshot.state().of_all(),
        updated_at: snapshot.at.to_string(),
        stats: Stats { operational_models: total_models - failed.len(), total_models },
        failed_models: failed,
    }
}

/// How a model is.
#[must_use]
pub fn model(status: &ModelStatus) -> OfModel {
    let half = |measure| status.hour.quantile(measure, 500);
    OfModel {
        model: status.id.clone(),
        ok: works(status),
        status: status.state,
        http_status: if works(status) { 200 } else { 503 },
        ttfb_ms: half(Measure::FirstByte),
        tokens_per_sec: half(Measure::TokenRate).map(|tenths| decimal(tenths, 10.0)),
        real_time_factor: half(Measure::RealTime).map(|thousandths| decimal(thousandths, 1000.0)),
        availability_percent: status.day.percent(),
        usage: Usage {
            total_tokens: status.hour.total(Measure::Tokens),
            requests: status.hour.total(Measure::Served),
            probes: status.hour.total(Measure::Probes),
        },
    }
}

/// Slow or failing now and then is still working.
fn works(model: &ModelStatus) -> bool {
    !matches!(model.state, State::PartialOutage | State::MajorOutage)
}

#[expect(clippy::cast_precision_loss, reason = "a few digits, for a JSON number")]
fn decimal(number: u64, unit: f64) -> f64 {
    number as f64 / unit
}
