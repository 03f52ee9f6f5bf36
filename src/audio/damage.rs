//! What was wrong with a recording that could be decoded all the same.

use crate::domain::Millis;

/// Damage met after which decoding could not go on, or that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// In the caller's terms: `the file is cut off`, `12 corrupt packets were skipped`.
    pub what: String,
    /// How much audio was decoded before the first damage.
    pub at: Millis,
}

/// Damage as it is met, for the [`Damage`] that is told in the end.
#[derive(Debug, Default)]
pub(super) struct Flaws {
    first: Option<Millis>,
    end: Option<End>,
    corrupt_packets: u64,
    missing: Millis,
    not_finite: u64,
}

/// Why nothing follows where more was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The bytes end before the audio does.
    CutOff,
    /// The container promised more, and yet nothing is wrong with its last packet.
    Short,
    /// The container makes no sense from here on.
    Unreadable,
    /// Packets follow each other, and there is no sound in them.
    Soundless,
    /// The decoder panicked.
    DecoderFailed,
    /// The recording goes on in a codec that we do not decode.
    CodecChanged,
}

impl Flaws {
    /// Nothing follows after `at`.
    pub fn ended(&mut self, at: Millis, end: End) {
        self.first.get_or_insert(at);
        self.end.get_or_insert(end);
    }

    /// A packet at `at` could not be decoded, and silence stands in its place.
    pub fn corrupt_packet(&mut self, at: Millis) {
        self.first.get_or_insert(at);
        self.corrupt_packets += 1;
    }

    /// After `at`, packets for so much time are not there, and silence stands in their place.
    pub fn gap(&mut self, at: Millis, length: Millis) {
        self.first.get_or_insert(at);
        self.missing = Millis(self.missing.0 + length.0);
    }

    /// `count` samples after `at` were not finite, and count as silence.
    pub fn not_finite(&mut self, at: Millis, count: u64) {
        if count > 0 {
            self.first.get_or_insert(at);
            self.not_finite += count;
        }
    }

    /// True if it ended in packets without sound.
    pub fn is_soundless(&self) -> bool {
        self.end == Some(End::Soundless)
    }

    /// True if all that is there could be decoded, and the bytes end too early.
    pub fn is_cut_off_alone(&self) -> bool {
        self.end == Some(End::CutOff) && self.corrupt_packets == 0
    }

    /// All of it in one sentence, or `None` if there was none.
    pub fn damage(&self) -> Option<Damage> {
        let end = self.end.map(|end| {
            match end {
                End::CutOff => "the file is cut off",
                End::Short => "the file ends before the length that it declares",
                End::Unreadable => "the file is corrupted and could not be read to its end",
                End::Soundless => "the file goes on without sound and was not read to its end",
                End::DecoderFailed => "the decoder failed and the rest could not be read",
                End::CodecChanged => "the file goes on in a codec that is not supported",
            }
            .to_owned()
        });
        let packets = counted(self.corrupt_packets, "corrupt packet was skipped", "corrupt packets were skipped");
        let samples = counted(self.not_finite, "sample was not a number", "samples were not numbers");
        let gaps = (self.missing > Millis(0)).then(|| format!("{} of audio in the middle is missing", self.missing));
        let what = [end, packets, gaps, samples].into_iter().flatten().collect::<Vec<_>>().join("; ");
        Some(Damage { what, at: self.first? })
    }
}

fn counted(count: u64, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flaw_is_no_damage() {
        let mut flaws = Flaws::default();
        flaws.not_finite(Millis(5), 0);
        assert_eq!(flaws.damage(), None);
    }

    #[test]
    fn all_flaws_are_told_and_the_first_gives_the_time() {
        let mut flaws = Flaws::default();
        flaws.corrupt_packet(Millis(700));
        flaws.corrupt_packet(Millis(900));
        flaws.not_finite(Millis(950), 1);
        flaws.gap(Millis(960), Millis(1500));
        flaws.ended(Millis(1000), End::CutOff);
        flaws.ended(Millis(1000), End::Unreadable);
        let what =
            "the file is cut off; 2 corrupt packets were skipped; 1.5 s of audio in the middle is missing; 1 sample \
                    was not a number"
                .to_owned();
        assert_eq!(flaws.damage(), Some(Damage { what, at: Millis(700) }));
    }
}
