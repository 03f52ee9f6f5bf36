//! How decoding flows: lazily, in blocks, from memory as from a file, at any rate.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]

use std::fs;

use bytes::Bytes;
use minuted::{
    audio::{self, AudioSource, Pcm, Settings, Spool},
    domain::Millis,
};
use proptest::prelude::*;

use crate::audio_samples::{decode, decoded, sample, source};

#[test]
fn a_decoder_may_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Pcm>();
    is_send::<AudioSource>();
    is_send::<Spool>();
}

#[test]
fn memory_file_and_spool_give_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = fs::read(sample("aac-index-last.m4a")).unwrap();
    let expected = decoded("aac-index-last.m4a");
    for max_upload_in_memory in [1000, 1 << 20] {
        let settings =
            Settings { max_upload_in_memory, spool_dir: Some(directory.path().to_owned()), ..Settings::default() };
        let mut spool = Spool::new(&settings);
        bytes.chunks(777).for_each(|chunk| spool.push(chunk).unwrap());
        assert_eq!(decode(spool.finish().unwrap(), &settings).unwrap().0, expected);
    }
    assert_eq!(decode(AudioSource::from_bytes(Bytes::from(bytes)), &Settings::default()).unwrap().0, expected);
}

#[test]
fn declared_durations_are_near_the_truth() {
    for name in
        ["wav-s16.wav", "flac-16.flac", "mp3-cbr.mp3", "aac-index-last.m4a", "opus.ogg", "opus.webm", "alac.m4a"]
    {
        let declared = audio::open(source(name), &Settings::default()).unwrap().declared_duration();
        let declared = declared.unwrap_or_else(|| panic!("{name} declares a length")).0;
        let real = Millis(decoded(name).len() as u64 / 16).0;
        assert!(declared.abs_diff(real) < 60, "{name}: {declared} ms declared, {real} ms decoded");
    }
    assert_eq!(audio::open(source("opus-live.webm"), &Settings::default()).unwrap().declared_duration(), None);
}

#[test]
fn a_guess_is_no_declared_duration() {
    for name in ["mp3-no-xing.mpga", "mp2.mp2", "aac.aac"] {
        let pcm = audio::open(source(name), &Settings::default()).unwrap();
        assert_eq!(pcm.declared_duration(), None, "{name}");
        assert!(pcm.expected_duration().is_some(), "{name}");
    }
    let told = audio::open(source("mp3-vbr-stereo.mp3"), &Settings::default()).unwrap();
    assert_eq!(told.declared_duration(), told.expected_duration());
}

#[test]
fn hours_are_opened_as_fast_as_seconds_and_decoded_as_they_are_pulled() {
    // Twelve hours: whoever decoded them before the first block would be at it for minutes.
    let settings = Settings { max_audio: Millis(13 * 3_600_000), ..Settings::default() };
    let mut pcm = audio::open(source("broken/silence.flac"), &settings).unwrap();
    assert_eq!(pcm.declared_duration(), Some(Millis(12 * 3_600_000)));
    assert_eq!(pcm.produced().0, 0);
    for _ in 0..3 {
        assert!((4000..=16_000).contains(&pcm.next_block().unwrap().unwrap().len()));
    }
    assert!(pcm.produced().0 <= 48_000);
}

/// A WAV file with a tone of 500 Hz in every channel.
fn tone(rate: u32, channels: u16, frames: u32) -> AudioSource {
    let mut bytes = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0".to_vec();
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(channels) * 2).to_le_bytes());
    bytes.extend((channels * 2).to_le_bytes());
    bytes.extend(b"\x10\0data");
    bytes.extend((frames * u32::from(channels) * 2).to_le_bytes());
    for frame in 0..frames {
        let value = (16_000.0 * (std::f64::consts::TAU * 500.0 * f64::from(frame) / f64::from(rate)).sin()) as i16;
        (0..channels).for_each(|_| bytes.extend(value.to_le_bytes()));
    }
    AudioSource::from_bytes(Bytes::from(bytes))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_rate_and_any_number_of_channels_become_the_same_tone(
        rate in prop_oneof![8000u32..=192_000, prop::sample::select(vec![8000, 16_000, 44_100, 48_000, 96_000, 192_000])],
        channels in 1u16..=8,
        milliseconds in 100u32..400,
    ) {
        let frames = (rate * milliseconds).div_ceil(1000);
        let (samples, damage) = decode(tone(rate, channels, frames), &Settings::default()).unwrap();
        prop_assert_eq!(damage, None);
        let due = (f64::from(frames) * 16_000.0 / f64::from(rate) + 0.5).floor() as usize;
        prop_assert_eq!(samples.len(), due);
        let power = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / samples.len() as f64;
        let expected = (16_000.0f64 / 32_768.0).powi(2) / 2.0;
        prop_assert!((power / expected - 1.0).abs() < 0.1, "power {power}, expected {expected}");
    }
}
