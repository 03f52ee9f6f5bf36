//! The planner, by property and by example.

use proptest::prelude::*;

use super::*;
use crate::domain::Millis;

/// Plans a recording whose frames have these scores; each sample says where in the recording it stands.
fn plan(scores: &[f32]) -> Vec<Window> {
    let mut planner = Planner::new();
    let mut windows = Vec::new();
    for (index, &score) in scores.iter().enumerate() {
        let start = SampleCount((index * FRAME) as u64);
        let samples = (0..FRAME).map(|i| sample_at(index * FRAME + i)).collect();
        planner.decide(Frame { start, samples, score }, &mut windows);
    }
    planner.finish(&mut windows);
    windows
}

#[expect(clippy::cast_precision_loss, reason = "exact below 2^24")]
fn sample_at(place: usize) -> f32 {
    place as f32
}

/// Scores in runs: a talk of voices and pauses of any length.
fn talk() -> impl Strategy<Value = Vec<f32>> {
    let run = (0.0_f32..1.0, 1_usize..400).prop_map(|(score, length)| vec![score; length]);
    prop::collection::vec(run, 0..40).prop_map(|runs| runs.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_voice_is_in_one_window_and_every_time_maps_back(scores in talk()) {
        let windows = plan(&scores);
        let mut heard = vec![0; scores.len()];
        let mut last = SampleCount(0);
        for window in &windows {
            prop_assert!(SampleCount::of(&window.samples) <= MAX_WINDOW);
            let mut at = SampleCount(0);
            for span in &window.spans {
                prop_assert_eq!(span.at, at);
                prop_assert!(span.start >= last && span.len > SampleCount(0));
                prop_assert!(span.voice_start <= span.len && span.voice_end <= span.len);
                at += span.len;
                last = span.start + span.len;
            }
            prop_assert_eq!(at, SampleCount::of(&window.samples));
            for (place, &sample) in window.samples.iter().enumerate() {
                let span = window.spans.iter().rfind(|s| s.at.0 <= place as u64).expect("a span");
                let home = usize::try_from(span.start.0 + place as u64 - span.at.0).expect("a place");
                prop_assert_eq!(sample.to_bits(), sample_at(home).to_bits());
                if home % FRAME == 0 {
                    let (there, back) = (SampleCount(place as u64).to_millis(), SampleCount(home as u64).to_millis());
                    prop_assert_eq!(window.on_recording(there, there), (back, back));
                }
                heard[home / FRAME] += usize::from(home % FRAME == 0);
            }
            let whole = SampleCount::of(&window.samples).to_millis();
            let (start, end) = window.on_recording(Millis(0), whole);
            prop_assert!(window.start() <= start && start <= end && end <= window.end());
        }
        for (index, (&score, &count)) in scores.iter().zip(&heard).enumerate() {
            prop_assert!(count <= 1, "frame {} is in {} windows", index, count);
            prop_assert!(count == 1 || score < OPENS, "frame {} of score {} was left out", index, score);
        }
    }
}

#[test]
fn silence_alone_makes_no_window() {
    assert_eq!(plan(&vec![0.1; 10_000]), []);
    let mut windows = Vec::new();
    let mut planner = Planner::new();
    planner.push(&vec![0.0; 480_000], &mut windows);
    planner.finish(&mut windows);
    assert_eq!(windows, []);
}

#[test]
fn long_pauses_are_left_out_and_short_ones_kept() {
    let scores = [vec![0.0; 100], vec![0.9; 50], vec![0.0; 30], vec![0.9; 50], vec![0.0; 500], vec![0.9; 50]].concat();
    let windows = plan(&scores);
    assert_eq!(windows.len(), 1);
    let frames: Vec<_> = windows[0].spans.iter().map(|s| (s.start.0 / FRAME as u64, s.len.0 / FRAME as u64)).collect();
    assert_eq!(frames, [(100 - 13, 13 + 50 + 30 + 50 + 19), (730 - 13, 13 + 50)]);
}

#[test]
fn a_full_window_is_cut_in_its_last_pause() {
    let scores = [vec![0.9; 1400], vec![0.05; 20], vec![0.9; 1000]].concat();
    let windows = plan(&scores);
    let lengths: Vec<_> = windows.iter().map(|w| w.samples.len() / FRAME).collect();
    assert_eq!(lengths.len(), 2);
    assert!((1400..=1420).contains(&lengths[0]), "{lengths:?}");
    assert_eq!(lengths.iter().sum::<usize>(), 2420);
}
