//! A word's spelling → the kinds of sounds that it is likely made of, and how long each usually lasts.
//!
//! Rough on purpose: eight kinds that loudness and sharpness can tell apart, by rules that hold for most languages
//! in Latin letters and best for English. Of other scripts, figures and signs only the length is guessed.

/// What can be told apart by ear without knowing the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The loudest: a, e, i …
    Vowel,
    /// Softer and duller: m, n, l, r, w.
    Nasal,
    /// Sharp: s, z, sh, ch.
    Hiss,
    /// Soft and sharp: f, h, th.
    Breath,
    /// A short silence, then a burst: p, t, k.
    Stop,
    /// A short hum: b, d, g, v.
    Voiced,
    /// Whatever somebody says.
    Any,
    /// Nobody speaks.
    Pause,
}

impl Kind {
    /// How many there are.
    pub const COUNT: usize = 8;

    /// How long it lasts as a rule, in frames of 10 ms; the pace of the speaker comes on top.
    const fn usual(self) -> f32 {
        match self {
            Self::Vowel => 9.5,
            Self::Hiss => 10.5,
            Self::Stop => 8.5,
            Self::Any => 8.0,
            Self::Nasal | Self::Breath => 6.5,
            Self::Voiced => 6.0,
            Self::Pause => 0.0,
        }
    }
}

/// A sound of a word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sound {
    /// What it is like.
    pub kind: Kind,
    /// How long it lasts as a rule, in frames of 10 ms.
    pub usual: f32,
}

impl Sound {
    fn new(kind: Kind, longer: f32) -> Self {
        Self { kind, usual: kind.usual() * longer }
    }
}

/// The sounds of a word, at least one.
pub fn of_word(word: &str) -> Vec<Sound> {
    let is_sign = |c: &char| c.is_alphanumeric() || "$€£%&+@".contains(*c);
    let written: Vec<char> = word.chars().filter(is_sign).collect();
    let letters: Vec<char> = written.iter().flat_map(|c| c.to_lowercase()).collect();
    let mut sounds = Vec::new();
    if is_spelt(&written) {
        // The name of a letter: bee, ess.
        sounds.extend(letters.iter().flat_map(|_| [Sound::new(Kind::Any, 1.0), Sound::new(Kind::Vowel, 1.2)]));
    } else {
        let mut at = 0;
        while let Some(rest) = letters.get(at..).filter(|rest| !rest.is_empty()) {
            let vowels = vowels(rest);
            at += if vowels > 0 {
                let is_silent = rest == ['e'] && sounds.iter().any(|sound: &Sound| sound.kind == Kind::Vowel);
                if !is_silent {
                    push_vowels(&mut sounds, vowels);
                }
                vowels
            } else {
                let (kinds, length) = consonant(rest, at == 0);
                sounds.extend(kinds.iter().map(|&kind| Sound::new(kind, 1.0)));
                length
            };
        }
    }
    if sounds.is_empty() {
        sounds.push(Sound::new(Kind::Any, 1.0));
    }
    sounds
}

/// Whether it is said letter by letter: two to five capitals.
fn is_spelt(written: &[char]) -> bool {
    (2..=5).contains(&written.len()) && written.iter().all(|c| c.is_uppercase())
}

/// How many letters from the first on are one vowel; w ends one, as in `now`.
fn vowels(rest: &[char]) -> usize {
    let is_vowel = |at: usize| rest.get(at).is_some_and(|&c| "aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýœ".contains(c));
    if !is_vowel(0) || (rest[0] == 'y' && is_vowel(1)) {
        return 0;
    }
    let ends_with_w = |at: usize| rest.get(at) == Some(&'w') && !is_vowel(at + 1);
    (1..rest.len()).find(|&at| !is_vowel(at) && !ends_with_w(at)).unwrap_or(rest.len())
}

/// A run of vowel letters lasts longer, and one of three or more is often two syllables.
fn push_vowels(sounds: &mut Vec<Sound>, letters: usize) {
    let longer = if letters == 1 { 1.0 } else { 1.35 };
    sounds.push(Sound::new(Kind::Vowel, longer));
    if letters > 2 {
        sounds.push(Sound::new(Kind::Vowel, 0.8));
    }
}

/// The sounds of the first letters that are no vowel, and how many letters they are.
fn consonant(rest: &[char], is_first: bool) -> (&'static [Kind], usize) {
    use Kind::{Any, Breath, Hiss, Nasal, Stop, Voiced};
    match *rest {
        ['g', 'h', ..] if !is_first => (&[], 2),
        ['t' | 'p', 'h', ..] => (&[Breath], 2),
        ['s' | 'c', 'h', ..] | ['s', 's', ..] | ['t', 'i', 'o', ..] => (&[Hiss], 2),
        ['c', 'k', ..] => (&[Stop], 2),
        ['n', 'g', ..] => (&[Nasal], 2),
        ['x', ..] => (&[Stop, Hiss], 1),
        ['c' | 'g', 'e' | 'i' | 'y', ..]
        | ['s' | 'z' | 'j' | 'ç' | 'ß' | 'š' | 'ž' | 'č' | 'ś' | 'ż' | 'ć' | 'ź' | 'ş', ..] => (&[Hiss], 1),
        ['p' | 't' | 'k' | 'c' | 'q', ..] => (&[Stop], doubled(rest)),
        ['b' | 'd' | 'g', ..] => (&[Voiced], doubled(rest)),
        ['v', ..] => (&[Voiced], 1),
        ['f' | 'h', ..] => (&[Breath], doubled(rest)),
        ['a'..='z' | 'ñ' | 'ń' | 'ł' | 'ř', ..] => (&[Nasal], doubled(rest)),
        ['0'..='9', ..] => (&[Any; 4], 1),
        // A syllable each: Chinese, Japanese, Korean.
        ['\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}', ..] => (&[Any; 3], 1),
        [c, ..] if c.is_alphabetic() => (&[Any], 1),
        _ => (&[Any; 6], 1),
    }
}

/// Two of the same letter are one sound.
fn doubled(rest: &[char]) -> usize {
    1 + usize::from(rest.get(1) == rest.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A letter for each sound: the first one of its kind.
    fn heard(word: &str) -> String {
        of_word(word).iter().map(|sound| format!("{:?}", sound.kind)[..1].to_owned()).collect()
    }

    #[test]
    fn spelling_tells_the_kinds_of_sounds() {
        let cases = [
            ("Send", "HVNV"),
            ("the", "BV"),
            ("budget,", "VVVHVS"),
            ("schedule", "HHVVVN"),
            ("take", "SVS"),
            ("nation", "NVHVN"),
            ("now", "NV"),
            ("away", "VNV"),
            ("night", "NVS"),
            ("beauty", "VVVSV"),
            ("yes", "NVH"),
            ("API", "AVAVAV"),
            ("I", "V"),
            ("42", "AAAAAAAA"),
            ("мир", "AAA"),
            ("会议", "AAAAAA"),
            ("…", "A"),
        ];
        for (word, sounds) in cases {
            assert_eq!(heard(word), sounds, "{word}");
        }
    }

    #[test]
    fn every_sound_takes_time() {
        for word in ["a", "Straße", "naïve", "$5", "R&D", "e", "gh", "\u{0301}"] {
            assert!(of_word(word).iter().all(|sound| sound.usual > 0.0), "{word}");
            assert!(!of_word(word).is_empty(), "{word}");
        }
    }
}
