//! Windows through the engine's queue to a worker and back, without a model: what scheduling itself costs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use minuted::domain::Language;
use minuted::speech::{Cancel, Claim, DecodeOptions, Engine, RecognizeError, Recognized, Recognizer};
use minuted::transcript::Piece;

/// Answers at once, with nothing.
struct Idle;

impl Recognizer for Idle {
    fn recognize(&mut self, _: &[f32], _: &DecodeOptions, _: &Cancel) -> Result<Recognized, RecognizeError> {
        Ok(Recognized { language: Language::ENGLISH, piece: Piece::default() })
    }
}

/// A window of each of so many recordings, all at the engine at once.
async fn round(engine: &Engine, recordings: usize) {
    let answers: Vec<_> = (0..recordings)
        .map(|_| engine.submit(&engine.open_lane(Claim::default()), vec![0.0; 16], DecodeOptions::default(), None))
        .collect();
    for answer in join_all(answers).await {
        answer.expect("an answer");
    }
}

fn recordings(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let engine = Engine::start(2, 1, || Ok(Idle)).expect("two threads");
    let mut group = criterion.benchmark_group("queue");
    for count in [1, 64, 1024] {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{count} recordings"), |bencher| {
            bencher.iter(|| runtime.block_on(round(&engine, count)));
        });
    }
    group.finish();
    engine.stop();
}

criterion_group!(benches, recordings);
criterion_main!(benches);
