//! Samples → windows: voice activity, and where to cut.

use std::fs::File;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use minuted::audio::{AudioSource, Settings, open};
use minuted::speech::Planner;

/// The sample meeting three times over, so that a window is filled and cut.
fn meeting() -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/meeting.mp3");
    let source = AudioSource::from_file(File::open(path).expect("a sample")).expect("a file");
    let mut pcm = open(source, &Settings::default()).expect("a recording");
    let mut samples = Vec::new();
    while let Some(block) = pcm.next_block().expect("a whole recording") {
        samples.extend(block);
    }
    samples.repeat(3)
}

fn plan(samples: &[f32]) -> usize {
    let (mut planner, mut windows) = (Planner::new(), Vec::new());
    for block in samples.chunks(4000) {
        planner.push(block, &mut windows);
    }
    planner.finish(&mut windows);
    windows.len()
}

fn recordings(criterion: &mut Criterion) {
    let speech = meeting();
    let silence = vec![0.0; speech.len()];
    let mut group = criterion.benchmark_group("plan");
    group.throughput(Throughput::Elements(speech.len() as u64));
    for (name, samples) in [("a meeting", &speech), ("silence", &silence)] {
        group.bench_function(name, |bencher| bencher.iter(|| plan(black_box(samples))));
    }
    group.finish();
}

criterion_group!(benches, recordings);
criterion_main!(benches);
