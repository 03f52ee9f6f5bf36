//! HE-AAC, as far as speech needs it.
//!
//! HE-AAC is AAC-LC at half the rate plus a recipe for the upper half of the spectrum, and for stereo. Our decoder knows
//! the core alone, which reaches beyond the 8 kHz that are recognised; so it is told of nothing else.

use symphonia::core::codecs::audio::AudioCodecParameters;

/// Object types in an `AudioSpecificConfig` (ISO/IEC 14496-3, table 1.17).
const AAC_LC: u16 = 2;
const SPECTRAL_BAND_REPLICATION: u16 = 5;
const PARAMETRIC_STEREO: u16 = 29;

/// Replaces the configuration of an HE-AAC stream by that of its AAC-LC core.
pub(super) fn prepare(params: &mut AudioCodecParameters) {
    if let Some(core) = params.extra_data.as_deref().and_then(core_config) {
        params.extra_data = Some(Box::new(core));
        params.channels = None;
    }
}

/// Layout: object type (5 bits), index of the sample rate (4), channels (4), and for the core three more bits of zero.
fn core_config(config: &[u8]) -> Option<[u8; 2]> {
    let word = u16::from_be_bytes(*config.first_chunk()?);
    let (object_type, rate_index) = (word >> 11, word >> 7 & 15);
    let is_he = matches!(object_type, SPECTRAL_BAND_REPLICATION | PARAMETRIC_STEREO);
    // Index 15 would be followed by a rate in full, which no HE-AAC encoder writes.
    (is_he && rate_index != 15).then(|| (AAC_LC << 11 | word & 0x07f8).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_keeps_rate_and_channels() {
        // HE-AAC: core at 22,050 Hz (index 7), stereo; HE-AACv2: core at 16 kHz (index 8), mono.
        assert_eq!(core_config(&[0x2b, 0x92, 0x08, 0x00]), Some([0x13, 0x90]));
        assert_eq!(core_config(&[0xec, 0x0a, 0x88, 0x00]), Some([0x14, 0x08]));
    }

    #[test]
    fn plain_aac_is_left_alone() {
        assert_eq!(core_config(&[0x12, 0x10]), None);
        assert_eq!(core_config(&[0x12]), None);
    }
}
