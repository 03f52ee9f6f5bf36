//! The cheapest way to lay words into a segment: dynamic programming over sounds and frames.
//!
//! Each sound takes a stretch of frames, one after the other; what a stretch costs is how badly it fits the sound
//! ([`Costs`]) and how far its length is from what is usual at this speaker's pace. Before the first word, after the
//! last and between two there may be a pause of any length, at a price that is lower where the text has a mark.
//!
//! The lengths that are tried add up to three times the frames and six for each sound, each at every frame: for a whole
//! window and as much text as a model writes into it some 60 million additions, for a usual sentence a million.

use std::ops::Range;

use super::likeness::Costs;
use super::sounds::{self, Kind, Sound};

/// The price of a length: times the square of the logarithm of actual over usual.
const LENGTH: f32 = 10.0;
/// The price of a pause between two words, and of one after a comma or a full stop.
const PAUSE: f32 = 13.0;
const PAUSE_AT_MARK: f32 = 2.0;
/// A sound lasts at most so many times as long as usual, but for these few frames.
const STRETCH: f32 = 3.0;
const FEW: u8 = 6;
/// And never longer than this, in frames.
const LONGEST: u8 = 40;

/// A word to be found.
pub struct Spoken {
    sounds: Vec<Sound>,
    /// The price of a pause after it.
    pause: f32,
}

impl Spoken {
    /// A word as it is written.
    pub fn new(word: &str) -> Self {
        let at_mark = word.ends_with(|c: char| !c.is_alphanumeric());
        Self { sounds: sounds::of_word(word), pause: if at_mark { PAUSE_AT_MARK } else { PAUSE } }
    }
}

/// Where a sound, or a pause, that ends at a frame came from.
struct Step {
    /// The frames that the sound takes if it ends here.
    lengths: Vec<u8>,
    /// Where the word before ended if this sound, a word's first, begins here.
    before: Option<Vec<usize>>,
}

/// The frames of each word; nothing if there are more sounds than frames, or no words.
pub fn cheapest(words: &[Spoken], costs: &Costs) -> Option<Vec<Range<usize>>> {
    let usual: f32 = words.iter().flat_map(|word| &word.sounds).map(|sound| sound.usual).sum();
    let count = words.iter().map(|word| word.sounds.len()).sum::<usize>();
    if count == 0 || costs.frames() < count {
        return None;
    }
    let pace = number(costs.audible().max(count)) / usual;
    let silence = costs.sums(Kind::Pause);
    // What it costs at least to have said everything so far by each frame; at first that is nothing.
    let mut so_far = silence.to_vec();
    let mut steps = Vec::with_capacity(count);
    let mut pause = None;
    for word in words {
        let mut before = pause.map(|price| rest(&mut so_far, silence, price));
        for sound in &word.sounds {
            let lengths = say(&mut so_far, costs.sums(sound.kind), sound.usual * pace);
            steps.push(Step { lengths, before: before.take() });
        }
        pause = Some(word.pause);
    }
    let last = silence[costs.frames()];
    let ends = so_far.iter().zip(silence).map(|(cost, silence)| cost + last - silence);
    let (end, cost) = ends.enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
    cost.is_finite().then(|| trace(words, &steps, end))
}

/// Lets a pause of any length follow where that is cheaper, and tells where it began for each frame at which it ends.
fn rest(so_far: &mut [f32], silence: &[f32], price: f32) -> Vec<usize> {
    let (mut least, mut since) = (f32::INFINITY, 0);
    so_far
        .iter_mut()
        .zip(silence)
        .enumerate()
        .map(|(frame, (cost, silence))| {
            let spoken = *cost - silence;
            let paused = least + price + silence;
            let from = if paused < *cost { since } else { frame };
            *cost = cost.min(paused);
            if spoken < least {
                (least, since) = (spoken, frame);
            }
            from
        })
        .collect()
}

/// Says one more sound, and tells how long it takes for each frame at which it ends.
fn say(so_far: &mut [f32], sums: &[f32], usual: f32) -> Vec<u8> {
    let begun: Vec<f32> = so_far.iter().zip(sums).map(|(cost, sum)| cost - sum).collect();
    let mut lengths = vec![0.0_f32; so_far.len()];
    so_far.fill(f32::INFINITY);
    for length in (1..=LONGEST).take_while(|&length| length <= FEW || f32::from(length) <= usual * STRETCH) {
        let frames = f32::from(length);
        let price = LENGTH * (frames / usual).ln().powi(2);
        let ends = so_far.iter_mut().zip(&mut lengths).skip(length.into());
        for ((cost, best), begun) in ends.zip(&begun) {
            let new = begun + price;
            let is_better = new < *cost;
            *best = if is_better { frames } else { *best };
            *cost = if is_better { new } else { *cost };
        }
    }
    so_far.iter_mut().zip(sums).for_each(|(cost, sum)| *cost += sum);
    lengths.into_iter().map(whole).collect()
}

#[expect(clippy::cast_precision_loss, reason = "frames of one segment")]
fn number(frames: usize) -> f32 {
    frames as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number up to LONGEST")]
fn whole(length: f32) -> u8 {
    length as u8
}

/// Walks back from the last word's end.
fn trace(words: &[Spoken], steps: &[Step], mut frame: usize) -> Vec<Range<usize>> {
    let mut steps = steps.iter().rev();
    let mut spots: Vec<Range<usize>> = Vec::with_capacity(words.len());
    for word in words.iter().rev() {
        let end = frame;
        let mut before = None;
        for step in steps.by_ref().take(word.sounds.len()) {
            frame -= usize::from(step.lengths[frame]);
            before = step.before.as_ref();
        }
        spots.push(frame..end);
        frame = before.map_or(frame, |before| before[frame]);
    }
    spots.reverse();
    spots
}
