//! whisper.cpp behind the `Recognizer`: the traps that it and whisper-rs lay, each with a test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use minuted::audio::{self, AudioSource};
use minuted::domain::{Language, Millis};
use minuted::speech::whisper::{LoadError, Model, ModelSource, PROMPT_TOKENS, Padding};
use minuted::speech::{Cancel, DecodeOptions, Device, Planner, RecognizeError, Recognized, Recognizer, Window};
use minuted::transcript::{Task, WarningKind};

use crate::random_model;
use crate::spoken::{expected, matched, word_error_rate};

/// The bundled model, with half a minute for each window, as most models have it.
static BUNDLED: LazyLock<Arc<Model>> = LazyLock::new(|| load(Padding::Whole));
/// The same as it is served, with less for short windows: a third of the work.
static AS_SERVED: LazyLock<Arc<Model>> = LazyLock::new(|| load(Padding::Short));

fn load(padding: Padding) -> Arc<Model> {
    Model::load(&ModelSource::File(bundled()), Device::Cpu, padding).expect("the bundled model")
}

fn bundled() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/minuted-nano.en-q5_1.bin")
}

/// The windows of one of the samples.
fn windows(name: &str) -> Vec<Window> {
    let file = File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).expect("a sample");
    let source = AudioSource::from_file(file).expect("a file");
    let mut pcm = audio::open(source, &audio::Settings::default()).expect("audio");
    let (mut planner, mut windows) = (Planner::new(), Vec::new());
    while let Some(block) = pcm.next_block().expect("audio") {
        planner.push(&block, &mut windows);
    }
    planner.finish(&mut windows);
    windows
}

pub fn recognize(model: &Arc<Model>, samples: &[f32], options: &DecodeOptions) -> Recognized {
    let mut recognizer = model.recognizer().expect("a recogniser");
    recognizer.recognize(samples, options, &Cancel::default()).expect("an answer")
}

pub fn greedy() -> DecodeOptions {
    DecodeOptions { beam_size: 1, ..DecodeOptions::default() }
}

/// So hot that a text is not decoded again, as the loops of the random model would be.
fn once() -> DecodeOptions {
    DecodeOptions { temperature: 1.0, ..greedy() }
}

/// A second of a voice-like buzz.
pub fn buzz() -> Vec<f32> {
    (0..16_000_u16).map(|i| if i % 120 < 8 { 0.4 } else { -0.03 }).collect()
}

#[test]
fn words_come_with_times_inside_the_window() {
    let window = &windows("wav-s16.wav")[0];
    let options = DecodeOptions { words: true, logprobs: true, ..greedy() };
    let recognized = recognize(&BUNDLED, &window.samples, &options);
    let piece = &recognized.piece;
    assert_eq!(recognized.language, Language::ENGLISH);
    assert!(word_error_rate(&expected("wav-s16.wav"), &piece.text()) < 0.2, "{}", piece.text());
    assert!(piece.words.is_sorted_by_key(|word| word.start));
    assert!(piece.words.iter().all(|word| word.start <= word.end && word.end <= window.end()));
    assert_eq!(piece.words.len(), piece.text().split_whitespace().count());
    let bytes: Vec<u8> = piece.logprobs.iter().flat_map(|token| token.bytes.clone()).collect();
    assert_eq!(String::from_utf8_lossy(&bytes), piece.text());
    assert!(piece.logprobs.iter().all(|token| token.logprob <= 0.0));
}

#[test]
fn words_are_where_the_synthesiser_said_them() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/meeting.words.tsv");
    let table = std::fs::read_to_string(table).expect("the times of its words");
    let said: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let options = DecodeOptions { words: true, ..greedy() };
    let mut heard = Vec::new();
    for window in windows("meeting.mp3") {
        for word in recognize(&BUNDLED, &window.samples, &options).piece.words {
            let (start, end) = window.on_recording(word.start, word.end);
            heard.push((word.text, start.0, end.0));
        }
    }
    let texts: Vec<&str> = heard.iter().map(|(text, ..)| text.as_str()).collect();
    let pairs = matched(&said.iter().map(|fields| fields[0]).collect::<Vec<_>>(), &texts);
    let is_near = |&&(i, j): &&(usize, usize)| {
        let told = [1, 2].map(|field| said[i][field].parse::<u64>().expect("milliseconds"));
        heard[j].1.abs_diff(told[0]).max(heard[j].2.abs_diff(told[1])) <= 200
    };
    let (near, right) = (pairs.iter().filter(is_near).count(), pairs.len());
    assert!(right * 10 >= said.len() * 9, "{right} of {} words heard right", said.len());
    assert!(near * 100 >= right * 95, "{near} of {right} words within 0.2 s");
}

#[test]
fn a_short_window_is_understood_without_half_a_minute_of_silence_after_it() {
    let mut recognizer = AS_SERVED.recognizer().expect("a recogniser");
    // Windows of several lengths in turn: the encoder is set up anew for each.
    for name in ["wav-s16.wav", "meeting.mp3", "wav-s16.wav"] {
        for window in windows(name) {
            let ours = recognizer.recognize(&window.samples, &greedy(), &Cancel::default()).expect("an answer");
            let whole = recognize(&BUNDLED, &window.samples, &greedy());
            assert!(word_error_rate(&whole.piece.text(), &ours.piece.text()) < 0.2, "{name}: {}", ours.piece.text());
            assert!(ours.piece.segments.iter().all(|segment| segment.end <= window.end()));
        }
    }
}

#[test]
fn a_state_keeps_nothing_of_the_window_before() {
    let speech = &windows("wav-s16.wav")[0].samples;
    let mut recognizer = AS_SERVED.recognizer().expect("a recogniser");
    let mut next = |samples: &[f32]| recognizer.recognize(samples, &greedy(), &Cancel::default()).expect("an answer");
    let first = next(speech);
    assert_eq!(next(&vec![0.0; 16_000]).piece.text(), "", "silence after speech");
    assert_eq!(next(speech), first, "the same audio again");
    let beams = DecodeOptions { beam_size: 5, ..greedy() };
    for samples in [vec![0.0; 16_000], vec![0.0; 800], vec![]] {
        let after = recognizer.recognize(&samples, &beams, &Cancel::default()).expect("an answer").piece;
        assert_eq!(after.text(), "", "{} samples of silence after speech, with beams", samples.len());
    }
}

#[test]
fn a_cancelled_window_ends_and_the_recogniser_goes_on() {
    let speech = &windows("wav-s16.wav")[0].samples;
    let mut recognizer = BUNDLED.recognizer().expect("a recogniser");
    let cancel = Cancel::default();
    cancel.cancel();
    assert_eq!(recognizer.recognize(speech, &greedy(), &cancel), Err(RecognizeError::Cancelled));

    let cancel = Cancel::default();
    let later = cancel.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        later.cancel();
    });
    assert_eq!(recognizer.recognize(speech, &greedy(), &cancel), Err(RecognizeError::Cancelled));
    thread.join().expect("the other thread");
    assert!(recognizer.recognize(speech, &greedy(), &Cancel::default()).is_ok());
}

#[test]
fn very_short_windows_and_odd_samples_are_survived() {
    for samples in [vec![], vec![0.1], vec![0.0; 1599], vec![1.0; 1601], vec![f32::MAX; 16_000], vec![1e-40; 16_000]] {
        for beam_size in [1, 5] {
            let options = DecodeOptions { beam_size, ..greedy() };
            let recognized = recognize(&AS_SERVED, &samples, &options);
            assert!(recognized.piece.segments.iter().all(|s| s.end <= Millis(1000)), "beam {beam_size}");
        }
    }
}

#[test]
fn prompts_of_any_length_and_content_are_cut_to_what_counts() {
    let (tokens, cut) = BUNDLED.tokenize("Names: Aoife, Siobh\u{e1}n.").expect("tokens");
    assert!(!tokens.is_empty() && tokens.len() < 20 && !cut);
    let (tokens, cut) = BUNDLED.tokenize(&"budget ".repeat(300)).expect("tokens");
    assert_eq!((tokens.len(), cut), (PROMPT_TOKENS, true));
    let (letters, spaces) = ("x".repeat(1_000_000), " ".repeat(1_000_000));
    for text in ["", "\0", "a\0b", "\u{1f600}\u{1f600}", &letters, &spaces, "<|endoftext|>"] {
        let (tokens, _) = BUNDLED.tokenize(text).expect("tokens");
        let options = DecodeOptions { prompt: tokens.into(), ..greedy() };
        recognize(&BUNDLED, &buzz(), &options);
    }
}

#[test]
fn the_first_word_of_a_prompt_is_a_word_like_any_other() {
    for prompt in ["budget budget", " \0budget budget\n"] {
        let (tokens, _) = BUNDLED.tokenize(prompt).expect("tokens");
        let (first, second) = tokens.split_at(tokens.len() / 2);
        assert_eq!((first.is_empty(), first), (false, second), "{prompt:?}");
    }
    assert_eq!(BUNDLED.tokenize(" ").expect("tokens"), (vec![], false));
}

#[test]
fn beams_of_any_width_answer_alike() {
    let speech = &windows("wav-s16.wav")[0].samples;
    let mut recognizer = AS_SERVED.recognizer().expect("a recogniser");
    // Each wider beam makes whisper.cpp allocate its cache anew.
    for beam_size in [0, 1, 5, 8, 200] {
        let options = DecodeOptions { beam_size, ..DecodeOptions::default() };
        let text = recognizer.recognize(speech, &options, &Cancel::default()).expect("an answer").piece.text();
        assert!(word_error_rate(&expected("wav-s16.wav"), &text) < 0.2, "beam {beam_size}: {text}");
    }
}

#[test]
fn a_model_of_many_languages_detects_one_or_takes_the_one_given() {
    assert!(random_model::load().is_multilingual() && !BUNDLED.is_multilingual());
    let german = Language::parse("de");
    let given = recognize(&random_model::load(), &buzz(), &DecodeOptions { language: german, ..once() });
    assert_eq!(Some(given.language), german);
    let detected = recognize(&random_model::load(), &buzz(), &once());
    assert_eq!(detected.language, recognize(&random_model::load(), &buzz(), &once()).language);
    let english = DecodeOptions { task: Task::Translate, language: german, ..once() };
    assert_eq!(Some(recognize(&random_model::load(), &buzz(), &english).language), german);
    // Cantonese came with large-v3: its token would be another one's here.
    assert!(random_model::load().knows(Language::parse("su").expect("Sundanese")));
    assert!(!random_model::load().knows(Language::parse("yue").expect("Cantonese")));
}

#[test]
fn a_model_of_128_mel_bands_is_heard_like_any_other() {
    let model = random_model::load_v3();
    let cantonese = Language::parse("yue");
    assert!(cantonese.is_some_and(|language| model.knows(language)));
    let recognized = recognize(&model, &buzz(), &DecodeOptions { language: cantonese, ..once() });
    assert_eq!(Some(recognized.language), cantonese);
    assert!(recognized.piece.text().contains(" w1000"), "{}", recognized.piece.text());
    let other: Vec<f32> = buzz().iter().map(|sample| sample * 0.1).collect();
    let heard = recognize(&model, &other, &DecodeOptions { language: cantonese, ..once() });
    assert_ne!(recognized.piece, heard.piece, "what is heard matters");
}

#[test]
fn a_loop_is_decoded_again_and_then_reported() {
    let recognized =
        recognize(&random_model::load(), &buzz(), &DecodeOptions { language: Some(Language::ENGLISH), ..greedy() });
    let kinds: Vec<_> = recognized.piece.warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::Repetition], "{}", recognized.piece.text());
    assert!(recognized.piece.segments.iter().all(|segment| segment.temperature > 0.7), "decoded three times");
}

#[test]
fn guesses_at_what_the_model_takes_for_silence_are_no_words() {
    let piece = recognize(&random_model::load_deaf(), &buzz().repeat(5), &greedy()).piece;
    assert_eq!(piece.text(), "");
    let kinds: Vec<_> = piece.warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::Incomplete], "there may be words after all");
}

#[test]
fn a_stretch_without_words_is_reported_if_it_is_long() {
    let report = |seconds: usize| recognize(&BUNDLED, &vec![0.0; seconds * 16_000], &greedy()).piece;
    let long = report(5);
    assert_eq!(long.text(), "");
    let warnings: Vec<_> = long.warnings.iter().map(|w| (w.kind, w.start, w.end)).collect();
    assert_eq!(warnings, [(WarningKind::Incomplete, Millis(0), Millis(5000))]);
    assert_eq!(report(1).warnings, []);
}

#[test]
fn a_bad_model_file_is_refused_before_whisper_cpp_sees_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = std::fs::read(bundled()).expect("the bundled model");
    let load = |bytes: &[u8]| {
        let file = folder.path().join("model.bin");
        std::fs::write(&file, bytes).expect("a file");
        Model::load(&ModelSource::File(file), Device::Cpu, Padding::Whole).err()
    };
    for bytes in [&[][..], b"GGUF and more", &good[..good.len() / 2], &good[..48]] {
        assert!(matches!(load(bytes), Some(LoadError::File(_))), "{} bytes", bytes.len());
    }
    let missing = Model::load(&ModelSource::File(folder.path().join("none.bin")), Device::Cpu, Padding::Whole).err();
    assert!(missing.is_some_and(|error| error.to_string().contains("none.bin")));
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_gpu_that_is_demanded_and_absent_is_an_error() {
    let error = Model::load(&ModelSource::File(bundled()), Device::Cuda(0), Padding::Whole)
        .err()
        .expect("no CUDA in this build");
    assert!(error.to_string().contains("no CUDA"), "{error}");
}
