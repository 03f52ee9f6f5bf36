//! The languages that Whisper knows, under the code and the English name that the API uses for them.

use std::fmt;

/// A language that a Whisper model may have been trained on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(u8);

impl Language {
    /// The language of every English-only model.
    pub const ENGLISH: Self = Self(0);

    /// From a tag (`de`, `zh-Hant-TW`, `en_GB.UTF-8`) or an English name (`german`), in any case; `None` if Whisper does not
    /// know it.
    ///
    /// What follows the language in a tag (BCP 47, or POSIX) is ignored, as clients send what their browser gives them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        named(&text).or_else(|| {
            let mut parts = text.split(['.', '@']).next()?.split(['-', '_']);
            let (code, rest) = (parts.next()?, parts.collect::<Vec<_>>());
            let is_part =
                |part: &&str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let kind = rest.first().and_then(|first| named(&format!("{code}-{first}")));
            if rest.iter().all(is_part) { kind.or_else(|| named(code)) } else { None }
        })
    }

    /// The place of this language in Whisper's own table: its language token is this many after the first.
    #[must_use]
    pub const fn index(self) -> u8 {
        self.0
    }

    /// From the place in Whisper's own table.
    #[must_use]
    pub fn from_index(index: usize) -> Option<Self> {
        (index < WHISPER.len()).then(|| u8::try_from(index).ok().map(Self)).flatten()
    }

    /// ISO 639-1 code as Whisper writes it: `en`, `de`, `yue`.
    #[must_use]
    pub fn code(self) -> &'static str {
        WHISPER[usize::from(self.0)].0
    }

    /// English name in lower case, as OpenAI's `verbose_json` has it: `english`, `haitian creole`.
    #[must_use]
    pub fn name(self) -> &'static str {
        WHISPER[usize::from(self.0)].1
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A language by its code or its name, in lower case.
fn named(name: &str) -> Option<Language> {
    let name = ALIASES.iter().find(|&&(alias, _)| alias == name).map_or(name, |&(_, code)| code);
    let found = WHISPER.iter().position(|&(code, english)| code == name || english == name)?;
    u8::try_from(found).ok().map(Language)
}

/// Other codes and names of languages that Whisper knows, and its own codes for them: Norwegian as browsers name it, what
/// ISO 639-1 calls Javanese, Filipino, codes that were given up and that Java and Android still use, tags that name a language by what follows another's code, and Whisper's further names.
const ALIASES: [(&str, &str); 20] = [
    ("nb", "no"),
    ("jv", "jw"),
    ("fil", "tl"),
    ("iw", "he"),
    ("in", "id"),
    ("ji", "yi"),
    ("zh-yue", "yue"),
    ("ca-valencia", "ca"),
    ("burmese", "my"),
    ("valencian", "ca"),
    ("flemish", "nl"),
    ("haitian", "ht"),
    ("letzeburgesch", "lb"),
    ("pushto", "ps"),
    ("panjabi", "pa"),
    ("moldavian", "ro"),
    ("moldovan", "ro"),
    ("sinhalese", "si"),
    ("castilian", "es"),
    ("mandarin", "zh"),
];

/// In the order of Whisper's language tokens, which is the order of whisper.cpp's ids.
const WHISPER: [(&str, &str); 100] = [
    ("en", "english"),
    ("zh", "chinese"),
    ("de", "german"),
    ("es", "spanish"),
    ("ru", "russian"),
    ("ko", "korean"),
    ("fr", "french"),
    ("ja", "japanese"),
    ("pt", "portuguese"),
    ("tr", "turkish"),
    ("pl", "polish"),
    ("ca", "catalan"),
    ("nl", "dutch"),
    ("ar", "arabic"),
    ("sv", "swedish"),
    ("it", "italian"),
    ("id", "indonesian"),
    ("hi", "hindi"),
    ("fi", "finnish"),
    ("vi", "vietnamese"),
    ("he", "hebrew"),
    ("uk", "ukrainian"),
    ("el", "greek"),
    ("ms", "malay"),
    ("cs", "czech"),
    ("ro", "romanian"),
    ("da", "danish"),
    ("hu", "hungarian"),
    ("ta", "tamil"),
    ("no", "norwegian"),
    ("th", "thai"),
    ("ur", "urdu"),
    ("hr", "croatian"),
    ("bg", "bulgarian"),
    ("lt", "lithuanian"),
    ("la", "latin"),
    ("mi", "maori"),
    ("ml", "malayalam"),
    ("cy", "welsh"),
    ("sk", "slovak"),
    ("te", "telugu"),
    ("fa", "persian"),
    ("lv", "latvian"),
    ("bn", "bengali"),
    ("sr", "serbian"),
    ("az", "azerbaijani"),
    ("sl", "slovenian"),
    ("kn", "kannada"),
    ("et", "estonian"),
    ("mk", "macedonian"),
    ("br", "breton"),
    ("eu", "basque"),
    ("is", "icelandic"),
    ("hy", "armenian"),
    ("ne", "nepali"),
    ("mn", "mongolian"),
    ("bs", "bosnian"),
    ("kk", "kazakh"),
    ("sq", "albanian"),
    ("sw", "swahili"),
    ("gl", "galician"),
    ("mr", "marathi"),
    ("pa", "punjabi"),
    ("si", "sinhala"),
    ("km", "khmer"),
    ("sn", "shona"),
    ("yo", "yoruba"),
    ("so", "somali"),
    ("af", "afrikaans"),
    ("oc", "occitan"),
    ("ka", "georgian"),
    ("be", "belarusian"),
    ("tg", "tajik"),
    ("sd", "sindhi"),
    ("gu", "gujarati"),
    ("am", "amharic"),
    ("yi", "yiddish"),
    ("lo", "lao"),
    ("uz", "uzbek"),
    ("fo", "faroese"),
    ("ht", "haitian creole"),
    ("ps", "pashto"),
    ("tk", "turkmen"),
    ("nn", "nynorsk"),
    ("mt", "maltese"),
    ("sa", "sanskrit"),
    ("lb", "luxembourgish"),
    ("my", "myanmar"),
    ("bo", "tibetan"),
    ("tl", "tagalog"),
    ("mg", "malagasy"),
    ("as", "assamese"),
    ("tt", "tatar"),
    ("haw", "hawaiian"),
    ("ln", "lingala"),
    ("ha", "hausa"),
    ("ba", "bashkir"),
    ("jw", "javanese"),
    ("su", "sundanese"),
    ("yue", "cantonese"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_names_and_regions_are_understood() {
        assert_eq!(Language::parse("en"), Some(Language::ENGLISH));
        assert_eq!(Language::parse(" English "), Some(Language::ENGLISH));
        assert_eq!(Language::parse("de-CH").map(Language::name), Some("german"));
        assert_eq!(Language::parse("haitian creole").map(Language::code), Some("ht"));
    }

    #[test]
    fn other_names_for_the_same_language_are_understood() {
        for (text, code) in [
            ("nb", "no"),
            ("nb-NO", "no"),
            ("jv", "jw"),
            ("jv-Latn-ID", "jw"),
            ("zh-yue", "yue"),
            ("zh-yue-HK", "yue"),
            ("zh-cmn-Hans-CN", "zh"),
            ("fil-PH", "tl"),
            ("iw_IL", "he"),
            ("en_US.UTF-8", "en"),
            ("de_DE@euro", "de"),
            ("en_US@rg=gbzzzz", "en"),
            ("ja-Hira", "ja"),
            ("th-u-nu-thai", "th"),
            ("Burmese", "my"),
            ("mandarin", "zh"),
            ("zh-Hant-TW", "zh"),
            ("sr_Latn", "sr"),
            ("es-419", "es"),
            ("haw-US", "haw"),
            ("en_US_POSIX", "en"),
            ("de-CH-1996", "de"),
        ] {
            assert_eq!(Language::parse(text).map(Language::code), Some(code), "{text}");
        }
        for (alias, code) in ALIASES {
            assert_eq!(Language::parse(alias).map(Language::code), Some(code), "{alias}");
            assert!(WHISPER.iter().all(|&(known, name)| known != alias && name != alias), "{alias}");
        }
    }

    #[test]
    fn what_is_no_language_is_none() {
        for text in
            ["klingon", "", "-", ".", "no-", "en-US-", "en-US-?", "de--AT", "en-gobbledygook", "englisch", "auto"]
        {
            assert_eq!(Language::parse(text), None, "{text}");
        }
    }
}
