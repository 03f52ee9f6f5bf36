//! Our spectrogram against whisper.cpp's, and what it would abort over.

use std::io::Cursor;
use std::sync::Arc;

use super::*;
use crate::speech::whisper::{check, mel::LogMel};

const BUNDLED: &[u8] = include_bytes!("../../../../models/minuted-nano.en-q5_1.bin");
const START: u32 = 50_257;

fn bundled() -> (State, LogMel) {
    let parameters = whisper_rs::WhisperContextParameters::new();
    let context = WhisperContext::new_from_buffer_with_params(BUNDLED, parameters).expect("the bundled model");
    let file = check::check(Cursor::new(BUNDLED)).expect("a good file");
    (State::new(&context).expect("a state"), LogMel::new(Arc::clone(&file.filters)))
}

/// A sentence, in 16 bits after a header that a recording can do without.
fn sound() -> Vec<f32> {
    let samples = include_bytes!("../../../../samples/wav-s16.wav")[100..].chunks_exact(2);
    samples.map(|bytes| f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0).collect()
}

fn first_logits(state: &mut State) -> Vec<f32> {
    state.encode(1).expect("an encoder pass");
    state.decode(&[START], 0).expect("logits").to_vec()
}

/// Root of the mean square.
fn length(logits: &[f32]) -> f32 {
    (logits.iter().map(|value| value * value).sum::<f32>() / 51_864.0).sqrt()
}

#[test]
fn our_spectrogram_is_as_good_as_whisper_cpps() {
    let (mut state, mut log_mel) = bundled();
    let positions = 512;
    state.hear(&log_mel.compute(&[], positions), positions).expect("silence");
    let silence = first_logits(&mut state);
    let (mut from_theirs, mut from_silence) = (vec![0.0; silence.len()], vec![0.0; silence.len()]);
    // The weights' five bits and the activations' eight make much of small differences, in any direction: from several
    // starts these cancel out, and what is always wrong remains.
    for start in (0..8).map(|turn| turn * 700) {
        let sound = &sound()[start..];
        state.hear(&log_mel.compute(sound, positions), positions).expect("a spectrogram");
        let ours = first_logits(&mut state);
        state.owner.as_mut().expect("a state").pcm_to_mel(sound, 1).expect("another spectrogram");
        let theirs = first_logits(&mut state);
        for (i, ours) in ours.iter().enumerate() {
            from_theirs[i] += ours - theirs[i];
            from_silence[i] += ours - silence[i];
        }
    }
    let (apart, heard) = (length(&from_theirs), length(&from_silence));
    assert!(apart * 50.0 < heard, "{apart} and {heard}");
}

#[test]
fn a_text_can_be_taken_up_again_at_any_token() {
    let (mut state, mut log_mel) = bundled();
    state.hear(&log_mel.compute(&sound(), 1488), 1488).expect("a spectrogram");
    state.encode(1).expect("an encoder pass");
    let at_once = state.decode(&[START, 50_363, 7, 8], 0).expect("logits").to_vec();
    state.decode(&[9, 10], 4).expect("other words");
    let mut again = Vec::new();
    for (past, token) in [50_363, 7, 8].into_iter().enumerate() {
        again = state.decode(&[token], past + 1).expect("logits").to_vec();
    }
    assert!(at_once.iter().zip(&again).all(|(a, b)| (a - b).abs() < 0.05));
}

#[test]
fn several_threads_encode_what_one_does() {
    let (mut state, mut log_mel) = bundled();
    state.hear(&log_mel.compute(&sound(), 512), 512).expect("a spectrogram");
    let alone = first_logits(&mut state);
    state.encode(3).expect("an encoder pass");
    let together = state.decode(&[START], 0).expect("logits");
    assert!(alone.iter().zip(together).all(|(a, b)| (a - *b).abs() < 1e-3));
    assert_eq!([0, 1, 4].map(startable), [1, 1, 4]);
}

#[test]
fn what_whisper_cpp_would_abort_over_is_an_error() {
    let (mut state, mut log_mel) = bundled();
    for (tokens, past) in [(&[][..], 0), (&[51_864], 0), (&[u32::MAX], 0), (&[1], TEXT_CTX), (&[1; 449], 0)] {
        assert_eq!(state.decode(tokens, past).err(), Some(RecognizeError::Native(-1)), "{} tokens", tokens.len());
    }
    assert!(state.hear(&[0.0; 80], 1488).is_err());
    assert!(state.hear(&log_mel.compute(&[], 1501), 1501).is_err(), "more positions than the model has");
    assert!(state.hear(&log_mel.compute(&[], 256), 256).is_ok());
}
