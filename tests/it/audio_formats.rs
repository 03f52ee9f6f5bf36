//! Every container and codec in `samples/` becomes the same 16 kHz samples as the plain WAV, at the same time.
#![expect(clippy::cast_precision_loss, reason = "lengths of short recordings")]

use std::{collections::BTreeSet, ffi::OsStr, fs, path::PathBuf};

use minuted::audio::{AudioSource, Settings};

use crate::audio_samples::{correlation, decode, decoded, sample, text};

/// What a codec may change.
#[derive(Clone, Copy)]
struct Fidelity {
    /// Least correlation with the WAV.
    correlation: f64,
    /// Most milliseconds by which the recording may be longer: padding of its last packet that the container does not
    /// mark. Shorter it may be by what an encoder never flushed.
    padding: f64,
}

/// The samples themselves, perhaps at half the rate, with fewer bits, or in a logarithm of them.
const EXACT: Fidelity = Fidelity { correlation: 0.997, padding: 0.1 };
/// What codecs for speech and music leave of it.
const LOSSY: Fidelity = Fidelity { correlation: 0.995, padding: 0.1 };
/// The same in a container that has no word for padding.
const PADDED: Fidelity = Fidelity { padding: 30.0, ..LOSSY };
/// The same at a low rate, or with blocks of 125 ms.
const COARSELY_PADDED: Fidelity = Fidelity { padding: 130.0, ..LOSSY };

fn same_as_wav(name: &str, fidelity: Fidelity) {
    let (reference, samples) = (decoded("wav-s16.wav"), decoded(name));
    let (correlation, lag) = correlation(&reference, &samples);
    assert!(correlation > fidelity.correlation, "correlation is {correlation:.4}");
    assert!(lag.abs() <= 1, "{lag} samples late");
    let longer = (samples.len() as f64 - reference.len() as f64) / 16.0;
    assert!((-8.0..=fidelity.padding).contains(&longer), "{longer:.2} ms longer");
}

macro_rules! samples {
    ($($test:ident: $file:literal is $fidelity:ident;)*) => {
        $(
            #[test]
            fn $test() {
                same_as_wav($file, $fidelity);
            }
        )*

        const TESTED: &[&str] = &[$($file),*];
    };
}

samples! {
    wav_s16: "wav-s16.wav" is EXACT;
    wav_u8: "wav-u8.wav" is EXACT;
    wav_s24_extensible: "wav-s24-extensible.wav" is EXACT;
    wav_s32: "wav-s32.wav" is EXACT;
    wav_f32: "wav-f32.wav" is EXACT;
    wav_alaw: "wav-alaw.wav" is EXACT;
    wav_mulaw: "wav-mulaw.wav" is EXACT;
    wav_adpcm_ima: "wav-adpcm-ima.wav" is COARSELY_PADDED;
    wav_adpcm_ms: "wav-adpcm-ms.wav" is COARSELY_PADDED;
    wav_surround: "wav-5.1.wav" is EXACT;
    wav_stereo: "wav-stereo.wav" is COARSELY_PADDED;
    flac_16: "flac-16.flac" is EXACT;
    flac_24_at_96_khz: "flac-24-96k.flac" is EXACT;
    flac_in_ogg: "flac.ogg" is EXACT;
    mp3_constant_bit_rate: "mp3-cbr.mp3" is LOSSY;
    mp3_variable_bit_rate: "mp3-vbr-stereo.mp3" is LOSSY;
    mp3_mpeg2: "mp3-mpeg2.mp3" is LOSSY;
    mp3_mpeg2_5: "mp3-mpeg2.5.mp3" is LOSSY;
    mp3_without_header: "mp3-no-xing.mpga" is PADDED;
    mp3_as_mpeg: "mp3.mpeg" is LOSSY;
    mp3_with_cover: "mp3-cover.mp3" is LOSSY;
    mp3_in_mp4: "mp3.mp4" is PADDED;
    mp2: "mp2.mp2" is PADDED;
    aac_adts: "aac.aac" is PADDED;
    aac_in_m4a_index_last: "aac-index-last.m4a" is PADDED;
    aac_in_m4a_index_first: "aac-index-first.m4a" is PADDED;
    aac_in_m4a_at_8_khz: "aac-8k.m4a" is COARSELY_PADDED;
    aac_in_fragmented_mp4: "aac-fragmented.mp4" is COARSELY_PADDED;
    aac_in_mov: "aac.mov" is PADDED;
    aac_in_matroska: "aac.mkv" is PADDED;
    aac_under_video: "video-aac.mp4" is PADDED;
    alac_in_m4a: "alac.m4a" is EXACT;
    alac_in_caf: "alac.caf" is EXACT;
    vorbis_in_ogg: "vorbis.ogg" is LOSSY;
    vorbis_in_webm: "vorbis.webm" is PADDED;
    opus_in_ogg: "opus.ogg" is LOSSY;
    opus_stereo: "opus-stereo.ogg" is LOSSY;
    opus_long_frames: "opus-60ms.opus" is LOSSY;
    opus_in_webm: "opus.webm" is PADDED;
    opus_in_live_webm: "opus-live.webm" is PADDED;
    opus_in_mp4: "opus.mp4" is PADDED;
    opus_in_caf: "opus.caf" is PADDED;
    opus_under_video: "video-opus.webm" is PADDED;
    aiff_s16: "aiff-s16.aiff" is EXACT;
    aiff_s24: "aiff-s24.aiff" is EXACT;
    aifc_little_endian: "aifc-sowt.aif" is EXACT;
    caf_s16: "caf-s16.caf" is EXACT;
    mov_s24_big_endian: "mov-s24be.mov" is EXACT;
    mov_s24_little_endian: "mov-s24le.mov" is EXACT;
    mov_s8: "mov-s8.mov" is EXACT;
    pcm_in_matroska: "pcm.mkv" is EXACT;
}

/// Two channels of which one is the other upside down, as a balanced cable in an unbalanced socket makes them.
#[test]
fn a_channel_that_is_inverted_does_not_take_the_speech_away() {
    let mono = decoded("wav-s16.wav");
    #[expect(clippy::cast_possible_truncation, reason = "samples within ±1")]
    let samples = mono.iter().map(|sample| (sample * 32_000.0) as i16);
    let data: Vec<u8> = samples.flat_map(|sample| [sample, -sample]).flat_map(i16::to_le_bytes).collect();
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0".to_vec();
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(64_000_u32.to_le_bytes());
    wav.extend(b"\x04\0\x10\0data");
    wav.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    wav.extend(data);
    let (stereo, damage) = decode(AudioSource::from_bytes(wav.into()), &Settings::default()).unwrap();
    assert_eq!(damage, None);
    assert!(correlation(&mono, &stereo).0 > EXACT.correlation);
}

/// `LAME` and two others write their delay behind the count of frames; of the others nobody knows it.
#[test]
fn a_count_of_frames_by_another_encoder_is_no_promise() {
    let mut bytes = fs::read(sample("mp3-cbr.mp3")).unwrap();
    let name = bytes.windows(4).position(|window| window == b"Info").unwrap() + 120;
    assert_eq!(bytes[name..name + 3], *b"Lav");
    bytes[name..name + 4].copy_from_slice(b"Gogo");
    let (samples, damage) = decode(AudioSource::from_bytes(bytes.into()), &Settings::default()).unwrap();
    assert_eq!(damage, None);
    assert!(correlation(&decoded("mp3-cbr.mp3"), &samples).0 > LOSSY.correlation);
}

#[test]
fn every_sample_is_tested_and_has_its_text() {
    let files = fs::read_dir(sample("")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let is_recording =
        |path: &PathBuf| !["sh", "py", "tsv"].iter().any(|&other| path.extension() == Some(OsStr::new(other)));
    let recordings: BTreeSet<String> =
        files.filter(is_recording).map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let tested: BTreeSet<String> =
        TESTED.iter().map(|&name| name.to_owned()).chain(["meeting.mp3".to_owned()]).collect();
    assert_eq!(recordings, tested);
    for name in recordings {
        assert!(text(&name).is_some_and(|text| !text.is_empty()), "expected.tsv has no text for {name}");
    }
}
