//! The process's metrics, in Prometheus' text format; and the names of those that this room counts.
//!
//! Every room counts where it works, through the `metrics` crate; a recorder, of which a process has one, collects.
//! A program without [`Exporter`] counts nothing.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of every histogram of seconds: from a cached answer to a meeting of hours.
const SECONDS: [f64; 13] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0];

/// Upper bounds of the size of uploads: 64 KiB to 1 GiB.
const BYTES: [f64; 8] =
    [65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0, 67_108_864.0, 268_435_456.0, 1_073_741_824.0];

/// Upper bounds of the real-time factor.
const FACTORS: [f64; 9] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];

/// How often histograms are folded, so that they do not grow where nobody reads them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Shows what the process has counted. Cheap to clone.
#[derive(Clone)]
pub struct Exporter(PrometheusHandle);

impl Exporter {
    /// The exporter of this process, whose recorder is installed by the first call. A recorder that is in place already
    /// is left there, and then this one shows nothing.
    #[must_use]
    pub fn install() -> Self {
        static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
        Self(HANDLE.get_or_init(recorder).clone())
    }

    /// All metrics, as a scraper reads them.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Keeps the memory of the metrics bounded for as long as it is polled.
    pub(super) async fn upkeep(&self) {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            self.0.run_upkeep();
        }
    }
}

fn recorder() -> PrometheusHandle {
    let builder = PrometheusBuilder::new();
    let builder = builder
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), &BYTES))
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_factor".to_owned()), &FACTORS))
        .expect("the bounds are not empty");
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("another metrics recorder is in place; /metrics will be empty");
    }
    describe();
    handle
}

/// What each metric counts, whichever room does; a test over the wire finds those that are missing here.
/// `docs/METRICS.md` is these tables, and a test keeps it so.
fn describe() {
    for (name, unit, meaning) in COUNTERS {
        describe_counter!(*name, *unit, *meaning);
    }
    for (name, unit, meaning) in GAUGES {
        describe_gauge!(*name, *unit, *meaning);
    }
    for (name, unit, meaning) in HISTOGRAMS {
        describe_histogram!(*name, *unit, *meaning);
    }
}

type Described = (&'static str, Unit, &'static str);

#[rustfmt::skip]
const COUNTERS: &[Described] = &[
    ("minuted_http_requests_total", Unit::Count, "Requests, by method, route and status; `client_gone` for those whose client left before the answer."),
    ("minuted_guardrails_blocked_total", Unit::Count, "Requests that a guardrail stopped, by the kind of the rule, and by rule: its name."),
    ("minuted_events_delivered_total", Unit::Count, "Charges of which the webhook was told."),
    ("minuted_events_failed_attempts_total", Unit::Count, "Requests to the webhook that did not go well; their events are sent again."),
    ("minuted_gateway_requests_total", Unit::Count, "Requests that were passed on, by model, backend, route and end: `whole`, `refused`, `client_gone`, `broken` (by the backend), `cut` (by us) or `unanswered`."),
    ("minuted_gateway_tokens_total", Unit::Count, "Tokens that were charged, by model, backend, route and direction."),
    ("minuted_gateway_estimated_total", Unit::Count, "Charges whose usage was estimated, as the backend said nothing, or what cannot be; by model, backend and route."),
    ("minuted_gateway_faults_total", Unit::Count, "Tries at a backend, and looks at one that is idle, that came to nothing, by backend and fault: `connection`, `timeout`, `status` or `overloaded`."),
    ("minuted_audio_decoded_samples_total", Unit::Count, "Audio decoded, in samples: 16000 are a second."),
    ("minuted_audio_recognised_samples_total", Unit::Count, "Audio recognised, in samples: 16000 are a second. Silence is not recognised."),
    ("minuted_windows_overtaking_total", Unit::Count, "Short windows that did not wait for a worker, but were recognised by the express one."),
    ("minuted_status_samples_dropped_total", Unit::Count, "Requests that the status did not count, because its keeper was too far behind."),
];

#[rustfmt::skip]
const GAUGES: &[Described] = &[
    ("minuted_http_requests_in_flight", Unit::Count, "Requests whose answer has no head yet."),
    ("minuted_transcriptions_in_flight", Unit::Count, "Transcriptions in the house, uploads and streamed answers included."),
    ("minuted_queue_windows", Unit::Count, "Windows of audio that wait for a worker."),
    ("minuted_events_waiting", Unit::Count, "Charges of which the webhook is still to be told, up to 100000; from the server that sends them."),
    ("minuted_workers_busy", Unit::Count, "Workers that are recognising."),
];

#[rustfmt::skip]
const HISTOGRAMS: &[Described] = &[
    ("minuted_http_request_duration_seconds", Unit::Seconds, "From the head of a request to the head of its answer, by route."),
    ("minuted_gateway_first_byte_seconds", Unit::Seconds, "From the reservation to the first byte of a backend's answer, by model, backend and route."),
    ("minuted_gateway_duration_seconds", Unit::Seconds, "From the reservation to the end of a backend's answer, by model, backend and route."),
    ("minuted_upload_bytes", Unit::Bytes, "Size of uploaded recordings."),
    ("minuted_queue_wait_seconds", Unit::Seconds, "How long a window waited for a worker."),
    ("minuted_decode_seconds", Unit::Seconds, "Time spent decoding a recording to samples."),
    ("minuted_inference_seconds", Unit::Seconds, "Time spent recognising a window."),
    ("minuted_real_time_factor", Unit::Count, "Time spent recognising a window over the length of its audio; 0.1 is ten times real time."),
];

#[cfg(test)]
mod tests {
    use std::{env, fmt::Write as _, fs};

    use super::*;

    const PREFACE: &str = "\
<!-- Made from src/http/metrics.rs by its test; `make bless` writes it anew. -->

# Metrics

`GET /metrics` has them in Prometheus' text format. It needs a key with the scope `admin` as soon as keys are needed at all,
unless `server.public_metrics` is set. A metric is there from the first time that something is counted, and begins at zero
with the process.

| metric | kind | says |
|---|---|---|
";

    /// The tables as `docs/METRICS.md` has them.
    fn markdown() -> String {
        let mut page = String::from(PREFACE);
        for (kind, table) in [("counter", COUNTERS), ("gauge", GAUGES), ("histogram", HISTOGRAMS)] {
            for (name, _, meaning) in table {
                writeln!(page, "| `{name}` | {kind} | {meaning} |").expect("a String takes every write");
            }
        }
        page
    }

    #[test]
    fn the_document_of_metrics_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/METRICS.md");
        if env::var_os("BLESS").is_some() {
            fs::write(path, markdown()).expect("docs can be written");
        }
        let page = fs::read_to_string(path).unwrap_or_default();
        assert_eq!(page, markdown(), "docs/METRICS.md is stale: run `make bless` and look at the difference");
    }
}
