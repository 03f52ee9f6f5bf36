//! Every container and codec in `samples/` must become the same 16 kHz samples as the plain WAV.

use std::{fs, path::PathBuf};

use minuted::audio::{self, AudioSource, Pcm, Settings};

/// How much of a sample a codec may change.
struct Fidelity {
    /// Least correlation with the WAV.
    correlation: f64,
    /// Most milliseconds by which it may be early or late.
    shift: f64,
    /// Most milliseconds by which it may be longer (padding that the container does not mark) or shorter.
    length: f64,
}

pub fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

pub fn all(mut pcm: Pcm) -> Vec<f32> {
    let mut samples = Vec::new();
    while let Some(block) = pcm.next_block().unwrap() {
        samples.extend(block);
    }
    samples
}

fn decoded(name: &str) -> Vec<f32> {
    let source = AudioSource::from_file(fs::File::open(sample(name)).unwrap()).unwrap();
    all(audio::open(source, &Settings::default()).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// The lag of `other` behind `reference`, found within ±`range` samples on a quarter of a second of speech, and the
/// correlation of all that they have in common at that lag.
fn correlate(reference: &[f32], other: &[f32], range: i64) -> (f64, i64) {
    let at = |lag: i64, span: std::ops::Range<usize>| {
        let (mut product, mut power, mut other_power) = (0.0, 0.0, 0.0);
        for index in span {
            let Some(&b) = usize::try_from(index as i64 + lag).ok().and_then(|index| other.get(index)) else {
                continue;
            };
            let (a, b) = (f64::from(reference[index]), f64::from(b));
            (product, power, other_power) = (product + a * b, power + a * a, other_power + b * b);
        }
        product / (power * other_power).sqrt().max(f64::MIN_POSITIVE)
    };
    let excerpt = 16_000..20_000;
    let best = (-range..=range).max_by(|&a, &b| at(a, excerpt.clone()).total_cmp(&at(b, excerpt.clone()))).unwrap();
    (at(best, 0..reference.len()), best)
}

#[test]
fn look() {
    let reference = decoded("wav-s16.wav");
    let mut names: Vec<_> =
        fs::read_dir(sample("")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in names {
        if ["make.sh", "broken", "broken.py", "expected.tsv", "meeting.mp3"].contains(&name.as_str()) {
            continue;
        }
        let source = AudioSource::from_file(fs::File::open(sample(&name)).unwrap()).unwrap();
        match audio::open(source, &Settings::default()) {
            Err(e) => println!("{name:26} ERROR {e}"),
            Ok(mut pcm) => {
                let declared = pcm.declared_duration();
                let mut samples = Vec::new();
                while let Some(block) = pcm.next_block().unwrap() {
                    samples.extend(block);
                }
                let (c, lag) = correlate(&reference, &samples, 1000);
                println!(
                    "{name:26} corr {c:.4} lag {:7.2} ms  len {:+8.2} ms  declared {declared:?} damage {:?}",
                    lag as f64 / 16.0,
                    (samples.len() as f64 - reference.len() as f64) / 16.0,
                    pcm.damage()
                );
            }
        }
    }
}
