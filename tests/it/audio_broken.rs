//! What is damaged, lies, or is no recording: each in `samples/broken/` comes to the end that its table gives.

use std::{cell::RefCell, fs, iter, panic, sync::Once};

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
    // A coupling channel element, which no decoder here takes.
    bytes[packets..damaged].fill(0x40);
    let reference = decoded("aac-index-first.m4a");
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &settings()).unwrap();
    assert_eq!(damage.unwrap().at, Millis(0));
    let correlation = correlation_at(&reference, &samples, 0, reference.len() / 2..reference.len());
    assert!(correlation > 0.9, "{correlation:.3}, {} samples of {}", samples.len(), reference.len());
}

#[test]
fn a_frame_header_of_aac_that_makes_no_sense_costs_one_frame() {
    let mut bytes = fs::read(sample("aac.aac")).unwrap();
    let reference = decoded("aac.aac");
    let frame_at = |at: usize| at + (usize::from(bytes[at + 4]) << 3 | usize::from(bytes[at + 5] >> 5));
    let starts: Vec<usize> = iter::successors(Some(0), |&at| Some(frame_at(at))).take(60).collect();
    for (frame, header) in [(20, [0xff, 0xf1, 0x7c]), (40, [0xff, 0xf1, 0x74])] {
        bytes[starts[frame]..][..3].copy_from_slice(&header);
    }
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &settings()).unwrap();
    assert_eq!(damage.unwrap().what, "2 corrupt packets were skipped");
    assert!(samples.len().abs_diff(reference.len()) <= 2, "{} samples of {}", samples.len(), reference.len());
    for span in [0..6000, 9000..14_000, reference.len() - 20_000..reference.len()] {
        let correlation = correlation_at(&reference, &samples, 0, span.clone());
        assert!(correlation > 0.99, "samples {span:?}: {correlation:.3}");
    }
}

#[test]
fn a_packet_of_megabytes_is_not_decoded() {
    let mut bytes = fs::read(sample("pcm.mkv")).unwrap();
    let segment = bytes.windows(4).position(|window| window == b"\x18\x53\x80\x67").unwrap() + 4;
    bytes[segment..segment + 8].copy_from_slice(&[1, 255, 255, 255, 255, 255, 255, 255]);
    // A cluster of unknown length at the second 9, and a block of 5 MiB in it.
    bytes.extend(
        b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff\xe7\x82\x23\x28\xa3\x10\x50\x00\x04\x81\x00\x00\x80",
    );
    bytes.resize(bytes.len() + (5 << 20), 0);
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &settings()).unwrap();
    assert!(damage.unwrap().what.contains("1 corrupt packet"));
    assert!(samples.len() <= 10 * 16_000, "{} samples", samples.len());
}

#[test]
fn an_empty_packet_of_opus_is_silence_of_its_own_length() {
    let mut bytes = fs::read(sample("opus.mp4")).unwrap();
    let whole = decoded("opus.mp4");
    // The sizes of the packets: version and flags, one size for all or zero, how many there are, and each.
    let sizes = bytes.windows(4).position(|window| window == b"stsz").unwrap() + 4;
    let count = u32::from_be_bytes(bytes[sizes + 8..sizes + 12].try_into().unwrap());
    let last = sizes + 8 + 4 * usize::try_from(count).unwrap();
    bytes[last..last + 4].fill(0);
    let (samples, damage) = decode(AudioSource::from_bytes(Bytes::from(bytes)), &settings()).unwrap();
    assert_eq!(damage.unwrap().what, "1 corrupt packet was skipped");
    assert!(samples.len().abs_diff(whole.len()) <= 320, "{} samples of {}", samples.len(), whole.len());
    assert_eq!(samples[..whole.len() - 640], whole[..whole.len() - 640]);
}

#[test]
fn a_film_that_is_cut_off_is_told_by_the_length_it_declares() {
    let mut bytes = fs::read(sample("video-opus.webm")).unwrap();
    // `Duration`, a float of eight bytes, in milliseconds.
    let duration = bytes.windows(3).position(|window| window == b"\x44\x89\x88").unwrap() + 3;
    let half = bytes.len() / 2;
    let damage = |bytes: &[u8]| {
        let source = AudioSource::from_bytes(Bytes::copy_from_slice(bytes));
        decode(source, &settings()).unwrap().1.map(|damage| damage.what)
    };
    assert_eq!(damage(&bytes[..half]), None, "its pictures may have gone on for so long");
    bytes[duration..duration + 8].copy_from_slice(&30_000_f64.to_be_bytes());
    assert_eq!(damage(&bytes[..half]).as_deref(), Some("the file is cut off"));
    assert_eq!(damage(&bytes), None, "it ends where its cluster does");
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

/// Recordings in containers of boxes or chunks.
const SIZED: [&str; 9] = [
    "broken/length-zero.wav",
    "wav-adpcm-ms.wav",
    "aifc-sowt.aif",
    "aac-8k.m4a",
    "aac-fragmented.mp4",
    "opus.mp4",
    "broken/silent-film.mp4",
    "caf-s16.caf",
    "opus.caf",
];

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

thread_local! {
    static PANICKED_AT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Decodes what is worth nothing: it ends, and it ends well or with an error. A panic may only come from the decoders
/// that we depend on, and is contained then; our own code has no such excuse.
fn ends_well(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICKED_AT.set(info.location().map(ToString::to_string));
            usual(info);
        }));
    });
    PANICKED_AT.take();
    let _ended = decode(AudioSource::from_bytes(Bytes::from(bytes)), &settings());
    let at = PANICKED_AT.take();
    prop_assert!(at.as_ref().is_none_or(|at| at.contains("/symphonia")), "{at:?}");
    Ok(())
}

/// Places where the name of a box or a chunk may be, with a size in front of it or behind it.
fn names(bytes: &[u8]) -> Vec<usize> {
    let is_name = |name: &[u8]| name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ');
    (4..bytes.len().saturating_sub(12)).filter(|&at| is_name(&bytes[at..at + 4])).collect()
}

/// Where a size is written.
#[derive(Debug, Clone, Copy)]
enum Size {
    /// MP4.
    Before,
    /// MP4, for more than 4 GiB.
    BeforeAndBehind,
    /// WAV.
    BehindReversed,
    /// AIFF.
    Behind,
    /// CAF.
    BehindInEight,
}

fn lie(bytes: &mut [u8], name: usize, size: u64, place: Size) {
    let low = u32::try_from(size & 0xffff_ffff).expect("masked");
    match place {
        Size::Before => bytes[name - 4..name].copy_from_slice(&low.to_be_bytes()),
        Size::BeforeAndBehind => {
            bytes[name - 4..name].copy_from_slice(&1_u32.to_be_bytes());
            bytes[name + 4..name + 12].copy_from_slice(&size.to_be_bytes());
        }
        Size::BehindReversed => bytes[name + 4..name + 8].copy_from_slice(&low.to_le_bytes()),
        Size::Behind => bytes[name + 4..name + 8].copy_from_slice(&low.to_be_bytes()),
        Size::BehindInEight => bytes[name + 4..name + 12].copy_from_slice(&size.to_be_bytes()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Bytes changed at random, mostly in the header.
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
        ends_well(bytes)?;
    }

    /// Boxes and chunks that are empty, without end, or lead back to where they came from.
    #[test]
    fn sizes_that_lie_never_do_harm(
        name in prop::sample::select(SIZED.to_vec()),
        at in any::<prop::sample::Index>(),
        size in prop_oneof![Just(0), Just(1), Just(u64::from(u32::MAX)), (1..1000_u64).prop_map(u64::wrapping_neg)],
        place in prop::sample::select(vec![
            Size::Before, Size::BeforeAndBehind, Size::BehindReversed, Size::Behind, Size::BehindInEight,
        ]),
    ) {
        let mut bytes = fs::read(sample(name)).unwrap();
        let names = names(&bytes[..bytes.len().min(4000)]);
        lie(&mut bytes, names[at.index(names.len())], size, place);
        ends_well(bytes)?;
    }
}
