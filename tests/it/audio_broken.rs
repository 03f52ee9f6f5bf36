//! What is damaged, lies, or is no recording: each in `samples/broken/` comes to the end that its table gives.

use std::fs;

use bytes::Bytes;
use minuted::{
    audio::{AudioError, AudioSource, Settings},
    domain::Millis,
};
use proptest::prelude::*;

use crate::audio_samples::{correlation_at, decode, decoded, sample, source};

/// The limit at which this table is true; twelve hours of silence take a while to decode.
fn settings() -> Settings {
    Settings { max_audio: Millis(60_000), ..Settings::default() }
}

/// The name of a variant.
fn kind(error: &AudioError) -> String {
    format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[test]
fn every_broken_file_comes_to_the_end_that_the_table_gives() {
    let table = fs::read_to_string(sample("broken/expected.tsv")).unwrap();
    let mut failures = Vec::new();
    for row in table.lines().skip(1) {
        let [file, outcome, word] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("not three columns: {row}") };
        let (found, message) = match decode(source(&format!("broken/{file}")), &settings()) {
            Ok((_, None)) => ("whole".to_owned(), String::new()),
            Ok((_, Some(damage))) => ("part".to_owned(), damage.what),
            Err(error) => (kind(&error), error.to_string()),
        };
        if found != outcome || !message.contains(word) {
            failures.push(format!("{file}: {outcome} ({word}) expected, {found} ({message}) found"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    let files = fs::read_dir(sample("broken")).unwrap().count();
    assert_eq!(files, table.lines().count(), "a file for each row, and the table itself for the heading");
}

#[test]
fn what_comes_before_and_after_a_scratch_keeps_its_time() {
    for (name, whole, length) in [
        ("scratched-aac-index-first.m4a", "wav-s16.wav", 7000),
        ("scratched.flac", "broken/whole.flac", 8000),
        // The page behind one that is lost takes its place, and from the next on all is right again.
        ("scratched.ogg", "broken/whole.ogg", 80_000),
    ] {
        let reference = decoded(whole);
        let (samples, damage) = decode(source(&format!("broken/{name}")), &settings()).unwrap();
        assert!(damage.is_some(), "{name}");
        for span in [0..length, reference.len() - length..reference.len()] {
            let correlation = correlation_at(&reference, &samples, 0, span.clone());
            // A lossy decoder needs a moment to find its way back.
            assert!(correlation > 0.9, "{name}, samples {span:?}: {correlation:.3}");
        }
    }
}

#[test]
fn what_comes_after_a_corrupt_start_keeps_its_time() {
    let mut bytes = fs::read(sample("aac-index-first.m4a")).unwrap();
    let packets = bytes.windows(4).position(|window| window == b"mdat").unwrap() + 4;
    let damaged = packets + (bytes.len() - packets) / 4;
    bytes[packets..damaged].fill(0xff);
    let reference = decoded("aac-index-first.m4a");
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &settings()).unwrap();
    assert_eq!(damage.unwrap().at, Millis(0));
    let correlation = correlation_at(&reference, &samples, 0, reference.len() / 2..reference.len());
    assert!(correlation > 0.9, "{correlation:.3}, {} samples of {}", samples.len(), reference.len());
}

#[test]
fn every_sample_can_be_cut_off_anywhere() {
    let table = fs::read_to_string(sample("expected.tsv")).unwrap();
    for name in table.lines().skip(1).filter_map(|row| row.split('\t').next()).filter(|&name| name != "meeting.mp3") {
        let whole = fs::read(sample(name)).unwrap();
        for part in [1, 3, 10, 33, 66, 98] {
            let bytes = Bytes::copy_from_slice(&whole[..whole.len() * part / 100]);
            match decode(AudioSource::from_bytes(bytes), &settings()) {
                Ok((samples, _)) => assert!(samples.len() >= 1600, "{name} at {part} %"),
                Err(error) => assert!(
                    matches!(
                        error,
                        AudioError::Corrupt { .. } | AudioError::TooShort { .. } | AudioError::NotAudio { .. }
                    ),
                    "{name} at {part} %: {error}"
                ),
            }
        }
    }
}

#[test]
fn a_recording_at_the_limit_is_accepted_and_one_sample_more_is_not() {
    let whole = decoded("wav-s16.wav").len() as u64;
    let limited = |samples: u64| Settings { max_audio: Millis(samples / 16), ..Settings::default() };
    assert!(decode(source("wav-s16.wav"), &limited(whole.next_multiple_of(16))).is_ok());
    let error = decode(source("wav-s16.wav"), &limited(whole - 16)).unwrap_err();
    assert!(matches!(error, AudioError::TooLong { .. }), "{error}");
}

#[test]
fn upload_names_and_tags_do_not_matter() {
    let mut tagged = b"ID3\x04\0\0\0\0\0\x40".to_vec();
    tagged.extend([0; 64]);
    tagged.extend(fs::read(sample("flac-16.flac")).unwrap());
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(tagged)), &settings()).unwrap();
    assert_eq!((samples, damage), (decoded("flac-16.flac"), None));
}

/// Recordings of each container and codec that are small enough to be decoded a hundred times.
const FUZZED: [&str; 14] = [
    "broken/whole.flac",
    "broken/length-zero.wav",
    "wav-adpcm-ms.wav",
    "mp3-mpeg2.5.mp3",
    "aac-8k.m4a",
    "aac-fragmented.mp4",
    "aac.aac",
    "aac.mkv",
    "opus.ogg",
    "opus.webm",
    "opus.caf",
    "opus.mp4",
    "vorbis.ogg",
    "broken/silent-film.mp4",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Bytes changed at random, mostly in the header: it ends, and it ends well or with an error.
    #[test]
    fn changed_bytes_never_do_harm(
        name in prop::sample::select(FUZZED.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), any::<u8>()), 1..20),
    ) {
        let mut bytes = fs::read(sample(name)).unwrap();
        for (at, in_header, value) in changes {
            let length = if in_header { bytes.len().min(400) } else { bytes.len() };
            bytes[at.index(length)] = value;
        }
        let _ended = decode(AudioSource::from_bytes(Bytes::from(bytes)), &settings());
    }
}
