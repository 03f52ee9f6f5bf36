//! Logits → the next token and its probability.
//!
//! A timestamp is taken when all of them together are likelier than the likeliest text (`whisper/decoding.py`). At
//! temperature 0 the likeliest token wins; above, one is drawn. Either way the probability told is the model's own,
//! at temperature 1.

use super::vocabulary::Vocabulary;

/// Numbers that are compared side by side, so that the compiler can do it in one instruction.
const LANES: usize = 16;
/// A logit this far under the largest is left out of a sum. All of 50,000 such would add a ten-thousandth to it.
const NEGLIGIBLE: f32 = 20.0;

/// The token that comes next, and the natural logarithm of its probability among those that `logits` allows.
pub fn choose(logits: &[f32], vocabulary: &Vocabulary, temperature: f32, random: &mut Random) -> (u32, f32) {
    let (text, times) = logits.split_at(vocabulary.first_timestamp as usize);
    let (best_text, all_times) = (max(text), log_sum_exp(times, max(times)));
    let is_time = all_times > best_text;
    let (allowed, offset) = if is_time { (times, text.len()) } else { (logits, 0) };
    let total = if is_time { all_times } else { log_add(log_sum_exp(text, best_text), all_times) };
    let place = if temperature > 0.0 { draw(allowed, temperature, random) } else { argmax(allowed) };
    let Some(place) = place else {
        // Nothing is allowed, or nothing is a number: there is no more to say.
        return (vocabulary.end, 0.0);
    };
    (u32::try_from(offset + place).unwrap_or(vocabulary.end), allowed[place] - total)
}

/// The probability of one token among all.
pub fn probability(logits: &[f32], token: u32) -> f32 {
    logits.get(token as usize).map_or(0.0, |logit| (logit - log_sum_exp(logits, max(logits))).exp())
}

/// The place of the largest number.
pub fn argmax(logits: &[f32]) -> Option<usize> {
    let best = max(logits);
    (best > f32::NEG_INFINITY).then(|| logits.iter().position(|&logit| logit >= best)).flatten()
}

fn max(logits: &[f32]) -> f32 {
    let chunks = logits.chunks_exact(LANES);
    let rest = chunks.remainder();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, &logit) in lanes.iter_mut().zip(chunk) {
            *lane = if logit > *lane { logit } else { *lane };
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// ln Σ exp(logit), for a `largest` that is known.
fn log_sum_exp(logits: &[f32], largest: f32) -> f32 {
    let floor = largest - NEGLIGIBLE;
    let sum: f32 = logits.iter().filter(|&&logit| logit > floor).map(|logit| (logit - largest).exp()).sum();
    largest + sum.ln()
}

/// ln (exp(a) + exp(b))
fn log_add(a: f32, b: f32) -> f32 {
    let largest = a.max(b);
    if largest > f32::NEG_INFINITY { largest + ((a - largest).exp() + (b - largest).exp()).ln() } else { largest }
}

/// A place drawn with the probabilities that the logits have at this temperature.
fn draw(logits: &[f32], temperature: f32, random: &mut Random) -> Option<usize> {
    let largest = max(logits);
    if largest == f32::NEG_INFINITY {
        return None;
    }
    // The largest itself is never left out, however low the temperature.
    let floor = largest - NEGLIGIBLE * temperature;
    let weights = || {
        let likely = logits.iter().enumerate().filter(|&(_, &logit)| logit >= floor);
        likely.map(|(place, logit)| (place, ((logit - largest) / temperature).exp()))
    };
    let mut left = random.next() * weights().map(|(_, weight)| weight).sum::<f32>();
    let mut last = None;
    for (place, weight) in weights() {
        last = Some(place);
        left -= weight;
        if left < 0.0 {
            break;
        }
    }
    last
}

/// A generator of random numbers (`SplitMix64`) that starts anew for each window: the same audio gets the same text.
#[derive(Default)]
pub struct Random(u64);

impl Random {
    /// In [0, 1).
    #[expect(clippy::cast_precision_loss, reason = "24 bits are exact")]
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1u32 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V: Vocabulary = Vocabulary::SMALL;
    const NEVER: f32 = f32::NEG_INFINITY;

    fn logits(values: &[(usize, f32)]) -> Vec<f32> {
        let mut logits = vec![NEVER; 1007 + 1501];
        for &(place, value) in values {
            logits[place] = value;
        }
        logits
    }

    #[test]
    fn the_likeliest_token_wins_with_its_probability_among_the_allowed() {
        let logits = logits(&[(7, 3.0), (8, 1.0), (1000, 2.0), (1010, 0.0)]);
        let (token, logprob) = choose(&logits, &V, 0.0, &mut Random::default());
        let total: f32 = [3.0_f32, 1.0, 2.0, 0.0].iter().map(|l| l.exp()).sum();
        assert_eq!(token, 7);
        assert!((logprob - (3.0 - total.ln())).abs() < 1e-5, "{logprob}");
        assert!((probability(&logits, 8) - 1.0_f32.exp() / total).abs() < 1e-5);
    }

    #[test]
    fn timestamps_that_are_likelier_together_win_over_text() {
        let times: Vec<_> = (1010..1020).map(|place| (place, 1.0)).chain([(1020, 1.5), (7, 3.0)]).collect();
        let (token, logprob) = choose(&logits(&times), &V, 0.0, &mut Random::default());
        let among_times = 1.5 - (10.0 * 1.0_f32.exp() + 1.5_f32.exp()).ln();
        assert_eq!(token, 1020);
        assert!((logprob - among_times).abs() < 1e-5, "{logprob}");
    }

    #[test]
    fn draws_follow_the_probabilities_at_their_temperature() {
        let logits = logits(&[(7, 1.0), (8, 0.0), (9, NEVER)]);
        let mut random = Random::default();
        let mut seven = 0_u16;
        for _ in 0..4000 {
            let (token, logprob) = choose(&logits, &V, 0.5, &mut random);
            assert!(token == 7 || token == 8);
            let cold = if token == 7 { 1.0 } else { 0.0 } - (1.0_f32.exp() + 1.0).ln();
            assert!((logprob - cold).abs() < 1e-5, "the probability is that at temperature 1");
            seven += u16::from(token == 7);
        }
        // e² to 1 at half the temperature.
        let share = 2.0_f32.exp() / (2.0_f32.exp() + 1.0);
        assert!((f32::from(seven) / 4000.0 - share).abs() < 0.02, "{seven}");
    }

    #[test]
    fn next_to_no_temperature_draws_the_likeliest() {
        let logits = logits(&[(7, 30.0), (8, 29.0)]);
        for temperature in [f32::MIN_POSITIVE, 1e-8, 1e-3] {
            assert_eq!(choose(&logits, &V, temperature, &mut Random::default()).0, 7, "{temperature}");
        }
    }

    #[test]
    fn no_numbers_are_the_end() {
        for values in [vec![NEVER; 1100], vec![f32::NAN; 1100]] {
            assert_eq!(choose(&values, &V, 0.0, &mut Random::default()), (1000, 0.0));
            assert_eq!(choose(&values, &V, 0.7, &mut Random::default()), (1000, 0.0));
        }
        assert_eq!(argmax(&[]), None);
    }
}
