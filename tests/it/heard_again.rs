//! Windows that are heard again in part: where a text ended early or broke off, or its words cannot fill its time.

use std::sync::Arc;

use minuted::domain::Language;
use minuted::speech::whisper::{Model, ModelSource, Padding};
use minuted::speech::{DecodeOptions, Device};
use minuted::transcript::{Piece, WarningKind};

use crate::gpu_bench::model::{self, chain};
use crate::recognition::{buzz, greedy, recognize};

/// Ends a text.
const END: u32 = 50_257;

/// A model that says the same in whatever it hears.
fn talker(said: &[u32]) -> Arc<Model> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("talker.bin");
    model::write(&path, model::LEAST, said).expect("a model file");
    Model::load(&ModelSource::File(path), Device::Cpu, Padding::Whole).expect("a model")
}

/// This time, in steps of 20 ms.
fn time(steps: u32) -> Vec<u32> {
    vec![chain::FIRST_TIMESTAMP + steps]
}

/// So many words, none of them among the first `before`.
fn words(before: usize, count: usize) -> Vec<u32> {
    (300..10_000).step_by(37).skip(before).take(count).collect()
}

/// What a model makes of a buzz of so many milliseconds.
fn heard(model: &Arc<Model>, millis: usize, beam_size: u8) -> Piece {
    let options = DecodeOptions { language: Some(Language::ENGLISH), beam_size, ..greedy() };
    recognize(model, &buzz().repeat(30)[..millis * 16], &options).piece
}

/// Start, end and number of words of each segment.
fn segments(piece: &Piece) -> Vec<(u64, u64, usize)> {
    piece.segments.iter().map(|s| (s.start.0, s.end.0, s.text.split_whitespace().count())).collect()
}

fn warnings(piece: &Piece) -> Vec<(WarningKind, u64, u64)> {
    piece.warnings.iter().map(|w| (w.kind, w.start.0, w.end.0)).collect()
}

#[test]
fn what_a_text_has_no_tokens_for_is_heard_again() {
    // Sixty words in ten seconds, and then more than a text has room for.
    let talker = talker(&[time(0), words(0, 60), time(500), time(501), words(60, 180)].concat());
    for beam_size in [1, 2] {
        let piece = heard(&talker, 20_000, beam_size);
        assert_eq!(segments(&piece), [(0, 10_000, 60), (10_000, 20_000, 60)], "beam {beam_size}");
        assert_eq!(piece.warnings, [], "beam {beam_size}");
        let short = heard(&talker, 12_000, beam_size);
        let late = [(WarningKind::Incomplete, 10_020, 12_000)];
        assert_eq!(warnings(&short), late, "beam {beam_size}: there is no time to hear it again");
    }
}

#[test]
fn a_sentence_that_a_window_cuts_off_is_heard_as_far_as_it_goes() {
    // Sixty words in ten seconds, and the start of a sentence.
    let talker = talker(&[time(0), words(0, 60), time(500), time(501), vec![END]].concat());
    for beam_size in [1, 2] {
        let piece = heard(&talker, 11_000, beam_size);
        assert_eq!(segments(&piece), [(0, 10_000, 60), (10_000, 11_000, 60)], "beam {beam_size}");
        assert_eq!(piece.warnings, [], "beam {beam_size}");
        let piece = heard(&talker, 10_300, beam_size);
        assert_eq!(segments(&piece), [(0, 10_000, 60)], "beam {beam_size}: there is no room for a word");
    }
}

#[test]
fn the_same_words_are_not_heard_over_and_over() {
    let short = talker(&[time(0), words(0, 2), time(1450), vec![END]].concat());
    let piece = heard(&short, 29_000, 1);
    assert_eq!(segments(&piece), [(1000, 2000, 2)]);
    assert_eq!(warnings(&piece), [(WarningKind::Incomplete, 2000, 29_000)]);

    let talker = talker(&[time(0), words(0, 2), time(450), time(450), words(5, 60), time(1450), vec![END]].concat());
    let piece = heard(&talker, 29_000, 1);
    assert_eq!(segments(&piece), [(1000, 2000, 2), (10_000, 29_000, 60)], "nor is what comes after them lost");
    assert_eq!(warnings(&piece), [(WarningKind::Incomplete, 2000, 10_000)]);
}
