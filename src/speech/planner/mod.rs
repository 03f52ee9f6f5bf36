//! Cuts a recording into windows where nobody speaks, and leaves silence out.
//!
//! Samples come in as they are decoded; at most one window and half a second of look-back are held. A frame of 16 ms
//! is kept when it lies in a stretch of speech, in the [`LEAD`] before one or in the [`TRAIL`] after one; pauses
//! shorter than [`PAUSE`] are kept whole. Kept frames fill a window; when the next one does not fit, the window is
//! cut at the best place of its last [`SEARCH`] frames, and the rest opens the next window.

use std::collections::VecDeque;

use super::vad::{FRAME, Vad};
use super::window::{Span, Window};
use crate::domain::SampleCount;

/// Longest window: 1488 encoder positions of 320 samples, 29.76 s. Whisper takes 1500, but its matrix kernels run a
/// fifth faster on multiples of 16.
pub const MAX_WINDOW: SampleCount = SampleCount(476_160);

/// Frames in the longest window.
const CAPACITY: usize = 476_160 / FRAME;

/// A frame scored at least this opens a stretch of speech.
const OPENS: f32 = 0.5;
/// A frame scored at least this continues it.
const CONTINUES: f32 = 0.35;
/// Frames kept before the first voice of a stretch: 208 ms, a soft onset.
const LEAD: usize = 13;
/// Frames kept after the last voice of a stretch: 304 ms, a trailing consonant and the breath after it.
const TRAIL: usize = 19;
/// Frames without a voice that end a stretch: 800 ms.
const PAUSE: usize = 50;
/// How many of a full window's last frames are searched for the place to cut: 10 s.
const SEARCH: usize = 625;
/// Frames around a cut whose scores count: 80 ms to either side.
const AROUND: usize = 5;

/// Turns samples into windows. Feed it with [`Planner::push`], end with [`Planner::finish`].
pub struct Planner {
    vad: Vad,
    /// Samples that do not fill a frame yet.
    rest: Vec<f32>,
    /// Place in the recording of the next frame.
    next: SampleCount,
    /// Frames that are kept only if a voice follows, oldest first.
    pending: VecDeque<Frame>,
    /// Frames since the last voice, while in a stretch of speech.
    quiet: Option<usize>,
    /// The window being filled.
    kept: Vec<Frame>,
}

/// 16 ms of the recording.
#[derive(Clone)]
struct Frame {
    start: SampleCount,
    samples: Vec<f32>,
    score: f32,
}

impl Planner {
    /// A planner at the start of a recording.
    #[must_use]
    pub fn new() -> Self {
        Self {
            vad: Vad::new(),
            rest: Vec::with_capacity(FRAME),
            next: SampleCount(0),
            pending: VecDeque::with_capacity(PAUSE + 1),
            quiet: None,
            kept: Vec::with_capacity(CAPACITY),
        }
    }

    /// Takes the recording's next samples and adds the windows that they completed to `windows`.
    pub fn push(&mut self, mut samples: &[f32], windows: &mut Vec<Window>) {
        while self.rest.len() + samples.len() >= FRAME {
            let (now, later) = samples.split_at(FRAME - self.rest.len());
            self.rest.extend_from_slice(now);
            samples = later;
            self.frame(windows);
        }
        self.rest.extend_from_slice(samples);
    }

    /// Takes the recording's end and adds the last window, if anything was said since the one before.
    pub fn finish(mut self, windows: &mut Vec<Window>) {
        if !self.rest.is_empty() {
            self.frame(windows);
        }
        if self.quiet.is_some() {
            self.keep_pending(TRAIL, windows);
        }
        if !self.kept.is_empty() {
            windows.push(Window { is_last: true, ..join(self.kept) });
        }
    }

    /// Scores the frame in `rest` and decides what becomes of it.
    fn frame(&mut self, windows: &mut Vec<Window>) {
        let samples = std::mem::replace(&mut self.rest, Vec::with_capacity(FRAME));
        let frame = Frame { start: self.next, score: self.vad.score(&samples), samples };
        self.next += SampleCount::of(&frame.samples);
        self.decide(frame, windows);
    }

    fn decide(&mut self, frame: Frame, windows: &mut Vec<Window>) {
        let threshold = if self.quiet.is_some() { CONTINUES } else { OPENS };
        let voiced = frame.score >= threshold;
        self.pending.push_back(frame);
        match (voiced, self.quiet) {
            (true, _) => {
                self.keep_pending(usize::MAX, windows);
                self.quiet = Some(0);
            }
            (false, Some(quiet)) if quiet + 1 < PAUSE => self.quiet = Some(quiet + 1),
            (false, Some(_)) => {
                self.keep_pending(TRAIL, windows);
                self.forget_before_lead();
                self.quiet = None;
            }
            (false, None) => self.forget_before_lead(),
        }
    }

    /// Keeps the oldest `count` pending frames.
    fn keep_pending(&mut self, count: usize, windows: &mut Vec<Window>) {
        for frame in self.pending.drain(..count.min(self.pending.len())) {
            if self.kept.len() == CAPACITY {
                let rest = self.kept.split_off(best_cut(&self.kept));
                windows.push(join(std::mem::replace(&mut self.kept, rest)));
            }
            self.kept.push(frame);
        }
    }

    /// Forgets pending frames too old to lead in the next stretch.
    fn forget_before_lead(&mut self) {
        let old = self.pending.len().saturating_sub(LEAD);
        self.pending.drain(..old);
    }
}

impl Default for Planner {
    fn default() -> Self {
        Self::new()
    }
}

/// Where to cut a full window: the index of the first frame that goes to the next one.
///
/// Silence that was left out is the best place, the latest such first; otherwise the place whose surroundings sound
/// least like speech. A cut ten seconds early must be worth it: it costs a third of the next window.
fn best_cut(frames: &[Frame]) -> usize {
    let cost = |cut: usize| {
        let early = price_of_early(frames.len() - cut);
        if frames.get(cut).is_some_and(|next| next.start != frames[cut - 1].end()) {
            return early - 1.0;
        }
        let around = &frames[cut.saturating_sub(AROUND)..(cut + AROUND).min(frames.len())];
        let count = f32::from(u8::try_from(around.len()).unwrap_or(u8::MAX));
        around.iter().map(|frame| frame.score).sum::<f32>() / count + early
    };
    (frames.len() - SEARCH..=frames.len()).rev().min_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap_or(frames.len())
}

/// The price of cutting `frames` before a window's end: 0.1 for [`SEARCH`] frames, on the scale of voice scores.
#[expect(clippy::cast_precision_loss, reason = "at most SEARCH frames")]
fn price_of_early(frames: usize) -> f32 {
    frames as f32 * (0.1 / SEARCH as f32)
}

/// Makes a window of kept frames.
fn join(frames: Vec<Frame>) -> Window {
    let mut window = Window { samples: Vec::with_capacity(frames.len() * FRAME), ..Window::default() };
    for frame in frames {
        let at = SampleCount::of(&window.samples);
        let len = SampleCount::of(&frame.samples);
        match window.spans.last_mut() {
            Some(span) if span.start + span.len == frame.start => span.add(&frame, len),
            _ => {
                let mut span =
                    Span { at, start: frame.start, len: SampleCount(0), voice_start: len, voice_end: SampleCount(0) };
                span.add(&frame, len);
                window.spans.push(span);
            }
        }
        window.samples.extend_from_slice(&frame.samples);
    }
    window
}

impl Frame {
    fn end(&self) -> SampleCount {
        self.start + SampleCount::of(&self.samples)
    }
}

impl Span {
    /// Grows by the frame that follows it.
    fn add(&mut self, frame: &Frame, len: SampleCount) {
        let voiced = frame.score >= CONTINUES;
        let heard = self.voice_end > SampleCount(0);
        if voiced {
            self.voice_end = self.len + len;
        } else if !heard {
            self.voice_start = self.len + len;
        }
        self.len += len;
    }
}

#[cfg(test)]
mod tests;
