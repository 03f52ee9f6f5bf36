//! Which files in a folder are recordings, by how their names end. One that is named is taken whatever its name is.

use std::path::Path;

/// Endings of recordings that we read.
pub(super) const ENDINGS: [&str; 38] = [
    "3g2", "3ga", "3gp", "3gpp", "aac", "adts", "aif", "aifc", "aiff", "bwf", "caf", "f4a", "f4v", "flac", "m4a",
    "m4b", "m4r", "m4v", "mka", "mkv", "mov", "mp1", "mp2", "mp3", "mp4", "mpa", "mpeg", "mpga", "oga", "ogg", "ogv",
    "opus", "qt", "rf64", "wav", "wave", "weba", "webm",
];

/// Endings of recordings that we do not read. They are taken too, so that each fails by its name and is not passed over.
/// `ts` and `dts` are no such: programs have them more often than recordings.
const OTHERS: [&str; 27] = [
    "ac3", "amr", "ape", "asf", "au", "avi", "awb", "dff", "dsf", "eac3", "flv", "m2ts", "mpc", "mpg", "mts", "ra",
    "rm", "rmvb", "silk", "snd", "spx", "tta", "vob", "w64", "wma", "wmv", "wv",
];

/// A file with one of the endings. A link that leads nowhere is taken for one too, also without an ending: it may have
/// led to a folder on a disk that is not there.
pub(super) fn is_recording(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some(ending) => {
            ENDINGS.iter().chain(&OTHERS).any(|known| *known == ending) && (path.is_file() || !path.exists())
        }
        None => path.is_symlink() && !path.exists(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_of_phones_and_films_are_taken_whether_they_are_read_or_not() {
        for name in ["a.3ga", "a.M4R", "a.wave", "a.adts", "a.amr", "a.WMA", "a.avi", "a.mts", "a.mpg"] {
            assert!(is_recording(&Path::new("/nowhere").join(name)), "{name}");
        }
        for name in ["a", "a.txt", "a.ts", "a.mp", "wav", "a.wav.txt", ".minuted-done"] {
            assert!(!is_recording(&Path::new("/nowhere").join(name)), "{name}");
        }
    }
}
