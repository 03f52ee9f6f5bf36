//! Walks a ggml Whisper file before whisper.cpp may read it.
//!
//! whisper.cpp aborts the process on some bad files, asks for gigabytes on others, and loads a file without tensors
//! as if nothing were wrong. This walk follows whisper.cpp's own file format: a magic number, eleven sizes, the mel
//! filter bank, the vocabulary, and tensors up to the last byte.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use super::mel::{BINS, Filters};

/// What a model file says of itself that whisper.cpp does not tell.
#[derive(Debug, Clone)]
pub struct ModelFile {
    /// Tokens in its vocabulary, special ones included.
    pub vocab: u32,
    /// Layers of its decoder.
    pub text_layers: u32,
    /// The token of a blank.
    pub blank: u32,
    /// Its mel filter bank.
    pub filters: Arc<Filters>,
}

/// What is wrong with a model file.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// Another format altogether.
    #[error("it is not a ggml Whisper model (GGUF, safetensors and PyTorch files need converting first)")]
    NotWhisper,
    /// A size outside of anything that Whisper has.
    #[error("its {what} is {value}, which no Whisper model has")]
    Implausible {
        /// The size's name in whisper.cpp.
        what: &'static str,
        /// What the file says.
        value: i64,
    },
    /// A number format that whisper.cpp cannot compute with.
    #[error("its weights are of a type ({0}) that whisper.cpp cannot use here; quantise it, or convert it to f16")]
    WeightType(i64),
    /// Another tokeniser's vocabulary.
    #[error("its vocabulary has no token for a blank")]
    NoBlank,
    /// The bytes end before the model does.
    #[error("it is cut off: {0}")]
    CutOff(String),
    /// It could not be read.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
}

const MAGIC: u32 = 0x6767_6d6c;

/// Reads through the whole file, quickly, since the weights are skipped.
///
/// # Errors
/// [`ModelFileError`] says what whisper.cpp would have tripped over.
pub fn check(file: impl Read + Seek) -> Result<ModelFile, ModelFileError> {
    let mut file = Walker(BufReader::new(file));
    let length = file.0.seek(SeekFrom::End(0))?;
    file.0.seek(SeekFrom::Start(0))?;
    if length < 48 || file.u32("the magic number")? != MAGIC {
        return Err(ModelFileError::NotWhisper);
    }
    let (vocab, text_layers, mels) = file.header()?;
    let filters = file.filters(mels)?;
    let blank = file.vocabulary(vocab)?;
    file.tensors(length)?;
    Ok(ModelFile { vocab, text_layers, blank, filters: Arc::new(filters) })
}

struct Walker<R>(BufReader<R>);

impl<R: Read + Seek> Walker<R> {
    fn u32(&mut self, what: &str) -> Result<u32, ModelFileError> {
        let mut bytes = [0; 4];
        self.0.read_exact(&mut bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ModelFileError::CutOff(format!("it ends within {what}")),
            _ => error.into(),
        })?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// A size that must lie in `from..=to`.
    fn size(&mut self, what: &'static str, from: u32, to: u32) -> Result<u32, ModelFileError> {
        let value = self.u32(what)?;
        if (from..=to).contains(&value) {
            Ok(value)
        } else {
            Err(ModelFileError::Implausible { what, value: i64::from(value.cast_signed()) })
        }
    }

    /// A number of heads that share `state` numbers evenly: ggml aborts over any other.
    fn heads(&mut self, what: &'static str, state: u32) -> Result<(), ModelFileError> {
        let heads = self.size(what, 1, 32)?;
        if state.is_multiple_of(heads) {
            Ok(())
        } else {
            Err(ModelFileError::Implausible { what, value: i64::from(heads) })
        }
    }

    /// Sizes of the vocabulary, the decoder, and the mel filter bank.
    fn header(&mut self) -> Result<(u32, u32, u32), ModelFileError> {
        let vocab = self.size("n_vocab", 51_864, 51_866)?;
        self.size("n_audio_ctx", 1500, 1500)?;
        let state = self.size("n_audio_state", 64, 2048)?;
        self.heads("n_audio_head", state)?;
        self.size("n_audio_layer", 1, 64)?;
        self.size("n_text_ctx", 448, 448)?;
        let state = self.size("n_text_state", 64, 2048)?;
        self.heads("n_text_head", state)?;
        let text_layers = self.size("n_text_layer", 1, 64)?;
        let mels = self.size("n_mels", 80, 128)?;
        // Quantised files add a thousand for each version of the quantisation. Plain f32 (0) loads, and then aborts.
        let weights = self.u32("ftype")? % 1000;
        if !matches!(weights, 1 | 2 | 3 | 7..=14 | 24) {
            return Err(ModelFileError::WeightType(i64::from(weights)));
        }
        Ok((vocab, text_layers, mels))
    }

    fn filters(&mut self, mels: u32) -> Result<Filters, ModelFileError> {
        self.size("filters.n_mel", mels, mels)?;
        self.size("filters.n_fft", 201, 201)?;
        let weights = 0..mels as usize * BINS;
        let table: Result<Vec<f32>, _> = weights.map(|_| self.u32("its filters").map(f32::from_bits)).collect();
        Ok(Filters::new(&table?))
    }

    /// Walks the words; gives the one that is a blank.
    fn vocabulary(&mut self, vocab: u32) -> Result<u32, ModelFileError> {
        let words = self.size("vocabulary", 50_256, vocab)?;
        let mut word = Vec::new();
        let mut blank = None;
        for index in 0..words {
            let length = self.size("length of a word", 0, 1024)?;
            word.clear();
            (&mut self.0).take(u64::from(length)).read_to_end(&mut word)?;
            if word == b" " {
                blank = Some(index);
            }
        }
        // whisper.cpp looks it up to suppress it, and dies if it is not there.
        blank.ok_or(ModelFileError::NoBlank)
    }

    /// Every tensor up to the end of the file, which must be the end of one.
    fn tensors(&mut self, length: u64) -> Result<(), ModelFileError> {
        let mut count = 0;
        loop {
            let at = self.0.stream_position()?;
            if at == length && count > 0 {
                return Ok(());
            }
            if at >= length {
                return Err(ModelFileError::CutOff(format!("it ends in tensor {count}")));
            }
            let dimensions = self.size("number of dimensions", 1, 4)?;
            let name = self.size("length of a tensor's name", 1, 256)?;
            let kind = self.u32("a tensor's type")?;
            let mut elements = 1_u64;
            for _ in 0..dimensions {
                // Whisper's largest tensor has some 66 million elements.
                elements *= u64::from(self.size("dimension", 1, 1 << 20)?);
                if elements > 1 << 32 {
                    return Err(ModelFileError::Implausible {
                        what: "size of a tensor",
                        value: elements.cast_signed(),
                    });
                }
            }
            self.skip(u64::from(name) + bytes(kind, elements)?)?;
            count += 1;
        }
    }

    fn skip(&mut self, bytes: u64) -> Result<(), ModelFileError> {
        self.0.seek_relative(i64::try_from(bytes).unwrap_or(i64::MAX))?;
        Ok(())
    }
}

/// The bytes of so many elements of a ggml type: blocks of a number of elements in a number of bytes.
fn bytes(kind: u32, elements: u64) -> Result<u64, ModelFileError> {
    let (block, size) = match kind {
        0 => (1, 4),
        1 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        other => return Err(ModelFileError::WeightType(i64::from(other))),
    };
    Ok(elements.div_ceil(block) * size)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const BUNDLED: &[u8] = include_bytes!("../../../models/minuted-nano.en-q5_1.bin");

    fn verdict(bytes: &[u8]) -> String {
        check(Cursor::new(bytes)).expect_err("a bad file").to_string()
    }

    #[test]
    fn the_bundled_model_passes() {
        let file = check(Cursor::new(BUNDLED)).expect("a good file");
        assert_eq!((file.vocab, file.text_layers, file.blank, file.filters.bands()), (51_864, 4, 220, 80));
    }

    #[test]
    fn bad_files_are_told_apart() {
        assert!(verdict(b"").contains("not a ggml Whisper model"));
        assert!(verdict(&[b"GGUF".as_slice(), &[0; 100]].concat()).contains("not a ggml Whisper model"));
        for end in [60, 40_000, 400_000, BUNDLED.len() / 2, BUNDLED.len() - 1] {
            assert!(verdict(&BUNDLED[..end]).contains("cut off"), "{end} bytes: {}", verdict(&BUNDLED[..end]));
        }
        let patched = |at: usize, value: u32| {
            let mut bytes = BUNDLED[..BUNDLED.len()].to_vec();
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            verdict(&bytes)
        };
        assert!(patched(4, 99).contains("n_vocab is 99"));
        assert!(patched(16, 7).contains("n_audio_head is 7"), "192 numbers are not for seven");
        assert!(patched(32, 5).contains("n_text_head is 5"));
        assert!(patched(44, 0).contains("type (0)"));
        assert!(patched(44, 777).contains("type (777)"));
    }
}
