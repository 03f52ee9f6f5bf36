//! `vtt`: WebVTT subtitles, as the W3C's recommendation "WebVTT: The Web Video Text Tracks Format" has them.

use std::fmt::Write as _;

use super::clock::Clock;
use super::cue::cues;
use crate::domain::Millis;
use crate::transcript::Transcript;

pub(super) fn render(transcript: &Transcript) -> String {
    let mut body = String::from("WEBVTT\n\n");
    for cue in cues(&transcript.body.segments) {
        write!(body, "{} --> {}\n{}\n\n", clock(cue.start), clock(cue.end), escaped(&cue.text))
            .expect("a String takes every write");
    }
    body
}

/// `&`, `<` and `>` begin references, tags and arrows in a cue's text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn clock(at: Millis) -> Clock {
    Clock { at, mark: '.' }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;
    use crate::transcript::Task;
    use crate::transcript::render::sample;

    #[test]
    fn cues_follow_the_signature_and_are_escaped() {
        let expected = "WEBVTT\n\n\
                        00:00:00.000 --> 00:00:03.320\nThe budget is &lt;fine&gt;.\n\n\
                        01:05:03.250 --> 01:05:05.000\nNext &amp; last.\n\n";
        assert_eq!(render(&sample::transcript()), expected);
    }

    #[test]
    fn a_silent_recording_is_a_file_without_cues() {
        assert_eq!(render(&Transcript::new(Task::Transcribe, Language::ENGLISH)), "WEBVTT\n\n");
    }
}
