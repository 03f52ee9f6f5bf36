//! Bytes of each codec → 16 kHz mono, on the samples that the tests use.

use std::hint::black_box;
use std::path::Path;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use minuted::audio::{AudioSource, Settings, open};

const SAMPLES: [&str; 6] =
    ["mp3-vbr-stereo.mp3", "aac-index-first.m4a", "opus.ogg", "flac-16.flac", "vorbis.ogg", "wav-s16.wav"];

/// Decodes to the end; gives the number of samples.
fn decode(bytes: &Bytes) -> u64 {
    let mut pcm = open(AudioSource::from_bytes(bytes.clone()), &Settings::default()).expect("a recording");
    while let Some(block) = pcm.next_block().expect("a whole recording") {
        black_box(&block);
    }
    pcm.produced().0
}

fn samples(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for name in SAMPLES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
        let bytes = Bytes::from(std::fs::read(path).expect("a sample"));
        group.throughput(Throughput::Elements(decode(&bytes)));
        group.bench_function(name, |bencher| bencher.iter(|| decode(&bytes)));
    }
    group.finish();
}

criterion_group!(benches, samples);
criterion_main!(benches);
