//! `srt`: SubRip subtitles, numbered from one.
//!
//! SubRip has no standard; this is the form that players agree on.

use std::fmt::Write as _;

use super::clock::Clock;
use super::cue::cues;
use crate::domain::Millis;
use crate::transcript::Transcript;

pub(super) fn render(transcript: &Transcript) -> String {
    let mut body = String::new();
    for (number, cue) in (1_u32..).zip(cues(&transcript.body.segments)) {
        // An arrow in the text would be read as another line of times. A blank keeps it apart, whatever stands before it.
        let text = cue.text.replace("-->", "-- >");
        write!(body, "{number}\n{} --> {}\n{text}\n\n", clock(cue.start), clock(cue.end))
            .expect("a String takes every write");
    }
    body
}

fn clock(at: Millis) -> Clock {
    Clock { at, mark: ',' }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::render::sample;

    #[test]
    fn cues_are_numbered_and_pass_the_hour() {
        let expected = "1\n00:00:00,000 --> 00:00:03,320\nThe budget is <fine>.\n\n\
                        2\n01:05:03,250 --> 01:05:05,000\nNext & last.\n\n";
        assert_eq!(render(&sample::transcript()), expected);
    }

    #[test]
    fn an_arrow_in_the_text_stays_text() {
        let mut transcript = sample::transcript();
        for arrow in ["-->", "--->", "-->-->", &format!("{}>", "-".repeat(99))] {
            transcript.body.segments = vec![sample::segment(0, 1000, &format!(" go {arrow} there"))];
            assert_eq!(render(&transcript).matches("-->").count(), 1, "{arrow}");
        }
    }
}
