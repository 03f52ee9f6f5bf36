//! Codecs: the decoders that we have, and names for those that we lack.

use std::sync::LazyLock;

use symphonia::{
    core::{
        audio::Channels,
        codecs::{
            audio::{
                AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
                well_known::{
                    CODEC_ID_AAC, CODEC_ID_AC3, CODEC_ID_AC4, CODEC_ID_ADPCM_G722, CODEC_ID_ADPCM_G726,
                    CODEC_ID_ADPCM_G726LE, CODEC_ID_ALAC, CODEC_ID_ATRAC1, CODEC_ID_ATRAC3, CODEC_ID_ATRAC3PLUS,
                    CODEC_ID_ATRAC9, CODEC_ID_COOK, CODEC_ID_DCA, CODEC_ID_EAC3, CODEC_ID_FLAC, CODEC_ID_MONKEYS_AUDIO,
                    CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_MUSEPACK, CODEC_ID_OPUS, CODEC_ID_PCM_ALAW,
                    CODEC_ID_PCM_MULAW, CODEC_ID_RA10, CODEC_ID_RA20, CODEC_ID_RALF, CODEC_ID_SIPR, CODEC_ID_SPEEX,
                    CODEC_ID_TRUEHD, CODEC_ID_TTA, CODEC_ID_WAVPACK, CODEC_ID_WMA,
                },
            },
            registry::CodecRegistry,
        },
    },
    default::register_enabled_codecs,
};
use symphonia_adapter_libopus::OpusDecoder;

use super::AudioError;
use crate::domain::SampleRate;

/// The most channels that any recording may have.
const MAX_CHANNELS: usize = 8;

/// Some decoders allocate what a header tells them to; no real packet is longer than this many frames.
const MAX_FRAMES: u64 = 1 << 16;

static DECODERS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut registry = CodecRegistry::new();
    register_enabled_codecs(&mut registry);
    registry.register_audio_decoder::<OpusDecoder>();
    registry
});

/// A decoder for a track.
///
/// # Errors
/// [`AudioError::TooManyChannels`] or [`AudioError::UnsupportedCodec`], with the codec's name.
pub(super) fn decoder(params: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, AudioError> {
    let channels = params.channels.as_ref().map_or(0, Channels::count);
    check_channels(params.codec, channels)?;
    let mut params = params.clone();
    params.max_frames_per_packet = params.max_frames_per_packet.map(|frames| frames.min(MAX_FRAMES));
    DECODERS
        .make_audio_decoder(&params, &AudioDecoderOptions::default())
        .map_err(|_| AudioError::UnsupportedCodec { codec: name(params.codec).to_owned(), container: None })
}

/// Refuses a number of channels that the service or the codec's decoder does not take.
///
/// # Errors
/// [`AudioError::TooManyChannels`].
pub(super) fn check_channels(codec: AudioCodecId, channels: usize) -> Result<(), AudioError> {
    let maximum = if matches!(codec, CODEC_ID_OPUS | CODEC_ID_AAC) { 2 } else { MAX_CHANNELS };
    if channels <= maximum {
        return Ok(());
    }
    Err(AudioError::TooManyChannels { codec: name(codec).to_owned(), channels, maximum })
}

/// Refuses a sample rate below telephone quality, or above what any recorder writes.
///
/// # Errors
/// [`AudioError::SampleRateOutOfRange`].
pub(super) fn check_rate(rate: u32) -> Result<SampleRate, AudioError> {
    let rate = SampleRate(rate);
    if (8000..=192_000).contains(&rate.0) { Ok(rate) } else { Err(AudioError::SampleRateOutOfRange { rate }) }
}

/// Frames that decoding puts before the recording, for a container that does not say: what the decoder needs to get
/// going, and what the usual encoders put there (LAME 576, and 529 of the decoder; `TwoLAME` and `FFmpeg` 481; AAC 1024).
pub(super) fn usual_delay(codec: AudioCodecId) -> u64 {
    match codec {
        CODEC_ID_MP3 => 1105,
        CODEC_ID_MP2 => 481,
        CODEC_ID_AAC => 1024,
        _ => 0,
    }
}

/// The codec as people call it.
pub(super) fn name(codec: AudioCodecId) -> &'static str {
    if let Some(decoder) = DECODERS.get_audio_decoder(codec) {
        return match codec {
            CODEC_ID_AAC => "AAC",
            CODEC_ID_ALAC => "Apple Lossless",
            CODEC_ID_FLAC => "FLAC",
            CODEC_ID_OPUS => "Opus",
            CODEC_ID_PCM_ALAW => "A-law",
            CODEC_ID_PCM_MULAW => "mu-law",
            _ if decoder.codec.info.long_name.starts_with("PCM") => "PCM",
            _ => decoder.codec.info.long_name,
        };
    }
    match codec {
        CODEC_ID_AC3 => "AC-3 (Dolby Digital)",
        CODEC_ID_EAC3 => "E-AC-3 (Dolby Digital Plus)",
        CODEC_ID_AC4 => "AC-4",
        CODEC_ID_TRUEHD => "Dolby TrueHD",
        CODEC_ID_DCA => "DTS",
        CODEC_ID_SPEEX => "Speex",
        CODEC_ID_MUSEPACK => "Musepack",
        CODEC_ID_WMA => "Windows Media",
        CODEC_ID_WAVPACK => "WavPack",
        CODEC_ID_MONKEYS_AUDIO => "Monkey's Audio",
        CODEC_ID_TTA => "True Audio",
        CODEC_ID_RA10 | CODEC_ID_RA20 | CODEC_ID_SIPR | CODEC_ID_COOK | CODEC_ID_RALF => "RealAudio",
        CODEC_ID_ATRAC1 | CODEC_ID_ATRAC3 | CODEC_ID_ATRAC3PLUS | CODEC_ID_ATRAC9 => "ATRAC",
        CODEC_ID_ADPCM_G722 => "G.722 ADPCM",
        CODEC_ID_ADPCM_G726 | CODEC_ID_ADPCM_G726LE => "G.726 ADPCM",
        _ => "unidentified",
    }
}
