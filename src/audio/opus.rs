//! What Opus needs besides its decoder.
//!
//! libopus decodes straight to 16 kHz, which saves the resampler; but lengths in the container stay in units of 48 kHz
//! (RFC 7845), so this room trims the start and the end itself.

use symphonia::core::codecs::audio::AudioCodecParameters;

use super::container::Container;
use crate::domain::PCM_RATE;

/// Samples a second in which Opus counts, whatever it is decoded to.
const OPUS_RATE: u64 = 48_000;

/// What libopus itself puts before the recording, for a container without the identification header.
const USUAL_PRE_SKIP: u16 = 312;

/// Asks for 16 kHz, and takes the identification header away from the decoder, which would trim by it in other units
/// (and in MP4, where the header is big-endian, by a wrong number).
pub(super) fn prepare(params: &mut AudioCodecParameters) {
    params.sample_rate = Some(PCM_RATE.0);
    params.extra_data = None;
}

/// Frames at [`PCM_RATE`] that are to be dropped at the start: the `pre-skip` of the identification header.
pub(super) fn delay(container: Container, params: &AudioCodecParameters) -> u64 {
    let pre_skip = match params.extra_data.as_ref().and_then(|head| head.get(10..12)) {
        Some(&[high, low]) if container == Container::Mp4 => u16::from_be_bytes([high, low]),
        Some(&[low, high]) => u16::from_le_bytes([low, high]),
        _ => USUAL_PRE_SKIP,
    };
    u64::from(pre_skip) * u64::from(PCM_RATE.0) / OPUS_RATE
}

/// True for a packet with nothing in it, of which its decoder would make up as much sound as it has room for.
pub(super) fn is_lost(packet: &[u8]) -> bool {
    packet.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pre_skip_is_read_in_the_byte_order_of_its_container() {
        let mut params = AudioCodecParameters::new();
        assert_eq!(delay(Container::Caf, &params), 104);
        params.with_extra_data(Box::from(&b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0"[..]));
        assert_eq!(delay(Container::Ogg, &params), 104);
        assert_eq!(delay(Container::Matroska, &params), 104);
        params.with_extra_data(Box::from(&b"OpusHead\0\x01\x01\x38\0\0\xbb\x80\0\0\0"[..]));
        assert_eq!(delay(Container::Mp4, &params), 104);
    }
}
