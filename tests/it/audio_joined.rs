//! Recordings that were joined end to end, as voice recorders and `cat` do.
#![expect(clippy::cast_possible_wrap, reason = "lengths of short recordings")]

use std::fs;

use bytes::Bytes;
use minuted::audio::{AudioSource, Settings};

use crate::audio_samples::{correlation, decode, decoded, sample};

fn joined(names: &[&str]) -> Vec<f32> {
    let bytes: Vec<u8> = names.iter().flat_map(|name| fs::read(sample(name)).expect("a sample")).collect();
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &Settings::default()).expect("audio");
    assert_eq!(damage, None);
    samples
}

/// Both halves must be there, each at its time to within `tolerance` milliseconds.
fn assert_both_are_there(names: [&str; 2], tolerance: i64) {
    assert_holds(&joined(&names), [decoded(names[0]), decoded(names[1])], tolerance);
}

fn assert_holds(samples: &[f32], [first, second]: [Vec<f32>; 2], tolerance: i64) {
    let (quality, lag) = correlation(&first, samples);
    assert!(quality > 0.99 && lag == 0, "first: {quality:.4}, {lag} samples late");
    let longer = samples.len() as i64 - (first.len() + second.len()) as i64;
    assert!(longer.abs() <= tolerance * 16, "{longer} samples longer");
    let (quality, lag) = correlation(&second, &samples[first.len()..]);
    assert!(quality > 0.98, "second: {quality:.4}");
    assert!(lag.abs() <= tolerance * 16, "second: {lag} samples late");
}

#[test]
fn chained_ogg_of_one_codec() {
    assert_both_are_there(["opus.ogg", "opus-stereo.ogg"], 0);
}

#[test]
fn chained_ogg_of_different_codecs_and_rates() {
    assert_both_are_there(["opus.ogg", "vorbis.ogg"], 0);
    assert_both_are_there(["vorbis.ogg", "flac.ogg"], 0);
}

#[test]
fn chained_ogg_that_goes_on_in_an_unknown_codec_is_told() {
    let bytes = ["opus.ogg", "broken/speex.ogg"].map(|name| fs::read(sample(name)).unwrap()).concat();
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &Settings::default()).unwrap();
    assert_eq!(damage.unwrap().what, "the file goes on in a codec that is not supported");
    assert_eq!(samples, decoded("opus.ogg"));
}

#[test]
fn joined_mp3_goes_on_beyond_the_length_in_its_header() {
    assert_both_are_there(["mp3-cbr.mp3", "mp3-cbr.mp3"], 60);
}

#[test]
fn joined_mp3_may_change_its_rate_and_channels() {
    assert_both_are_there(["mp3-cbr.mp3", "mp3-vbr-stereo.mp3"], 60);
}

#[test]
fn a_tag_between_joined_mp3_is_no_damage() {
    let text = |name: &[u8], text: &str| {
        let body: Vec<u8> = [1, 0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        [name, &u32::try_from(body.len()).unwrap().to_be_bytes(), &[0, 0], &body].concat()
    };
    let frames = [text(b"TIT2", "Title"), text(b"TPE1", "Band"), vec![0; 256]].concat();
    let size = u16::try_from(frames.len()).unwrap();
    let tag =
        [&b"ID3\x03\0\0\0\0"[..], &[size >> 7, size & 127].map(|bits| u8::try_from(bits).unwrap()), &frames].concat();
    let mp3 = fs::read(sample("mp3-cbr.mp3")).unwrap();
    let bytes = Bytes::from([&mp3[..], &tag, &mp3].concat());
    let (samples, damage) = decode(AudioSource::from_bytes(bytes), &Settings::default()).unwrap();
    assert_eq!(damage, None);
    assert_eq!(samples, joined(&["mp3-cbr.mp3", "mp3-cbr.mp3"]));
}

#[test]
fn joined_adts() {
    assert_both_are_there(["aac.aac", "aac.aac"], 30);
}

/// The packets of a file in whose boxes they stand one behind the other, as bare AAC of one channel.
fn bare_aac(name: &str, rate_index: u8) -> Vec<u8> {
    let bytes = fs::read(sample(name)).expect("a sample");
    let behind = |tag: &[u8]| bytes.windows(4).position(|window| window == tag).expect("a box") + 4;
    let word = |at: usize| bytes[at..at + 4].iter().fold(0, |word, &byte| word << 8 | usize::from(byte));
    let (sizes, mut at) = (behind(b"stsz"), word(behind(b"stco") + 8));
    let mut frames = Vec::new();
    for packet in 0..word(sizes + 8) {
        let size = word(sizes + 12 + 4 * packet);
        let [high, low] = u16::try_from((size + 7) << 5).expect("a short packet").to_be_bytes();
        frames.extend([0xff, 0xf1, 0x40 | rate_index << 2, 0x40, high, low | 0x1f, 0xfc]);
        frames.extend_from_slice(&bytes[at..at + size]);
        at += size;
    }
    frames
}

#[test]
fn joined_adts_may_change_its_rate() {
    let (first, second) = (fs::read(sample("aac.aac")).unwrap(), bare_aac("aac-8k.m4a", 11));
    let half = |bytes: Vec<u8>| decode(AudioSource::from_bytes(Bytes::from(bytes)), &Settings::default()).unwrap();
    let (samples, damage) = half([&first[..], b"ID3", &second].concat());
    assert_eq!(damage, None);
    assert_holds(&samples, [half(first).0, half(second).0], 130);
}

#[test]
fn a_header_of_other_channels_amid_damaged_aac_ends_nothing() {
    let mut bytes = bare_aac("aac-8k.m4a", 11);
    let second = usize::from(bytes[4]) << 3 | usize::from(bytes[5]) >> 5;
    bytes[second + 3] |= 0x80;
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &Settings::default()).unwrap();
    assert_ne!(damage.map(|damage| damage.what), Some("the file goes on in a codec that is not supported".to_owned()));
    assert!(samples.len().abs_diff(decoded("aac-8k.m4a").len()) < 4 * 2048);
}

#[test]
fn a_file_of_another_layer_that_was_joined_is_told() {
    let bytes = ["mp2.mp2", "mp3-cbr.mp3"].map(|name| fs::read(sample(name)).unwrap()).concat();
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &Settings::default()).unwrap();
    assert_eq!(damage.unwrap().what, "the file goes on in a codec that is not supported");
    assert!(samples.len().abs_diff(decoded("mp2.mp2").len()) < 1600);
}

#[test]
fn bare_aac_that_goes_on_in_six_channels_is_told() {
    let bytes = ["aac.aac", "broken/surround.aac"].map(|name| fs::read(sample(name)).unwrap()).concat();
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &Settings::default()).unwrap();
    assert_eq!(damage.unwrap().what, "the file goes on in a codec that is not supported");
    assert!(samples.len().abs_diff(decoded("aac.aac").len()) < 160);
}
