//! A multilingual Whisper model that is stuck on one word, as a ggml file of otherwise random weights: whisper.cpp
//! treats it like any other, while the bundled model knows English only.
//!
//! The layout is whisper.cpp's: a magic number, eleven sizes, the mel filter bank, the vocabulary, named tensors.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use minuted::speech::Device;
use minuted::speech::whisper::{Model, ModelSource, Padding};

const STATE: u32 = 64;
const LAYERS: u32 = 1;
const BINS: u32 = 201;
const WORDS: u32 = 50_257;
/// GPT-2's token for a blank, which whisper.cpp looks up.
const BLANK: u32 = 220;
/// The word that it says over and over.
const STUCK: u32 = 1000;
const F32: u32 = 0;
const F16: u32 = 1;

/// What differs between Whisper's generations.
#[derive(Clone, Copy)]
struct Generation {
    mels: u32,
    vocab: u32,
}

/// 80 mel bands and 99 languages.
const LARGE_V2: Generation = Generation { mels: 80, vocab: 51_865 };
/// 128 mel bands, and Cantonese.
const LARGE_V3: Generation = Generation { mels: 128, vocab: 51_866 };

/// A model like large-v2 and all before it, loaded once.
pub fn load() -> Arc<Model> {
    static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| make(LARGE_V2));
    Arc::clone(&MODEL)
}

/// A model like large-v3 and all after it, loaded once.
pub fn load_v3() -> Arc<Model> {
    static MODEL: LazyLock<Arc<Model>> = LazyLock::new(|| make(LARGE_V3));
    Arc::clone(&MODEL)
}

fn make(generation: Generation) -> Arc<Model> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("random.bin");
    write(&file, generation).expect("a model file");
    Model::load(&ModelSource::File(file), Device::Cpu, Padding::Whole).expect("the random model")
}

/// Writes the model to `path`: 7 MB, the same each time.
fn write(path: &Path, generation: Generation) -> io::Result<()> {
    let Generation { mels, vocab } = generation;
    let mut model = Writer { out: io::BufWriter::new(std::fs::File::create(path)?), generation, random: 1 };
    model.numbers(&[0x6767_6d6c, vocab, 1500, STATE, 1, LAYERS, 448, STATE, 1, LAYERS, mels, F16])?;
    model.numbers(&[mels, BINS])?;
    for index in 0..mels * BINS {
        // One bin for each band is enough of a filter bank.
        model.out.write_all(&f32::from(u8::from(index % BINS == index / BINS)).to_le_bytes())?;
    }
    model.numbers(&[WORDS])?;
    for index in 0..WORDS {
        let word = if index == BLANK { " ".to_owned() } else { format!(" w{index}") };
        model.numbers(&[u32::try_from(word.len()).expect("a short word")])?;
        model.out.write_all(word.as_bytes())?;
    }
    model.tensors()?;
    model.out.flush()
}

struct Writer<W> {
    out: W,
    generation: Generation,
    random: u32,
}

impl<W: Write> Writer<W> {
    fn numbers(&mut self, numbers: &[u32]) -> io::Result<()> {
        numbers.iter().try_for_each(|number| self.out.write_all(&number.to_le_bytes()))
    }

    fn tensors(&mut self) -> io::Result<()> {
        self.tensor("encoder.positional_embedding", F32, &[STATE, 1500])?;
        self.tensor("encoder.conv1.weight", F16, &[3, self.generation.mels, STATE])?;
        self.tensor("encoder.conv1.bias", F32, &[1, STATE])?;
        self.tensor("encoder.conv2.weight", F16, &[3, STATE, STATE])?;
        self.tensor("encoder.conv2.bias", F32, &[1, STATE])?;
        self.affine("encoder.ln_post", &[STATE], true)?;
        self.tensor("decoder.positional_embedding", F32, &[STATE, 448])?;
        self.header("decoder.token_embedding.weight", F16, &[STATE, self.generation.vocab])?;
        for token in 0..self.generation.vocab {
            for column in 0..STATE {
                self.out.write_all(&half(sign(token, column), 0).to_le_bytes())?;
            }
        }
        self.tensor("decoder.ln.weight", F32, &[STATE])?;
        // Every state of the decoder leans towards that word's embedding.
        self.header("decoder.ln.bias", F32, &[STATE])?;
        for column in 0..STATE {
            let lean = if sign(STUCK, column) == 1 { -16.0_f32 } else { 16.0 };
            self.out.write_all(&lean.to_le_bytes())?;
        }
        for layer in 0..LAYERS {
            for side in ["encoder", "decoder"] {
                self.block(&format!("{side}.blocks.{layer}"), side == "decoder")?;
            }
        }
        Ok(())
    }

    fn block(&mut self, name: &str, cross: bool) -> io::Result<()> {
        self.affine(&format!("{name}.mlp_ln"), &[STATE], true)?;
        self.affine(&format!("{name}.mlp.0"), &[STATE, 4 * STATE], true)?;
        self.affine(&format!("{name}.mlp.2"), &[4 * STATE, STATE], true)?;
        for attention in if cross { ["attn", "cross_attn"].as_slice() } else { &["attn"] } {
            self.affine(&format!("{name}.{attention}_ln"), &[STATE], true)?;
            for (part, bias) in [("query", true), ("key", false), ("value", true), ("out", true)] {
                self.affine(&format!("{name}.{attention}.{part}"), &[STATE, STATE], bias)?;
            }
        }
        Ok(())
    }

    /// A weight, a matrix or a norm's vector, and its bias.
    fn affine(&mut self, name: &str, shape: &[u32], bias: bool) -> io::Result<()> {
        let kind = if shape.len() == 1 { F32 } else { F16 };
        self.tensor(&format!("{name}.weight"), kind, shape)?;
        if bias { self.tensor(&format!("{name}.bias"), F32, &shape[shape.len() - 1..]) } else { Ok(()) }
    }

    fn header(&mut self, name: &str, kind: u32, shape: &[u32]) -> io::Result<()> {
        let count = |length: usize| u32::try_from(length).expect("a short name");
        self.numbers(&[count(shape.len()), count(name.len()), kind])?;
        self.numbers(shape)?;
        self.out.write_all(name.as_bytes())
    }

    /// Numbers of random sign, 1/16 to 1/8 in size.
    fn tensor(&mut self, name: &str, kind: u32, shape: &[u32]) -> io::Result<()> {
        self.header(name, kind, shape)?;
        for _ in 0..shape.iter().product() {
            // A linear congruential generator (Numerical Recipes).
            self.random = self.random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (sign, fraction) = (self.random >> 31, self.random >> 8 & 0x7f_ffff);
            if kind == F32 {
                self.out.write_all(&(sign << 31 | 123 << 23 | fraction).to_le_bytes())?;
            } else {
                self.out.write_all(&half(sign, fraction >> 13).to_le_bytes())?;
            }
        }
        Ok(())
    }
}

/// A 16-bit float of 1/16 to 1/8.
fn half(sign: u32, fraction: u32) -> u16 {
    u16::try_from(sign << 15 | 11 << 10 | fraction).expect("16 bits")
}

/// The sign of a place in the embedding: a hash (the finaliser of `MurmurHash3`), so that no two rows are alike.
fn sign(token: u32, column: u32) -> u32 {
    let mut hash = token * STATE + column;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    (hash ^ hash >> 16) & 1
}
