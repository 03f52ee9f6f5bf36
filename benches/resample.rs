//! Any sample rate → 16 kHz. The recordings are WAV of 32-bit floats, whose decoding costs next to nothing, so that what is
//! left is the resampler; at 16 kHz, where it has nothing to do, is what the rest costs.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use minuted::audio::{AudioSource, Settings, open};

const RATES: [u32; 6] = [16_000, 8000, 22_050, 44_100, 48_000, 96_000];
const SECONDS: u32 = 10;

/// Ten seconds of a sawtooth, mono.
fn wave(rate: u32) -> Bytes {
    let size = SECONDS * rate * 4;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + size).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0");
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * 4).to_le_bytes());
    bytes.extend(b"\x04\0\x20\0data");
    bytes.extend(size.to_le_bytes());
    for at in 0..SECONDS * rate {
        let step = u8::try_from(at * 440 % rate * 255 / rate).expect("below 256");
        bytes.extend((f32::from(step) / 255.0 - 0.5).to_le_bytes());
    }
    bytes.into()
}

fn rates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resample");
    for rate in RATES {
        let bytes = wave(rate);
        group.throughput(Throughput::Elements(u64::from(SECONDS * rate)));
        group.bench_function(format!("from {rate} Hz"), |bencher| {
            bencher.iter(|| {
                let mut pcm = open(AudioSource::from_bytes(bytes.clone()), &Settings::default()).expect("a recording");
                while let Some(block) = pcm.next_block().expect("a whole recording") {
                    black_box(&block);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rates);
criterion_main!(benches);
