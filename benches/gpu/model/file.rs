//! whisper.cpp's model file, written piece by piece: a magic number, eleven sizes, the mel filter bank, the vocabulary, and
//! tensors with their names.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

const MAGIC: u32 = 0x6767_6d6c;
/// The file's matrices are 16-bit floats.
const FTYPE: usize = 1;
/// Frequencies of a spectrogram's frame.
const BINS: usize = 201;
/// Words of the vocabulary; the tokens after them are special ones, which the file does not spell.
const WORDS: u32 = 50_257;
/// The token of a blank, which whisper.cpp looks up.
const BLANK: u32 = 220;

/// The type of a tensor's numbers, by ggml's number for it.
#[derive(Clone, Copy)]
pub enum Kind {
    F32 = 0,
    F16 = 1,
}

/// A model file that is being written.
pub struct File {
    out: BufWriter<fs::File>,
    random: Random,
}

impl File {
    pub fn create(path: &Path) -> io::Result<Self> {
        let out = BufWriter::with_capacity(1 << 20, fs::File::create(path)?);
        Ok(Self { out, random: Random(0x9e37_79b9_7f4a_7c15) })
    }

    /// Positions, width, heads and layers of the encoder and of the decoder.
    pub fn sizes(&mut self, vocabulary: usize, audio: [usize; 4], text: [usize; 4], bands: usize) -> io::Result<()> {
        self.out.write_all(&MAGIC.to_le_bytes())?;
        self.numbers(&[vocabulary])?;
        self.numbers(&audio)?;
        self.numbers(&text)?;
        self.numbers(&[bands, FTYPE])
    }

    /// A filter bank of one frequency for each band: random weights do not care which.
    pub fn filters(&mut self, bands: usize) -> io::Result<()> {
        self.numbers(&[bands, BINS])?;
        for index in 0..bands * BINS {
            let weight = if index % BINS == index / BINS { 0.02_f32 } else { 0.0 };
            self.out.write_all(&weight.to_le_bytes())?;
        }
        Ok(())
    }

    /// The vocabulary, in this spelling.
    pub fn words(&mut self, spelling: impl Fn(u32) -> String) -> io::Result<()> {
        self.out.write_all(&WORDS.to_le_bytes())?;
        for token in 0..WORDS {
            let word = if token == BLANK { " ".to_owned() } else { spelling(token) };
            self.numbers(&[word.len()])?;
            self.out.write_all(word.as_bytes())?;
        }
        Ok(())
    }

    /// A tensor, the length of its rows first in `shape`; `value` gives a number for a row and a column.
    pub fn tensor(
        &mut self,
        name: &str,
        kind: Kind,
        shape: &[usize],
        value: impl Fn(usize, usize, &mut Random) -> f32,
    ) -> io::Result<()> {
        self.numbers(&[shape.len(), name.len(), kind as usize])?;
        self.numbers(shape)?;
        self.out.write_all(name.as_bytes())?;
        for row in 0..shape[1..].iter().product() {
            for column in 0..shape[0] {
                let number = value(row, column, &mut self.random);
                match kind {
                    Kind::F32 => self.out.write_all(&number.to_le_bytes())?,
                    Kind::F16 => self.out.write_all(&half(number).to_le_bytes())?,
                }
            }
        }
        Ok(())
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn numbers(&mut self, numbers: &[usize]) -> io::Result<()> {
        for &number in numbers {
            let number = u32::try_from(number).map_err(io::Error::other)?;
            self.out.write_all(&number.to_le_bytes())?;
        }
        Ok(())
    }
}

/// Uniform numbers whose mean square is 1 (xorshift64*).
pub struct Random(u64);

impl Random {
    #[expect(clippy::cast_precision_loss, reason = "24 bits")]
    pub fn next(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40;
        (bits as f32 / (1 << 23) as f32 - 1.0) * 3.0_f32.sqrt()
    }
}

/// The 16-bit float next to 0 from a number that is less than 65,536; what is too small for one is 0.
fn half(number: f32) -> u16 {
    let bits = number.to_bits();
    let (sign, exponent, fraction) = (bits >> 31, (bits >> 23) & 0xff, (bits >> 13) & 0x3ff);
    let magnitude = if exponent > 112 { (exponent - 112) << 10 | fraction } else { 0 };
    u16::try_from(sign << 15 | magnitude).unwrap_or(u16::MAX)
}
