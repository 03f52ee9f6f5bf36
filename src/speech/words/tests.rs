//! Words are found where they are said, and stay in order and inside their segment whatever is said.

use proptest::prelude::*;

use super::*;

/// A buzz of 125 Hz, as loud as `level`.
fn voice(millis: usize, level: f32) -> Vec<f32> {
    (0..millis * 16).map(|i| if i % 128 < 20 { level } else { -level / 5.0 }).collect()
}

/// A sharp hiss.
fn hiss(millis: usize) -> Vec<f32> {
    (0..millis * 16).map(|i| if i % 2 == 0 { 0.05 } else { -0.05 }).collect()
}

fn quiet(millis: usize) -> Vec<f32> {
    voice(millis, 0.0003)
}

fn times(words: &[Word]) -> Vec<(&str, u64, u64)> {
    words.iter().map(|word| (word.text.as_str(), word.start.0, word.end.0)).collect()
}

fn near(found: &[Word], said: &[(&str, u64, u64)]) {
    let is_near = |(word, said): (&Word, &(&str, u64, u64))| {
        word.text == said.0 && word.start.0.abs_diff(said.1) <= 40 && word.end.0.abs_diff(said.2) <= 40
    };
    assert!(found.len() == said.len() && found.iter().zip(said).all(is_near), "{:?}, said {said:?}", times(found));
}

#[test]
fn words_lie_on_both_sides_of_a_pause() {
    let samples = [quiet(200), voice(300, 0.5), quiet(800), voice(300, 0.5), quiet(200)].concat();
    let words = Aligner::new(&samples).align(" Nail, mane", Millis(100), Millis(1700));
    near(&words, &[("Nail,", 200, 500), ("mane", 1300, 1600)]);
}

#[test]
fn a_hiss_is_where_the_text_has_one() {
    let samples = [quiet(200), voice(400, 0.5), hiss(110), voice(150, 0.5), quiet(200)].concat();
    let words = Aligner::new(&samples).align("mail rain so", Millis(200), Millis(860));
    near(&words[2..], &[("so", 600, 860)]);
}

#[test]
fn words_that_do_not_fit_share_the_time() {
    let words = Aligner::new(&[]).align("one two", Millis(100), Millis(200));
    assert_eq!(times(&words), [("one", 100, 150), ("two", 150, 200)]);
    let words = Aligner::new(&voice(1000, 0.5)).align("one two three four", Millis(500), Millis(540));
    assert_eq!(times(&words), [("one", 500, 510), ("two", 510, 520), ("three", 520, 530), ("four", 530, 540)]);
    assert_eq!(Aligner::new(&voice(1000, 0.5)).align(" ", Millis(0), Millis(540)), []);
}

proptest! {
    #[test]
    fn words_are_in_order_inside_their_segment(
        text in "[a-zA-Z0-9 ,.$é会\u{301}]{0,80}",
        parts in prop::collection::vec((0_usize..600, 0.0_f32..1.0), 0..8),
        start in 0_u64..3000,
        length in 0_u64..3000,
    ) {
        let samples: Vec<f32> = parts.iter().flat_map(|&(millis, level)| voice(millis, level)).collect();
        let words = Aligner::new(&samples).align(&text, Millis(start), Millis(start + length));
        prop_assert_eq!(
            words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(),
            spelling::words(&text)
        );
        let edges: Vec<u64> = words.iter().flat_map(|word| [word.start.0, word.end.0]).collect();
        prop_assert!(edges.is_sorted());
        prop_assert!(edges.iter().all(|edge| (start..=start + length).contains(edge)));
    }
}
