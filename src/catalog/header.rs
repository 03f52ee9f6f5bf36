//! The first bytes of a Whisper model in ggml's format, read before whisper.cpp is given the file: it ends the whole
//! process over some of the files that it cannot read.
//!
//! Layout: the magic number, then eleven little-endian 32-bit hyper-parameters, as in whisper.cpp's model loader.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{CatalogError, Languages};

const MAGIC: u32 = 0x6767_6d6c;
/// Tokens of the English-only vocabulary; the multilingual ones have one or two more.
const ENGLISH_VOCABULARY: u32 = 51_864;
const MULTILINGUAL_VOCABULARIES: [u32; 2] = [51_865, 51_866];
/// Positions of the encoder and of the decoder in every Whisper.
const AUDIO_POSITIONS: u32 = 1500;
const TEXT_POSITIONS: u32 = 448;
/// `ggml_ftype` modulo 1000 and the bits of a weight: f16, `q4_0`, `q4_1`, `q8_0`, `q5_0`, `q5_1`, the K-quants and
/// bf16. A file of 32-bit floats (0) loads, and then ends the process at its first window.
const BITS: [(u32, u64); 12] =
    [(1, 16), (2, 4), (3, 4), (7, 8), (8, 5), (9, 5), (10, 2), (11, 3), (12, 4), (13, 5), (14, 6), (24, 16)];

/// Checks that `path` starts like a whole Whisper model, and says what the model understands.
pub(super) fn languages_of_file(path: &Path, bytes: u64) -> Result<Languages, CatalogError> {
    let broken = |why: &str| CatalogError::NotAModel { path: path.to_owned(), why: why.to_owned() };
    let mut header = [0; 48];
    let mut file = File::open(path).map_err(|error| CatalogError::unreadable(path, error))?;
    file.read_exact(&mut header).map_err(|_| broken("it is too short"))?;
    let field = |index: usize| {
        let at = index * 4;
        u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    if field(0) != MAGIC {
        return Err(broken("it does not start with ggml's magic number"));
    }
    let [vocabulary, audio_positions, audio_width, audio_heads, audio_layers] = [1, 2, 3, 4, 5].map(field);
    let [text_positions, text_width, text_heads, text_layers, mels, format] = [6, 7, 8, 9, 10, 11].map(field);
    let languages = match vocabulary {
        ENGLISH_VOCABULARY => Languages::English,
        other if MULTILINGUAL_VOCABULARIES.contains(&other) => Languages::Multilingual,
        _ => return Err(broken("its vocabulary is not Whisper's")),
    };
    let plausible = (1..=8192).contains(&audio_width)
        && audio_width == text_width
        && audio_heads == text_heads
        && audio_heads > 0
        && audio_width % audio_heads == 0
        && (1..=64).contains(&audio_layers)
        && (1..=64).contains(&text_layers);
    if !plausible
        || audio_positions != AUDIO_POSITIONS
        || text_positions != TEXT_POSITIONS
        || ![80, 128].contains(&mels)
    {
        return Err(broken("its dimensions are not those of a Whisper model"));
    }
    let Some((_, bits)) = BITS.into_iter().find(|(known, _)| *known == format % 1000) else {
        return Err(broken("its weights are in a format that cannot be used"));
    };
    // The token embedding alone is this long: a file that was cut off behind its header is shorter.
    if bytes < u64::from(vocabulary) * u64::from(text_width) * bits / 8 {
        return Err(broken("it is cut off"));
    }
    Ok(languages)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::bundled;
    use super::*;

    fn check(bytes: &[u8]) -> Result<Languages, String> {
        let folder = tempfile::tempdir().expect("a temp folder");
        let path = folder.path().join("model.bin");
        fs::write(&path, bytes).expect("a temp file");
        languages_of_file(&path, bytes.len() as u64).map_err(|error| error.to_string())
    }

    fn with_field(index: usize, value: u32) -> Vec<u8> {
        let mut bytes = bundled::WEIGHTS.to_vec();
        bytes[index * 4..index * 4 + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    }

    #[test]
    fn a_real_model_passes() {
        assert_eq!(check(bundled::WEIGHTS), Ok(Languages::English));
        assert_eq!(check(&with_field(1, 51_865)), Ok(Languages::Multilingual));
    }

    #[test]
    fn what_would_end_the_process_does_not() {
        for (bytes, why) in [
            (bundled::WEIGHTS[..40].to_vec(), "too short"),
            (bundled::WEIGHTS[..100_000].to_vec(), "cut off"),
            (b"RIFF".repeat(20), "magic number"),
            (with_field(1, 32_000), "vocabulary"),
            (with_field(4, 0), "dimensions"),
            (with_field(4, 5), "dimensions"),
            (with_field(10, 81), "dimensions"),
            (with_field(11, 0), "format"),
        ] {
            let error = check(&bytes).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
    }
}
