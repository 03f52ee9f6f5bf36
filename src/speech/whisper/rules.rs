//! Which tokens may come next: the rules of Whisper's own decoder (`whisper/decoding.py`), as a mask on the logits.
//!
//! A transcript is a row of segments: a timestamp, text, a timestamp. Timestamps never run backwards, and the first is
//! within the window's first second. What is neither text nor time nor the end is never written. Unlike there, signs that
//! nobody speaks (brackets, notes, quotation marks) may be, as in whisper.cpp.

use super::vocabulary::Vocabulary;

/// The latest first timestamp: 1 s, in steps of 20 ms.
const MAX_FIRST_TIMESTAMP: u32 = 50;

const NEVER: f32 = f32::NEG_INFINITY;

/// Takes every token that may not follow `written` out of `logits`, which has one number for each of the vocabulary.
pub fn mask(logits: &mut [f32], written: &[u32], vocabulary: &Vocabulary) {
    let (end, times) = (place(vocabulary.end), place(vocabulary.first_timestamp));
    logits[end + 1..times].fill(NEVER);
    if !vocabulary.timestamps {
        logits[times..].fill(NEVER);
        if written.is_empty() {
            logits[end] = NEVER;
            logits[place(vocabulary.blank)] = NEVER;
        }
        return;
    }
    let is_time = |token: Option<&u32>| token.is_some_and(|&token| token >= vocabulary.first_timestamp);
    let after_time = is_time(written.last());
    match (written.len(), after_time) {
        (0, _) => {
            logits[..=end].fill(NEVER);
            logits[times + place(MAX_FIRST_TIMESTAMP) + 1..].fill(NEVER);
        }
        // A segment has begun: text, or the end.
        (1, true) => logits[times..].fill(NEVER),
        (length, true) if is_time(written.get(length - 2)) => logits[times..].fill(NEVER),
        // A segment has ended: the next one's start, or the end.
        (_, true) => logits[..end].fill(NEVER),
        (_, false) => {}
    }
    if let Some(&last) = written.iter().rev().find(|token| is_time(Some(token))) {
        // The next segment may start where this one ended, but one that has begun may not end where it starts.
        let from = place(last) + usize::from(!after_time);
        logits[times..from.max(times)].fill(NEVER);
    }
}

fn place(token: u32) -> usize {
    token as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const V: Vocabulary = Vocabulary::SMALL;
    const SIZE: usize = 1007 + 1501;

    /// What may follow: text, the end, and the first and the last time.
    fn allowed(written: &[u32], vocabulary: &Vocabulary) -> (bool, bool, Option<(usize, usize)>) {
        let mut logits = vec![0.0; SIZE];
        mask(&mut logits, written, vocabulary);
        let may = |range: std::ops::Range<usize>| {
            let open: Vec<usize> = range.filter(|&i| logits[i] == 0.0).collect();
            Some((*open.first()?, *open.last()?))
        };
        assert_eq!(may(1001..1007), None, "special tokens are never written");
        let times = may(1007..SIZE).map(|(first, last)| (first - 1007, last - 1007));
        (may(0..1000).is_some(), logits[1000] == 0.0, times)
    }

    #[test]
    fn segments_lie_between_timestamps_that_do_not_run_backwards() {
        let at = |steps: u32| V.first_timestamp + steps;
        let cases = [
            ("the start", vec![], (false, false, Some((0, 50)))),
            ("a first time", vec![at(3)], (true, true, None)),
            ("text", vec![at(3), 7], (true, true, Some((4, 1500)))),
            ("more text", vec![at(3), 7, 8], (true, true, Some((4, 1500)))),
            ("a segment's end", vec![at(3), 7, at(90)], (false, true, Some((90, 1500)))),
            ("the next one's start", vec![at(3), 7, at(90), at(95)], (true, true, None)),
            ("its text", vec![at(3), 7, at(90), at(95), 8], (true, true, Some((96, 1500)))),
            ("the last time there is", vec![at(0), 7, at(1500), at(1500), 8], (true, true, None)),
        ];
        for (case, written, expected) in cases {
            assert_eq!(allowed(&written, &V), expected, "{case}");
        }
    }

    #[test]
    fn a_model_without_timestamps_writes_text_and_never_starts_with_nothing() {
        let distilled = Vocabulary { timestamps: false, ..V };
        assert_eq!(allowed(&[], &distilled), (true, false, None));
        assert_eq!(allowed(&[7], &distilled), (true, true, None));
        let mut logits = vec![0.0; SIZE];
        mask(&mut logits, &[], &distilled);
        assert!(logits[220].is_infinite() && logits[221] == 0.0);
    }
}
