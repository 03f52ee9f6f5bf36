//! A window: up to 29.76 s of samples that are recognised in one go, and where in the recording they come from.

use crate::domain::{Millis, SampleCount};
use crate::transcript::{Piece, Segment, Word};

/// Silence that is longer than this parts what is said before it from what is said after it.
const PARTING: SampleCount = Millis(2000).to_samples();

/// Stretches of a recording side by side, without the silence between them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    /// 16 kHz, mono.
    pub samples: Vec<f32>,
    /// Where the samples come from: in order, without gaps in the window, without overlap in the recording.
    pub spans: Vec<Span>,
    /// Nothing of the recording comes after it.
    pub is_last: bool,
}

/// A stretch of the recording inside a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first sample's place in the window.
    pub at: SampleCount,
    /// Its first sample's place in the recording.
    pub start: SampleCount,
    /// How long it is.
    pub len: SampleCount,
    /// Where in the span, counted from its first sample, somebody starts to speak.
    pub voice_start: SampleCount,
    /// Where in the span, counted from its first sample, the last one has stopped.
    pub voice_end: SampleCount,
}

impl Window {
    /// The recording's time of the first sample.
    #[must_use]
    pub fn start(&self) -> Millis {
        self.spans.first().map_or(Millis(0), |span| span.start.to_millis())
    }

    /// The recording's time after the last sample.
    #[must_use]
    pub fn end(&self) -> Millis {
        self.spans.last().map_or(Millis(0), |span| (span.start + span.len).to_millis())
    }

    /// Neighbours among its spans between which a long silence was cut out.
    pub fn partings(&self) -> impl Iterator<Item = [Span; 2]> {
        let pairs = self.spans.windows(2).map(|pair| [pair[0], pair[1]]);
        pairs.filter(|[before, after]| after.start - before.start > before.len + PARTING)
    }

    /// Puts what was recognised in this window on the recording's clock. A word stays inside its segment, also one that
    /// seems to be said in the quiet around a silence that was cut out; a segment over a long silence is parted there if
    /// its words have times.
    pub fn put_on_recording(&self, piece: &mut Piece) {
        for [before, after] in self.partings() {
            part(piece, &before, &after);
        }
        let ends: Vec<Millis> = piece.segments.iter().map(|segment| segment.end).collect();
        for segment in &mut piece.segments {
            (segment.start, segment.end) = self.on_recording(segment.start, segment.end);
            segment.seek = self.start();
        }
        let mut its = 0;
        for word in &mut piece.words {
            while ends.get(its).is_some_and(|&end| end < middle(word)) {
                its += 1;
            }
            (word.start, word.end) = self.on_recording(word.start, word.end);
            if let Some(segment) = piece.segments.get(its) {
                word.start = word.start.clamp(segment.start, segment.end);
                word.end = word.end.clamp(segment.start, segment.end);
            }
        }
        for warning in &mut piece.warnings {
            (warning.start, warning.end) = self.on_recording(warning.start, warning.end);
        }
    }

    /// A stretch of the window's time as the recording's time.
    ///
    /// The model's times are good to some hundredths of a second, and the silence between two spans has been cut out:
    /// a sentence that ends two hundredths late would seem to end where the next span starts, minutes later. So an
    /// end in the quiet before a span's first voice belongs to the span before, and a start in the quiet after a
    /// span's last voice belongs to the next.
    #[must_use]
    pub fn on_recording(&self, start: Millis, end: Millis) -> (Millis, Millis) {
        let (from, to) = (start.to_samples(), end.max(start).to_samples());
        let mut first = self.span_at(from);
        let mut last = self.span_at(to);
        if first < last && from >= self.spans[first].at + self.spans[first].voice_end {
            first += 1;
        }
        if first < last && to <= self.spans[last].at + self.spans[last].voice_start {
            last -= 1;
        }
        let start = self.spans.get(first).map_or(SampleCount(0), |span| span.place(from));
        let end = self.spans.get(last).map_or(start, |span| span.place(to));
        (start.to_millis(), end.max(start).to_millis())
    }

    /// The span that holds this place of the window; the last one for any place after the end.
    fn span_at(&self, at: SampleCount) -> usize {
        self.spans.partition_point(|span| span.at <= at).saturating_sub(1)
    }
}

impl Span {
    /// The recording's place of a place in the window, held inside this span.
    fn place(&self, at: SampleCount) -> SampleCount {
        self.start + (at - self.at).min(self.len)
    }
}

/// Parts the segment that has voices both before and after the silence between two spans, between two of its words.
fn part(piece: &mut Piece, before: &Span, after: &Span) {
    let [last_voice, at, first_voice] =
        [before.at + before.voice_end, after.at, after.at + after.voice_start].map(SampleCount::to_millis);
    let is_over = |segment: &Segment| segment.start < last_voice && first_voice < segment.end;
    let Some(index) = piece.segments.iter().position(is_over) else { return };
    let segment = &mut piece.segments[index];
    let is_its = |word: &&Word| segment.start <= word.start && word.end <= segment.end;
    let words: Vec<&Word> = piece.words.iter().filter(is_its).collect();
    let (earlier, later) = words.split_at(words.partition_point(|word| middle(word) < at));
    let (Some(last), Some(next)) = (earlier.last(), later.first()) else { return };
    let end_of =
        |from, word: &&Word| segment.text[from..].find(&word.text).map_or(from, |at| from + at + word.text.len());
    let text = segment.text.split_off(earlier.iter().fold(0, end_of));
    // Which token is of which word is not known any more: they stay together.
    let rest = Segment { start: next.start.max(at), text, tokens: Vec::new(), ..segment.clone() };
    segment.end = last.end.min(at);
    piece.segments.insert(index + 1, rest);
}

fn middle(word: &Word) -> Millis {
    Millis(word.start.0.midpoint(word.end.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two spans of one second, cut out of the recording at 10 s and at 60 s; voices from 0.2 s to 0.7 s in each.
    fn window() -> Window {
        let span = |at, start| Span {
            at: Millis(at).to_samples(),
            start: Millis(start).to_samples(),
            len: Millis(1000).to_samples(),
            voice_start: Millis(200).to_samples(),
            voice_end: Millis(700).to_samples(),
        };
        Window { samples: vec![0.0; 32_000], spans: vec![span(0, 10_000), span(1000, 60_000)], is_last: true }
    }

    fn word((start, end): (u64, u64)) -> Word {
        Word { text: "word".to_owned(), start: Millis(start), end: Millis(end) }
    }

    fn segment((start, end): (u64, u64)) -> Segment {
        Segment {
            start: Millis(start),
            end: Millis(end),
            text: String::new(),
            tokens: Vec::new(),
            temperature: 0.0,
            avg_logprob: 0.0,
            compression_ratio: 1.0,
            no_speech_prob: 0.0,
            seek: Millis(0),
        }
    }

    #[test]
    fn times_map_to_the_span_they_fall_in() {
        let cases = [
            ((200, 700), (10_200, 10_700), "inside the first"),
            ((1300, 1600), (60_300, 60_600), "inside the second"),
            ((200, 1600), (10_200, 60_600), "over both"),
            ((200, 1100), (10_200, 11_000), "an end in the quiet before the second belongs to the first"),
            ((900, 1600), (60_000, 60_600), "a start in the quiet after the first belongs to the second"),
            ((1500, 9000), (60_500, 61_000), "beyond the end"),
            ((700, 600), (10_700, 10_700), "an end before the start"),
        ];
        for ((start, end), (from, to), case) in cases {
            assert_eq!(window().on_recording(Millis(start), Millis(end)), (Millis(from), Millis(to)), "{case}");
        }
        assert_eq!((window().start(), window().end()), (Millis(10_000), Millis(61_000)));
    }

    #[test]
    fn a_segment_over_a_long_silence_is_parted_there() {
        let said = [("Okay.", 200, 600), ("Let", 1250, 1400), ("us", 1400, 1500), ("go.", 1500, 1600)];
        let words = said.map(|(text, start, end)| Word { text: text.to_owned(), ..word((start, end)) }).to_vec();
        let whole = Segment { text: " Okay. Let us go.".to_owned(), ..segment((200, 1600)) };
        let parts = |window: &Window, words: Vec<Word>| {
            let mut piece = Piece { segments: vec![whole.clone()], words, ..Piece::default() };
            window.put_on_recording(&mut piece);
            piece.segments.into_iter().map(|s| (s.start.0, s.end.0, s.text)).collect::<Vec<_>>()
        };
        let whole = |end| vec![(10_200, end, whole.text.clone())];
        assert_eq!(
            parts(&window(), words.clone()),
            [(10_200, 10_600, " Okay.".to_owned()), (60_250, 60_600, " Let us go.".to_owned())]
        );
        assert_eq!(parts(&window(), Vec::new()), whole(60_600), "nobody knows when its words are said");
        let mut short = window();
        short.spans[1].start = Millis(13_000).to_samples();
        assert_eq!(parts(&short, words), whole(13_600), "two seconds are a pause");
    }

    #[test]
    fn words_stay_inside_their_segment() {
        // The first ends in the quiet before the second voice, the second begins in the quiet after the first voice.
        let cases = [
            ([(200, 600), (1020, 1060)], (200, 1100), [(10_200, 10_600), (11_000, 11_000)]),
            ([(900, 977), (1300, 1600)], (900, 1600), [(60_000, 60_000), (60_300, 60_600)]),
        ];
        for (words, of, expected) in cases {
            let words = [word((0, 100)), word(words[0]), word(words[1])].to_vec();
            let mut piece = Piece { segments: vec![segment((0, 100)), segment(of)], words, ..Piece::default() };
            window().put_on_recording(&mut piece);
            let times: Vec<_> = piece.words[1..].iter().map(|word| (word.start.0, word.end.0)).collect();
            assert_eq!(times, expected, "{of:?}");
            assert_eq!(piece.segments[1].seek, Millis(10_000));
        }
    }
}
