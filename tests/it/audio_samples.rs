//! The committed recordings, and how decoded audio is compared.
#![expect(clippy::cast_possible_wrap, reason = "lengths of short recordings")]

use std::{fs, path::PathBuf};

use minuted::audio::{self, AudioError, AudioSource, Damage, Settings};

/// The path of a file in `samples/`.
pub fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

/// What is said in a sample, from `samples/expected.tsv`.
pub fn text(name: &str) -> Option<String> {
    let table = fs::read_to_string(sample("expected.tsv")).expect("the table of samples");
    table
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .find(|&(file, _)| file == name)
        .map(|(_, text)| text.to_owned())
}

/// The bytes of a sample as a source.
pub fn source(name: &str) -> AudioSource {
    AudioSource::from_file(fs::File::open(sample(name)).expect("a sample")).expect("a file")
}

/// Decodes to the end.
pub fn decode(source: AudioSource, settings: &Settings) -> Result<(Vec<f32>, Option<Damage>), AudioError> {
    let mut pcm = audio::open(source, settings)?;
    let mut samples = Vec::new();
    while let Some(block) = pcm.next_block()? {
        assert!(!block.is_empty() && block.len() <= 16_000, "a block of {} samples", block.len());
        samples.extend(block);
        assert_eq!(pcm.produced().0, samples.len() as u64);
    }
    assert!(pcm.next_block()?.is_none(), "the end is the end");
    assert!(samples.iter().all(|sample| sample.is_finite()));
    Ok((samples, pcm.damage().cloned()))
}

/// Decodes a sample, which must be sound.
pub fn decoded(name: &str) -> Vec<f32> {
    let (samples, damage) =
        decode(source(name), &Settings::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(damage, None, "{name}");
    samples
}

/// The correlation of two recordings, and by how many samples `other` is behind `reference`: the best lag within 25 ms,
/// found on an eighth of a second of speech.
pub fn correlation(reference: &[f32], other: &[f32]) -> (f64, i64) {
    let excerpt = 16_000..18_000;
    let quality = |lag: i64| correlation_at(reference, other, lag, excerpt.clone());
    let lag = (-400..=400).max_by(|&a, &b| quality(a).total_cmp(&quality(b))).expect("a lag");
    (correlation_at(reference, other, lag, 0..reference.len()), lag)
}

/// The correlation of a span of `reference` with what lies `lag` samples later in `other`.
pub fn correlation_at(reference: &[f32], other: &[f32], lag: i64, span: std::ops::Range<usize>) -> f64 {
    let (mut product, mut power, mut other_power) = (0.0, 0.0, 0.0);
    for index in span {
        let at = usize::try_from(index as i64 + lag).ok();
        let Some((&a, &b)) = reference.get(index).zip(at.and_then(|at| other.get(at))) else { continue };
        let (a, b) = (f64::from(a), f64::from(b));
        (product, power, other_power) = (product + a * b, power + a * a, other_power + b * b);
    }
    product / (power * other_power).sqrt().max(f64::MIN_POSITIVE)
}
