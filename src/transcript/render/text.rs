//! `text`: what was said, and a line feed.

use crate::transcript::Transcript;

pub(super) fn render(transcript: &Transcript) -> String {
    let mut body = transcript.text();
    body.push('\n');
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::render::sample;

    #[test]
    fn text_ends_with_a_line_feed() {
        assert_eq!(render(&sample::transcript()), "The budget is <fine>. Next & last.\n");
    }
}
