//! Several channels → one, and samples that are no numbers → silence.

use symphonia::core::audio::{Channels, Position};

/// Mixes interleaved frames down to one channel: the mean of all channels but those for low-frequency effects, clipped
/// to ±1 as any conversion to integers would. Returns how many samples were not finite; each of them counts as 0.
pub(super) fn downmix(interleaved: &[f32], channels: &Channels, mono: &mut Vec<f32>) -> usize {
    let heard = heard(channels);
    let gain = heard.iter().filter(|&&heard| heard).fold(0.0, |count, _| count + 1.0f32).recip();
    let mut not_finite = 0;
    mono.extend(interleaved.chunks_exact(heard.len().max(1)).map(|frame| {
        let finite = frame.iter().zip(&heard).filter(|&(_, &heard)| heard).map(|(&sample, _)| {
            if sample.is_finite() {
                sample.clamp(-1.0, 1.0)
            } else {
                not_finite += 1;
                0.0
            }
        });
        finite.sum::<f32>() * gain
    }));
    not_finite
}

/// For each channel, in the order of the frame: is it part of the mix?
fn heard(channels: &Channels) -> Vec<bool> {
    let mut heard = vec![true; channels.count()];
    if let Channels::Positioned(positions) = channels {
        for effects in [Position::LFE1, Position::LFE2] {
            if positions.contains(effects)
                && let Some(index) = channels.get_canonical_index_for_positioned_channel(effects)
            {
                heard[index] = false;
            }
        }
    }
    // A file with nothing but a low-frequency channel is a mono file with an odd label.
    if heard.iter().any(|&heard| heard) { heard } else { vec![true; channels.count()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(interleaved: &[f32], channels: &Channels) -> (Vec<f32>, usize) {
        let mut mono = Vec::new();
        let not_finite = downmix(interleaved, channels, &mut mono);
        (mono, not_finite)
    }

    #[test]
    fn channels_are_averaged() {
        let stereo = Channels::Positioned(Position::FRONT_LEFT | Position::FRONT_RIGHT);
        assert_eq!(mixed(&[0.5, 0.25, -1.0, 1.0], &stereo).0, [0.375, 0.0]);
        assert_eq!(mixed(&[0.5, -0.5], &Channels::Discrete(1)).0, [0.5, -0.5]);
        assert_eq!(mixed(&[0.5; 8], &Channels::Discrete(8)).0, [0.5]);
    }

    #[test]
    fn the_subwoofer_is_left_out() {
        let surround = Position::FRONT_LEFT | Position::FRONT_RIGHT | Position::FRONT_CENTER | Position::LFE1;
        assert_eq!(mixed(&[0.25, 0.25, 0.25, 1.0], &Channels::Positioned(surround)).0, [0.25]);
        assert_eq!(mixed(&[0.5], &Channels::Positioned(Position::LFE1)).0, [0.5]);
    }

    #[test]
    fn what_is_no_number_is_silence_and_counted() {
        let samples = [f32::NAN, 0.5, f32::INFINITY, f32::NEG_INFINITY, 1e30];
        assert_eq!(mixed(&samples, &Channels::Discrete(1)), (vec![0.0, 0.5, 0.0, 0.0, 1.0], 3));
    }
}
